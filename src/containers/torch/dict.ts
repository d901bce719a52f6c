/**
 * @module
 * Dicts of a pickle under Python's rules: equal keys collide (1, 1.0 and True are one key), the last value wins, the
 * first position stays.
 */
import { PyBytes, PyCall, PyDict, PyFloat, PyList, PySet, PyTuple, isGlobal, type Value } from './pickle/index.ts';

/** Tuples nested deeper than this are told apart by identity; no real key comes near. */
const KEY_DEPTH_MAX = 16;

const identities = /* @__PURE__ */ new WeakMap<object, number>();
let nextIdentity = 0;
function identity(object: object): string {
  let id = identities.get(object);
  if (id === undefined) identities.set(object, id = nextIdentity++);
  return `@${id}`;
}

/** A string that is equal for keys that Python takes for equal. */
export function keyOf(value: Value, depth: number = 0): string {
  if (typeof value === 'string') return `s${value}`;
  if (typeof value === 'number' || typeof value === 'bigint') return `n${value}`;
  if (typeof value === 'boolean') return value ? 'n1' : 'n0';
  if (value === null) return 'N';
  if (value instanceof PyFloat) {
    if (Number.isNaN(value.value)) return identity(value);
    return Number.isInteger(value.value) ? `n${BigInt(value.value)}` : `n${value.value}`;
  }
  if (value instanceof PyBytes && value.data !== undefined) return `b${value.data.join()}`;
  if (value instanceof PyTuple && depth < KEY_DEPTH_MAX && value.items.length < 64) {
    return `t(${value.items.map((item) => { const key = keyOf(item, depth + 1); return `${key.length}:${key}`; }).join()})`;
  }
  return identity(value);
}

/** A key and its value. */
export type Entry = readonly [key: Value, value: Value];

/** Entries of pairs after collisions, and how many keys collided. */
export function resolvePairs(keys: readonly Value[], values: readonly Value[]): { entries: Entry[]; collisions: number } {
  const entries: [Value, Value][] = [], places = new Map<string, number>();
  for (let i = 0; i < keys.length; i++) {
    const key = keyOf(keys[i]!), place = places.get(key);
    if (place !== undefined) entries[place]![1] = values[i]!;
    else {
      places.set(key, entries.length);
      entries.push([keys[i]!, values[i]!]);
    }
  }
  return { entries, collisions: keys.length - entries.length };
}

/** A list or tuple of two: what OrderedDict takes as an item. */
function pairOf(value: Value): readonly Value[] | undefined {
  return (value instanceof PyList || value instanceof PyTuple) && value.items.length === 2 ? value.items : undefined;
}

/** Keys and values of anything that is a dict once loaded: dict, OrderedDict, defaultdict, Counter; undefined otherwise. */
export function pairsOf(value: Value | undefined): { keys: readonly Value[]; values: readonly Value[] } | undefined {
  if (value instanceof PyDict) return value;
  if (!(value instanceof PyCall)) return undefined;
  const more = value.more?.pairs;
  const [first] = value.arguments;
  const start = isGlobal(value.fn, 'collections.OrderedDict') || isGlobal(value.fn, 'collections.Counter') ? first
    : isGlobal(value.fn, 'collections.defaultdict') ? value.arguments[1] : null;
  if (start === null) return undefined;
  if (start === undefined) return more ?? new PyDict();
  let keys: readonly Value[], values: readonly Value[];
  if (start instanceof PyDict) ({ keys, values } = start);
  else {
    const pairs = start instanceof PyList || start instanceof PyTuple ? start.items.map(pairOf) : [undefined];
    if (pairs.some((pair) => pair === undefined)) return undefined;
    keys = pairs.map((pair) => pair![0]!);
    values = pairs.map((pair) => pair![1]!);
  }
  return more === undefined ? { keys, values } : { keys: [...keys, ...more.keys], values: [...values, ...more.values] };
}

/** Entries of anything that is a dict once loaded; undefined when it is none. */
export function entriesOf(value: Value | undefined): Entry[] | undefined {
  const pairs = pairsOf(value);
  return pairs && resolvePairs(pairs.keys, pairs.values).entries;
}

/** Value under a string key of anything that is a dict once loaded. */
export function item(value: Value | undefined, key: string): Value | undefined {
  return entriesOf(value)?.find(([name]) => name === key)?.[1];
}

/** Items of a list, tuple, or what a set was made of; undefined otherwise. */
export function itemsOf(value: Value | undefined): readonly Value[] | undefined {
  return value instanceof PyList || value instanceof PyTuple || value instanceof PySet ? value.items : undefined;
}
