/**
 * @module
 * The numbers that a dtype can hold, seen from float64: rounding to them, and how far apart they are.
 */
import { DTYPES, roundBits, valueTable, type DType } from '../tensors/index.ts';

const f64 = new Float64Array(1), words = new Uint32Array(f64.buffer);
const f32 = new Float32Array(1), bits32 = new Uint32Array(f32.buffer);

/** 2^e for every exponent that a step can have. */
const LOWEST = -1080;
const POWERS = Float64Array.from({ length: 2200 }, (_, i) => 2 ** (i + LOWEST));

/** What can be stored in a dtype. */
export interface Grid {
  readonly dtype: DType;
  /** To nearest, ties to even, once. */
  round(value: number): number;
  /** The largest representable magnitude that is not above. */
  towardZero(value: number): number;
  /** Distance of representable numbers in the binade of `value` (one ulp); of the subnormals below them. */
  step(value: number): number;
}

/** Dtypes that there is a grid for: those that values can be rounded to. */
export type GridDType = 'F64' | 'F32' | 'BF16' | 'F16' | 'F8_E5M2';

/** Whether values can be rounded to a dtype. */
export const hasGrid = (dtype: DType): dtype is GridDType =>
  dtype === 'F64' || dtype === 'F32' || dtype === 'BF16' || dtype === 'F16' || dtype === 'F8_E5M2';

function stepOf(dtype: GridDType): (value: number) => number {
  const { exponent, mantissa } = DTYPES[dtype] as { exponent: number; mantissa: number }, lowest = 2 - 2 ** (exponent - 1);
  return (value) => {
    f64[0] = value;
    const e = ((words[1]! >>> 20) & 0x7ff) - 1023;
    return POWERS[(e > lowest ? e : lowest) - mantissa - LOWEST]!;
  };
}

function make(dtype: GridDType): Grid {
  const step = stepOf(dtype);
  switch (dtype) {
    case 'F64': return { dtype, step, round: (value) => value, towardZero: (value) => value };
    case 'F32': return { dtype, step, round: Math.fround, towardZero: (value) => {
      const near = Math.fround(value);
      if (!(Math.abs(near) > Math.abs(value))) return near;
      f32[0] = near;
      bits32[0]!--; // sign and magnitude: one less is one step towards zero
      return f32[0]!;
    } };
    default: {
      const table = valueTable(dtype);
      return { dtype, step, round: (value) => table[roundBits(dtype, value)]!, towardZero: (value) => {
        const bits = roundBits(dtype, value);
        return Math.abs(table[bits]!) > Math.abs(value) ? table[bits - 1]! : table[bits]!;
      } };
    }
  }
}

const grids = new Map<GridDType, Grid>();

/** The grid of a dtype. */
export function gridOf(dtype: GridDType): Grid {
  let grid = grids.get(dtype);
  if (grid === undefined) grids.set(dtype, grid = make(dtype));
  return grid;
}

/** Whether every value of `a` is one of `b`. */
export function isNarrower(a: DType, b: DType): boolean {
  const x = DTYPES[a] as { exponent?: number; mantissa?: number }, y = DTYPES[b] as { exponent?: number; mantissa?: number };
  return a !== b && x.exponent !== undefined && y.exponent !== undefined && x.exponent <= y.exponent && x.mantissa! <= y.mantissa!;
}
