/**
 * @module
 * The numbers that a dtype can hold, seen from float64: rounding to them, and how far apart they are.
 */
import { DTYPES, type DType } from '../tensors/index.ts';

const f64 = new Float64Array(1), words = new Uint32Array(f64.buffer);

/** 2^e for every exponent that a step can have. */
const LOWEST = -1080;
const POWERS = Float64Array.from({ length: 2120 }, (_, i) => 2 ** (i + LOWEST));

/** What can be stored in a dtype. */
export interface Grid {
  readonly dtype: DType;
  /** To nearest, ties to even, once. The sign of a zero is not kept. */
  round(value: number): number;
  /** The largest representable magnitude that is not above. */
  towardZero(value: number): number;
  /** Distance of representable numbers in the binade of `value` (one ulp); of the subnormals below them. */
  step(value: number): number;
  /** Steps between two representable numbers; 0 between any two NaN, NaN between one and a number. */
  distance(a: number, b: number): number;
}

/** Dtypes that there is a grid for: those that values can be rounded to. */
export type GridDType = 'F64' | 'F32' | 'BF16' | 'F16' | 'F8_E5M2';

/** Whether values can be rounded to a dtype. */
export const hasGrid = (dtype: DType): dtype is GridDType =>
  dtype === 'F64' || dtype === 'F32' || dtype === 'BF16' || dtype === 'F16' || dtype === 'F8_E5M2';

/** Adding and taking away this rounds a small number to an integer, ties to even. */
const INTEGERS = 1.5 * 2 ** 52;

function make(dtype: GridDType): Grid {
  const { exponent, mantissa } = DTYPES[dtype] as { exponent: number; mantissa: number };
  const lowest = 2 - 2 ** (exponent - 1), largest = (2 - 2 ** -mantissa) * 2 ** (2 ** (exponent - 1) - 1), units = 2 ** mantissa;
  const exponentOf = (value: number): number => {
    f64[0] = value;
    const e = ((words[1]! >>> 20) & 0x7ff) - 1023;
    return e > lowest ? e : lowest;
  };
  const step = (value: number): number => POWERS[exponentOf(value) - mantissa - LOWEST]!;
  const narrow = (value: number): number => {
    const unit = step(value), near = (value / unit + INTEGERS - INTEGERS) * unit;
    return near > largest ? Infinity : near < -largest ? -Infinity : near;
  };
  const round = dtype === 'F64' ? (value: number) => value : dtype === 'F32' ? Math.fround : narrow;
  const towardZero = (value: number): number => {
    const near = round(value);
    if (!(Math.abs(near) > Math.abs(value))) return near;
    // The step below a power of two is that of the binade below.
    return Math.abs(near) === Infinity ? Math.sign(near) * largest : near - Math.sign(near) * step(value);
  };
  // A magnitude's place in the order of values: subnormals count from zero, every binade adds as many, infinity comes after all.
  const binade = (magnitude: number): number => (magnitude === Infinity ? 2 ** exponent - 2 : exponentOf(magnitude) - lowest);
  const within = (magnitude: number): number => (magnitude === Infinity ? units : magnitude / step(magnitude));
  const distance = (a: number, b: number): number => {
    if (a === b) return 0;
    if (a !== a || b !== b) return a !== a && b !== b ? 0 : NaN;
    const x = Math.abs(a), y = Math.abs(b), sign = a < 0 !== b < 0 && a !== 0 && b !== 0 ? 1 : -1;
    // Binades first: the places of 64 bit floats are no exact numbers, their differences are.
    return Math.abs((binade(x) + sign * binade(y)) * units + (within(x) + sign * within(y)));
  };
  return { dtype, round, towardZero, step, distance };
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
