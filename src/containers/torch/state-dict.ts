/**
 * @module
 * Where the state dict is. Programs wrap it in a key (`state_dict`, `model`, `module` …) beside the optimizer and the
 * epoch, or pickle the whole module; loaders unwrap it, and so does every command, saying so.
 */
import { TORCH_TOO_DEEP } from './codes.ts';
import { entriesOf, item, itemsOf } from './dict.ts';
import { sortOut, type TorchNamed, type TorchOther } from './listing.ts';
import { PyCall, type Value } from './pickle/index.ts';
import { isTensor, type Objects } from './rebuild.ts';
import { findTensors, type Found, type Part } from './walk.ts';

/** The state dict within a file. */
export interface StateDict {
  /** Keys that lead to it; empty when it is the whole file. */
  readonly path: readonly Part[];
  /** It had to be read out of a pickled module. */
  readonly module: boolean;
  /** Names as the state dict has them. */
  readonly tensors: readonly TorchNamed[];
  readonly others: readonly TorchOther[];
}

/**
 * Keys that wrap a state dict, in order of precedence: Lightning and most scripts; DeepSpeed; accelerate, FSDP,
 * torchtitan and many training scripts; less common ones.
 */
export const WRAPPER_KEYS: readonly string[] = ['state_dict', 'module', 'model', 'model_state_dict', 'model_state', 'generator', 'net', 'weights'];

/** Wrappers inside wrappers that are followed. */
const WRAPPERS_MAX = 3;

/** Whether the value is an object of a class with parameters: `_parameters`, `_buffers` and `_modules` in its state. */
export function isModule(value: Value | undefined): value is PyCall {
  return value instanceof PyCall && value.kind === 'new' && entriesOf(item(value.state, '_parameters')) !== undefined
    && entriesOf(item(value.state, '_modules')) !== undefined;
}

/** Whether a value has tensors of its own: `_metadata` and counters may stand beside them. */
const holdsTensors = (value: Value | undefined): boolean => entriesOf(value)?.some(([, inner]) => isTensor(inner)) ?? false;

/** Finds the state dict. Without any wrapper it is `all` that was found, nested keys joined. */
export function findStateDict(root: Value, objects: Objects, all: Pick<StateDict, 'tensors' | 'others'>): StateDict {
  const path: Part[] = [];
  let value = root;
  while (path.length < WRAPPERS_MAX && !holdsTensors(value) && !isModule(value)) {
    const key = WRAPPER_KEYS.find((name) => {
      const inner = item(value, name);
      return holdsTensors(inner) || isModule(inner) || WRAPPER_KEYS.some((below) => holdsTensors(item(inner, below)));
    });
    if (key === undefined) {
      path.length = 0;
      value = root;
      break;
    }
    path.push(key);
    value = item(value, key)!;
  }
  if (isModule(value)) return { path, module: true, ...moduleState(value, objects) };
  if (path.length === 0) return { path, module: false, tensors: all.tensors, others: all.others };
  return { path, module: false, ...sortOut(findTensors(value, objects), ({ name }) => name) };
}

/** Modules within a module that are followed; the largest models have some ten thousand. More means that they contain each other. */
const MODULES_MAX = 100_000;

/** Names of a pickled module's state dict, as `Module.state_dict()` orders them: own parameters, own buffers, then children. */
function moduleState(root: PyCall, objects: Objects): Pick<StateDict, 'tensors' | 'others'> {
  const found: Found[] = [];
  const stack: [string, Value][] = [['', root]];
  for (let count = 0; stack.length > 0; count++) {
    if (count > MODULES_MAX) {
      objects.notes.add(TORCH_TOO_DEEP, { problem: { en: 'its modules contain each other', zh: '其中的模块互相包含' } });
      break;
    }
    const [prefix, module] = stack.pop()!;
    if (!isModule(module)) continue;
    const names = item(module.state, '_non_persistent_buffers_set');
    const hidden = new Set(itemsOf(names) ?? (objects.known(names) as { items?: readonly Value[] } | undefined)?.items ?? []);
    const take = (member: string, skip: (name: Value) => boolean) => {
      for (const [key, value] of entriesOf(item(module.state, member)) ?? []) {
        if (typeof key !== 'string' || skip(key) || !isTensor(value)) continue;
        const name = prefix + key, tensor = objects.tensor(value, name);
        if (tensor !== undefined) found.push({ name, place: undefined, call: value, tensor });
      }
    };
    take('_parameters', () => false);
    take('_buffers', (name) => hidden.has(name));
    const children = entriesOf(item(module.state, '_modules')) ?? [];
    for (const [key, child] of children.reverse()) if (typeof key === 'string') stack.push([`${prefix}${key}.`, child]);
  }
  return sortOut(found, ({ name }) => name);
}
