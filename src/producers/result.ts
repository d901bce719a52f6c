/**
 * @module
 * Which folder of a tree is the result of the run: what somebody who trained is looking for among everything that was left.
 */
import { INDEX_PATTERN } from '../checkpoints/precedence.ts';
import type { Text } from '../findings/index.ts';
import { CHECKPOINT_NAME } from './systems/trainer.ts';
import type { Tree, TreeDirectory } from './tree.ts';
import { isReadable } from './weights.ts';

/** What a run came to. */
export interface Result {
  /** The folder; '' is the root. */
  readonly path: string;
  /** `model`: loads as it is. `adapter`: needs its base. `parts`: several that are put together. `state`: to be converted first. */
  readonly kind: 'model' | 'adapter' | 'parts' | 'state';
  readonly why: Text;
}

const KINDS: readonly Result['kind'][] = ['model', 'parts', 'adapter', 'state'];
const STATES: readonly string[] = ['deepspeed', 'fsdp', 'xtuner-workdir', 'xtuner-checkpoint', 'accelerate-state'];

/** What one folder could be the result as. */
function asResult({ kinds, weights, files, isHollow }: TreeDirectory): Result['kind'] | undefined {
  const is = (kind: string) => kinds.includes(kind), formats = new Map(files.map((file) => [file.name, file.format]));
  const loads = !isHollow && weights !== undefined && weights.length > 0 && weights.every((name) => INDEX_PATTERN.test(name) || isReadable(name, formats.get(name))) && weights.every(isSliceInOrder);
  if ((is('full-model') || is('llama-pth')) && loads) return 'model';
  if (is('xtuner-export') && !is('adapter')) return 'parts';
  if (is('adapter') && (loads || (!isHollow && files.some(({ role, neededFor }) => role === 'adapter-weights' && !neededFor.includes('nothing'))))) return 'adapter';
  return STATES.some(is) ? 'state' : undefined;
}

/** Slices of Meta's layout are counted from 00; where one is missing, the rest is no model. */
const isSliceInOrder = (name: string, i: number): boolean => { const number = /^consolidated\.(\d\d)\.pth$/.exec(name)?.[1]; return number === undefined || Number(number) === i; };

const parts = (path: string): string[] => (path === '' ? [] : path.split('/'));
/** The step of the checkpoint that a folder is or lies in; undefined outside of checkpoints. */
export function stepOf(path: string): number | undefined {
  const name = parts(path).find((part) => CHECKPOINT_NAME.test(part));
  return name === undefined ? undefined : Number(/\d+$/.exec(name)![0]);
}

interface Candidate { readonly directory: TreeDirectory; readonly kind: Result['kind']; readonly step: number | undefined }

/** Final before checkpoints, late steps before early ones, what loads before what does not, outer folders before inner ones. */
function compare(a: Candidate, b: Candidate): number {
  const state = (one: Candidate) => Number(one.kind === 'state');
  return state(a) - state(b) || Number(a.step !== undefined) - Number(b.step !== undefined) || (b.step ?? 0) - (a.step ?? 0)
    || KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || parts(a.directory.path).length - parts(b.directory.path).length;
}

const WHAT: Readonly<Record<Result['kind'], Text>> = {
  model: { en: 'a model that a loader takes as it is', zh: '加载器可直接读取的模型' },
  parts: { en: 'a model in parts, to be put together with its bases', zh: '分成几部分的模型，需与各自的基座组装' },
  adapter: { en: 'an adapter, to be merged into its base or loaded beside it', zh: '适配器，需合并进基座，或与基座一起加载' },
  state: { en: 'a state of training: its weights have to be taken out first', zh: '训练状态：需先从中取出权重' },
};

/** The result of a tree; undefined when there is none, or when several folders are equally one. */
export function resultOf(tree: Tree): Result | undefined {
  const candidates: Candidate[] = [];
  for (const directory of tree.directories.values()) {
    const kind = directory.servesAsBase ? undefined : asResult(directory);
    // Parts of an export are not results of their own.
    if (kind !== undefined && !insideParts(tree, directory.path)) candidates.push({ directory, kind, step: stepOf(directory.path) });
  }
  const [first, second] = candidates.sort(compare);
  if (first === undefined || (second !== undefined && compare(first, second) === 0)) return undefined;
  const { directory: { path }, kind, step } = first, what = WHAT[kind];
  const isEarly = step !== undefined && kind !== 'state' && candidates.every((one) => one.step !== undefined || one.kind === 'state') && tree.directories.get('')?.kinds.includes('trainer-output') === true;
  const why = isEarly ? { en: `${what.en}; the run left nothing final, this is its newest usable checkpoint`, zh: `${what.zh}；训练没有留下最终结果，这是最新的可用检查点` } : what;
  return { path, kind, why };
}

function insideParts(tree: Tree, path: string): boolean {
  const above = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
  const parent = path === '' ? undefined : tree.directories.get(above);
  return parent !== undefined && ((parent.kinds.includes('xtuner-export') && !parent.kinds.includes('adapter')) || insideParts(tree, above));
}
