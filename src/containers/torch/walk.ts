/**
 * @module
 * Finds the tensors of a file: a walk over its objects in the order in which they were written, without recursion,
 * every container once. Names are the keys on the way, joined with dots.
 */
import { TORCH_TOO_DEEP } from './codes.ts';
import { entriesOf, itemsOf, pairsOf, resolvePairs, type Entry } from './dict.ts';
import { PyBytes, PyCall, PyDict, PyFloat, PyGlobal, PyList, PyPersistent, PySet, PyTuple, type Value } from './pickle/index.ts';
import { innerCall, isTensor, type Objects } from './rebuild.ts';
import type { TorchTensor } from './tensors.ts';

/** Levels that are walked. Training states have about a dozen. */
export const DEPTH_MAX: number = 500;
/** Characters of all names together: half a million tensors with names of a hundred. */
export const NAMES_CHARACTERS_MAX: number = 64 * 1024 * 1024;

/** A key on the way: a dict key, an index, or a label like `@state` that enters an object which is not understood. */
export type Part = string | number;

/** Where something was found, as a list from the inside out. */
export interface Place {
  readonly parent: Place | undefined;
  readonly part: Part;
  readonly name: string;
  readonly depth: number;
}

/** A tensor that was found. */
export interface Found {
  readonly name: string;
  readonly place: Place | undefined;
  readonly call: PyCall;
  readonly tensor: TorchTensor;
}

/** Parts from the outside in. */
export function partsOf(place: Place | undefined): Part[] {
  const parts: Part[] = [];
  for (let at = place; at !== undefined; at = at.parent) parts.push(at.part);
  return parts.reverse();
}

const step = (parent: Place | undefined, part: Part): Place =>
  ({ parent, part, name: parent === undefined ? String(part) : `${parent.name}.${part}`, depth: (parent?.depth ?? 0) + 1 });

/** A key as a part of a name, spelt as Python would print it. */
export function partOf(key: Value): Part {
  if (typeof key === 'string' || typeof key === 'number') return key;
  if (key === null) return 'None';
  if (typeof key === 'boolean') return key ? 'True' : 'False';
  if (typeof key === 'bigint') return String(key);
  if (key instanceof PyFloat) return Number.isInteger(key.value) ? `${key.value}.0` : String(key.value);
  if (key instanceof PyGlobal) return key.path;
  if (key instanceof PyTuple) return `(${key.items.slice(0, 8).map(partOf).join(', ')})`;
  return key instanceof PyBytes ? 'bytes' : key instanceof PyCall ? `${key.path ?? 'call'}(…)` : 'object';
}

/** What lies inside a value: keys on the way, and values, in the order in which they were written. */
export function* childrenOf(value: Value, objects: Objects): Generator<readonly [readonly Part[], Value]> {
  const indexed = function* (items: readonly Value[], ...before: Part[]): Generator<readonly [readonly Part[], Value]> {
    for (let i = 0; i < items.length; i++) yield [[...before, i], items[i]!];
  };
  const keyed = function* (entries: readonly Entry[], ...before: Part[]): Generator<readonly [readonly Part[], Value]> {
    for (const [key, inner] of entries) yield [[...before, partOf(key)], inner];
  };
  if (value instanceof PyList || value instanceof PyTuple || value instanceof PySet) return yield* indexed(value.items);
  if (isTensor(value)) {
    const tensor = objects.tensor(value, '');
    for (const [label, part] of tensor?.parts ?? []) yield [[label], part];
    if (tensor?.attributes !== undefined) yield [['@state'], tensor.attributes];
    return;
  }
  const pairs = pairsOf(value);
  if (pairs !== undefined) {
    const { entries, collisions } = resolvePairs(pairs.keys, pairs.values);
    objects.noteCollisions(collisions);
    yield* keyed(entries);
    if (value instanceof PyCall && value.state !== undefined) yield [['@attrs'], value.state];
    return;
  }
  if (!(value instanceof PyCall)) return;
  const known = objects.known(value), call = innerCall(value);
  if (known !== undefined) {
    if (known.is === 'deque' || known.is === 'set' || known.is === 'frozenset' || known.is === 'list') yield* indexed(known.items);
    else if (known.is === 'ndarray') yield* indexed(itemsOf(known.data) ?? []);
    return;
  }
  if (call.fn instanceof PyCall || call.fn instanceof PyPersistent) yield [['@fn'], call.fn];
  yield* indexed(call.arguments, '@args');
  if (value.kwargs !== undefined) yield [['@kwargs'], value.kwargs];
  yield* indexed(value.more?.items ?? [], '@items');
  yield* keyed(entriesOf(value.more?.pairs) ?? [], '@pairs');
  for (const state of value.more?.states ?? []) yield [['@state'], state];
}

const isContainer = (value: Value): value is PyList | PyTuple | PyDict | PySet | PyCall =>
  value instanceof PyList || value instanceof PyTuple || value instanceof PyDict || value instanceof PySet || value instanceof PyCall;

/** Every tensor at or below `root`, in order. A tensor that is met again is found again; what lies inside it is not. */
export function findTensors(root: Value, objects: Objects): Found[] {
  const found: Found[] = [], seen = new Set<Value>();
  const stack: [Value, Place | undefined][] = [[root, undefined]];
  let characters = 0;
  while (stack.length > 0) {
    const [value, place] = stack.pop()!;
    if (!isContainer(value)) continue;
    if (isTensor(value)) {
      const name = place?.name ?? '';
      characters += name.length;
      if (characters > NAMES_CHARACTERS_MAX) {
        objects.notes.add(TORCH_TOO_DEEP, { problem: { en: 'the names of its tensors take too much room', zh: '张量名占用的空间过大' } });
        return found;
      }
      const tensor = objects.tensor(value, name);
      if (tensor !== undefined) found.push({ name, place, call: value, tensor });
    }
    if (seen.has(value)) continue;
    seen.add(value);
    const first = stack.length;
    for (const [parts, inner] of childrenOf(value, objects)) {
      if (inner instanceof PyPersistent) objects.storages.resolve(inner); // A storage that was saved itself.
      if (!isContainer(inner)) continue;
      let at = place;
      for (const part of parts) at = step(at, part);
      if (at!.depth > DEPTH_MAX) {
        objects.notes.add(TORCH_TOO_DEEP, { problem: { en: `its objects are nested more than ${DEPTH_MAX} levels deep`, zh: `对象嵌套超过 ${DEPTH_MAX} 层` } });
        return found;
      }
      stack.push([inner, at]);
    }
    // The first child comes next.
    for (let low = first, high = stack.length - 1; low < high; low++, high--) [stack[low], stack[high]] = [stack[high]!, stack[low]!];
  }
  return found;
}
