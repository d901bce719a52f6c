/**
 * @module
 * numpy's scalars, arrays and dtypes. numpy 2 renamed `numpy.core` to `numpy._core`; protocol 5 has its own function.
 */
import { isGlobal, PyBytes, PyTuple, type Value } from '../pickle/index.ts';
import { itemsOf } from '../dict.ts';
import { bytesOf } from './builtin.ts';
import type { Constructor, Known, NumpyDType } from './known.ts';

type Of = (value: Value | undefined) => Known | undefined;

/** `numpy.dtype('f4', False, True)`, then BUILD `(3, '<', None, …)`. */
const dtype: Constructor = ({ arguments: [code], state }) => {
  if (typeof code !== 'string') return undefined;
  const parts = itemsOf(state), order = parts?.[1];
  // Units of time have a ninth part, records have names; one word does not describe either.
  if (parts !== undefined && (parts.length !== 8 || parts[2] !== null || parts[3] !== null)) return { is: 'npdtype', descr: null, code, state };
  return { is: 'npdtype', descr: `${typeof order === 'string' ? order : '|'}${code}`, code };
};

const dtypeOf = (value: Value | undefined, known: Of): NumpyDType | undefined => {
  const object = known(value);
  return object?.is === 'npdtype' ? object : undefined;
};

const scalar: Constructor = (call, known) => {
  const type = dtypeOf(call.arguments[0], known), value = call.arguments[1];
  return type === undefined || value === undefined ? undefined : { is: 'npscalar', dtype: type, value };
};

/** `_reconstruct(ndarray, (0,), b'b')`, then BUILD `(1, shape, dtype, fortran, data)`. */
const array: Constructor = (call, known) => {
  const parts = itemsOf(call.state);
  if (!isGlobal(call.arguments[0], 'numpy.ndarray') || parts?.length !== 5) return undefined;
  const [, shape, type, fortran, data] = parts as [Value, Value, Value, Value, Value];
  const known5 = dtypeOf(type, known);
  return known5 === undefined || !(shape instanceof PyTuple) ? undefined : { is: 'ndarray', dtype: known5, shape, fortran: fortran === true || fortran === 1, data };
};

/** `_frombuffer(bytes, dtype, shape, order)` of protocol 5. */
const buffer: Constructor = (call, known) => {
  const [data, type, shape, order] = call.arguments;
  const simple = dtypeOf(type, known);
  if (!(data instanceof PyBytes || bytesOf(data, known)) || typeof simple?.descr !== 'string' || !(shape instanceof PyTuple)) return undefined;
  return { is: 'ndarray', dtype: simple, shape, fortran: order === 'F', data: data! };
};

const both = (name: string, constructor: Constructor): [string, Constructor][] => [[`numpy.core.${name}`, constructor], [`numpy._core.${name}`, constructor]];

/** By path. */
export const NUMPY_OBJECTS: readonly (readonly [string, Constructor])[] = [
  ['numpy.dtype', dtype],
  ...both('multiarray.scalar', scalar), ...both('multiarray._reconstruct', array), ...both('numeric._frombuffer', buffer),
];
