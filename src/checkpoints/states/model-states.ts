/**
 * @module
 * `*_model_states.pt`: names and shapes of everything that was trained, what was frozen, which names are shared, and up to
 * stage 2 the module itself in the dtype it computed with (deepspeed/runtime/engine.py, `save_checkpoint`).
 */
import { entriesOf, item, itemsOf, type Value } from '../../containers/torch/index.ts';
import { refuse, type Text } from '../../findings/index.ts';
import { elementCount } from '../../tensors/index.ts';
import { STATE_PARALLEL, STATE_STRUCTURE } from './codes.ts';
import { textOf, textPairs, valueAt, wholeNumber, type StateFile, type StateTensor } from './files.ts';

/** Names and shapes, in order. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/** What one file of model states says. */
export interface ModelStates {
  readonly path: string;
  /** Trained parameters, one map for each group of the optimizer, in its order. Absent at stage 0. */
  readonly groups?: readonly Shapes[];
  /** Frozen parameters and the pieces of them that lie here; empty where the stage does not write them. */
  readonly frozen: Shapes;
  readonly fragments: ReadonlyMap<string, StateTensor>;
  /** Names that stand for others, and the names they stand for. */
  readonly shared: ReadonlyMap<string, string>;
  readonly buffers: readonly string[];
  /** The state dict of the module. */
  readonly module: ReadonlyMap<string, StateTensor>;
  /** Where a tensor of the module lies; two names with one place are one tensor. */
  readonly places: ReadonlyMap<string, string>;
  /** Tensors of the module that are no plain bytes, and why. */
  readonly odd: ReadonlyMap<string, Text>;
  readonly globalSteps?: number;
  readonly version?: string;
}

/** What stands in the way of putting a state together, in the order in which it is looked for. */
const PARALLEL: readonly (readonly [(root: Value) => boolean, Text])[] = [
  [(root) => (itemsOf(item(root, 'ds_autoep_layers') ?? item(root, 'autoep_layers'))?.length ?? 0) > 0, { en: 'AutoEP expert parallelism', zh: 'AutoEP 专家并行（expert parallelism）' }],
  [(root) => (wholeNumber(item(root, 'num_experts')) ?? Math.max(0, ...(itemsOf(item(root, 'num_experts')) ?? []).map((one) => wholeNumber(one) ?? 0))) > 1, { en: 'expert parallelism (MoE)', zh: '专家并行（MoE expert parallelism）' }],
  [(root) => (wholeNumber(valueAt(root, 'checkpoint_parallel_dimensions', 'pp_degree')) ?? 1) > 1, { en: 'pipeline parallelism', zh: '流水线并行（pipeline parallelism）' }],
  [(root) => (wholeNumber(valueAt(root, 'checkpoint_parallel_dimensions', 'tp_degree')) ?? 1) > 1 || (wholeNumber(item(root, 'mp_world_size')) ?? 1) > 1, { en: 'tensor parallelism', zh: '张量并行（tensor parallelism）' }],
];

/** Refuses a file whose contents tell of parallelism that is not put together. */
function refuseParallel({ root, path }: StateFile): void {
  for (const [found, feature] of PARALLEL) if (found(root)) refuse(STATE_PARALLEL, { file: path, feature }, { path });
}

function bad(path: string, en: string, zh: string, tensor?: string): never {
  return refuse(STATE_STRUCTURE, { file: path, problem: { en, zh } }, { path, ...(tensor === undefined ? {} : { tensor }) });
}

/** Names and shapes of a dict. */
function shapesOf(file: StateFile, value: Value | undefined, key: string): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const [name, size] of entriesOf(value) ?? []) {
    const shape = file.shape(size);
    if (typeof name !== 'string' || shape === undefined || !Number.isSafeInteger(elementCount(shape) * 8)) {
      return bad(file.path, `${key} has an entry that is no name and shape`, `${key} 中有条目不是名称与形状`, typeof name === 'string' ? name : undefined);
    }
    shapes.set(name, shape);
  }
  return shapes;
}

/** Reads one file. Refuses what is no model states, or is cut in other ways than by ZeRO. */
export function readModelStates(file: StateFile): ModelStates {
  const { root, path } = file, module = file.below('module');
  if (entriesOf(root) === undefined || (item(root, 'module') === undefined && item(root, 'buffer_names') === undefined)) bad(path, 'it has no module', '其中没有 module');
  refuseParallel(file);
  const declared = item(root, 'param_shapes');
  // One map before there were groups; a list of them since.
  const groups = declared === undefined || declared === null ? undefined : (itemsOf(declared) ?? [declared]).map((group) => shapesOf(file, group, 'param_shapes'));
  const twice = repeated((groups ?? []).flatMap((group) => [...group.keys()]));
  if (twice !== undefined) bad(path, `${twice} is in two groups`, `${twice} 出现在两个组中`, twice);
  const frozen = item(root, 'frozen_param_shapes');
  const places = new Map<string, string>();
  for (const name of module.keys()) { const place = file.place('module', name); if (place !== undefined) places.set(name, place); }
  const globalSteps = wholeNumber(item(root, 'global_steps')), version = textOf(item(root, 'ds_version'));
  const odd = new Map(file.others.filter(({ path: keys }) => keys.length === 2 && keys[0] === 'module').map(({ path: keys, why }) => [String(keys[1]), why] as const));
  return {
    path, module, places, odd, frozen: frozen === undefined || frozen === null ? new Map() : shapesOf(file, frozen, 'frozen_param_shapes'),
    fragments: file.below('frozen_param_fragments'), shared: textPairs(item(root, 'shared_params')),
    buffers: namesOf(item(root, 'buffer_names'), file),
    ...(groups === undefined ? {} : { groups }), ...(globalSteps === undefined ? {} : { globalSteps }), ...(version === undefined ? {} : { version }),
  };
}

function namesOf(value: Value | undefined, { path }: StateFile): string[] {
  const names = itemsOf(value) ?? [];
  return names.every((name) => typeof name === 'string') ? names as string[] : bad(path, 'buffer_names holds something that is no name', 'buffer_names 中有不是名称的内容');
}

function repeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.has(name) || !seen.add(name));
}
