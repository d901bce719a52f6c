/**
 * @module
 * Why files are as large as they are: parameters times bytes. What tells a 25 GB engine state and a 7 GB optimizer from
 * the adapter that is the result, when all are called `.pt` or `.bin`.
 */
import { entriesOf, item, itemsOf, type TorchFile, type TorchNamed } from '../containers/torch/index.ts';
import type { Text } from '../findings/index.ts';
import { isTag } from './systems/deepspeed.ts';
import { CHECKPOINT_NAME } from './systems/trainer.ts';
import type { FolderView, FileView } from './view.ts';

/** A size, explained. */
export interface SizeNote {
  /** Files it is about, relative to the root. */
  readonly paths: readonly string[];
  readonly bytes: number;
  readonly parameters: number;
  /** Bytes of each parameter in these files. */
  readonly bytesEach: number;
  /** How many of the parameters were not trained, where that is known. */
  readonly frozen?: number;
  readonly what: Text;
}

/** Folders whose sizes are explained; all checkpoints of a run say the same. */
export const FOLDERS_EXPLAINED = 4;

const MODEL_STATES = /model_states\.pt$/, OPTIMIZER_STATES = /optim_states\.pt$/;
const FLOATS: ReadonlySet<string> = new Set(['F32', 'F16', 'BF16', 'F64']);

/** Bytes of optimizer state per trainable parameter: what an Adam on ZeRO keeps, and what is left of it without moments. */
const PER_TRAINABLE: readonly (readonly [number, Text])[] = [
  [4, { en: 'float32 masters of what is trained, without the moments of the optimizer', zh: '可训练参数的 float32 主副本，不含优化器的动量' }],
  [8, { en: 'two moments of Adam', zh: 'Adam 的两个动量' }],
  [12, { en: 'float32 masters of what is trained and two moments of Adam', zh: '可训练参数的 float32 主副本与 Adam 的两个动量' }],
];

/** Explains what can be explained in a tree. */
export async function explainSizes(root: FolderView): Promise<readonly SizeNote[]> {
  const notes: SizeNote[] = [];
  // The newest first: it is the one that people look at.
  const folders = [...root.all()].filter((here) => isTag(here) || here.has('optimizer.pt')).sort((a, b) => stepOf(b) - stepOf(a));
  for (const here of folders.slice(0, FOLDERS_EXPLAINED)) notes.push(...isTag(here) ? await tagSizes(here) : await optimizerSizes(here));
  return notes;
}

function stepOf(here: FolderView): number {
  const named = CHECKPOINT_NAME.test(here.name) ? here : here.parent;
  return Number(/\d+$/.exec(named?.name ?? '')?.[0] ?? 0);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const elements = ({ shape }: TorchNamed): number => shape.reduce((product, side) => product * side, 1);
const bytesOf = (files: readonly FileView[]): number => sum(files.map(({ bytes }) => bytes));
const pathsOf = (files: readonly FileView[]): string[] => files.map(({ path }) => path);

/** The trainable parameters that a model state lists, and 0 when it lists none. */
function trainableOf({ root, objects }: TorchFile): number {
  const shapes = item(root, 'param_shapes');
  return sum((itemsOf(shapes) ?? [shapes]).flatMap((group) => (entriesOf(group) ?? []).map(([, shape]) => {
    const known = objects.known(shape), sides = itemsOf(shape) ?? (known?.is === 'size' ? known.dims : undefined);
    return sides?.reduce<number>((product, side) => (typeof side === 'number' ? product * side : NaN), 1) ?? 0;
  })));
}

async function tagSizes(here: FolderView): Promise<SizeNote[]> {
  const models = here.matching(MODEL_STATES), optimizers = here.matching(OPTIMIZER_STATES), [first] = models, notes: SizeNote[] = [];
  const state = first === undefined ? undefined : await here.torch(first.name);
  if (first === undefined || state === undefined) return notes;
  const weights = state.stateDict.tensors.filter(({ dtype, shape }) => FLOATS.has(dtype) && !shape.includes(0)), held = sum(weights.map(elements));
  const trainable = trainableOf(state);
  if (models.length === 1 && held > 0) {
    const width = sum(weights.map(({ bytes }) => bytes)) / held, dtypes = [...new Set(weights.map(({ dtype }) => dtype))].join(' · ');
    notes.push({
      paths: [first.path], bytes: first.bytes, parameters: held, bytesEach: width, ...(trainable > 0 && trainable < held ? { frozen: held - trainable } : {}),
      what: { en: `weights as training holds them, ${dtypes}`, zh: `训练中使用的权重，${dtypes}` },
    });
  }
  const total = bytesOf(optimizers), fitting = trainable > 0 ? PER_TRAINABLE.filter(([each]) => each * trainable <= total).at(-1) : undefined;
  if (fitting !== undefined) {
    const [bytesEach, what] = fitting;
    notes.push({ paths: pathsOf(optimizers), bytes: total, parameters: trainable, bytesEach, what });
  }
  return notes;
}

/** Trainer's own optimizer file: moments, and a few bytes of steps. */
async function optimizerSizes(here: FolderView): Promise<SizeNote[]> {
  const file = here.file('optimizer.pt')!, opened = await here.torch(file.name);
  const moments = opened?.tensors.filter(({ name }) => /\bexp_avg(?:_sq)?$/.test(name)) ?? [], count = sum(moments.map(elements));
  if (count === 0) return [];
  const kinds = new Set(moments.map(({ name }) => name.slice(name.lastIndexOf('.') + 1))).size, each = kinds * sum(moments.map(({ bytes }) => bytes)) / count;
  return [{ paths: [file.path], bytes: file.bytes, parameters: count / kinds, bytesEach: each, what: { en: 'moments of Adam for what is trained', zh: '可训练参数的 Adam 动量' } }];
}
