/**
 * @module
 * Constructors whose calls are plain data: what OrderedDict, set, torch.Size, numpy.ndarray … would have made, worked
 * out without making it. The list is closed and leads outward: what is not on it stays a call.
 */
import { BUILTIN_OBJECTS } from './builtin.ts';
import { NUMPY_OBJECTS } from './numpy.ts';
import { TORCH_OBJECTS } from './torch.ts';
import type { PyCall, Value } from '../pickle/index.ts';

/** An object that was understood. Dicts are in `dict.ts`, tensors in `tensors.ts`. */
export type Known =
  | { readonly is: 'bytes' | 'bytearray'; readonly data: Uint8Array }
  | { readonly is: 'set' | 'frozenset' | 'list'; readonly items: readonly Value[] }
  | { readonly is: 'complex'; readonly re: Value; readonly im: Value }
  | { readonly is: 'range' | 'slice'; readonly args: readonly Value[] }
  | { readonly is: 'odict' | 'counter' }
  | { readonly is: 'defaultdict'; readonly factory: Value }
  | { readonly is: 'deque'; readonly items: readonly Value[]; readonly maxlen: Value }
  | { readonly is: 'datetime'; readonly value: string; readonly tz?: Value }
  | { readonly is: 'date'; readonly value: string }
  | { readonly is: 'timedelta'; readonly parts: readonly Value[] }
  | { readonly is: 'path'; readonly class: string; readonly parts: readonly Value[] }
  | { readonly is: 'size'; readonly dims: readonly Value[] }
  | { readonly is: 'device'; readonly type: string; readonly index: number | null }
  | { readonly is: 'layout'; readonly name: string }
  | NumpyDType
  | { readonly is: 'npscalar'; readonly dtype: NumpyDType; readonly value: Value }
  | NumpyArray;

/** A numpy dtype. */
export interface NumpyDType {
  readonly is: 'npdtype';
  /** As in `.npy` headers (`<f4`); null for those that one word does not describe. */
  readonly descr: string | null;
  readonly code: string;
  readonly state?: Value | undefined;
}

/** A numpy array: raw bytes, or the list of objects of an object array. */
export interface NumpyArray {
  readonly is: 'ndarray';
  readonly dtype: NumpyDType;
  readonly shape: Value;
  readonly fortran: boolean;
  readonly data: Value;
}

/** Works out one call; undefined when its arguments are not those that a pickler writes. */
export type Constructor = (call: PyCall, known: (value: Value | undefined) => Known | undefined) => Known | undefined;

const CONSTRUCTORS: ReadonlyMap<string, Constructor> = /* @__PURE__ */ new Map([...BUILTIN_OBJECTS, ...TORCH_OBJECTS, ...NUMPY_OBJECTS]);

/** Whether calls of this path are understood, given the right arguments. */
export const isKnownConstructor = (path: string): boolean => CONSTRUCTORS.has(path);

/** What a call made, or undefined. */
export function known(call: PyCall, of: (value: Value | undefined) => Known | undefined): Known | undefined {
  const { path } = call;
  return path === undefined || call.kwargs !== undefined ? undefined : CONSTRUCTORS.get(path)?.(call, of);
}
