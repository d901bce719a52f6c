/**
 * @module
 * The hot loops: in WebAssembly where the host has SIMD, in plain JavaScript elsewhere. Same functions, same bytes.
 */
import { Lane, LanePool } from './lane.ts';
import { plainKernels } from './plain.ts';
import { wasmLane } from './wasm.ts';

export { SPREAD } from './spread.ts';

/** `to[i] := a[i] op b[i]` in float64; an operand may be one number (`SPREAD`). */
export type BinaryKernel = (a: number, b: number, to: number, count: number, spread: number) => void;

/** `count` elements of a block to another; groups of four, so both blocks have room for the last group. */
export type ConversionKernel = (from: number, to: number, count: number) => void;

/** Functions over addresses in a lane's memory. Layouts: kernels/*.mjs. Counts, rows and columns are at least 1. */
export interface Kernels {
  /** a `[strips][k][4]`, b `[panels][k][4]`, out rows of `stride` bytes; float64. */
  matmul(a: number, b: number, out: number, strips: number, panels: number, k: number, stride: number): void;
  readonly add: BinaryKernel;
  readonly multiply: BinaryKernel;
  readonly divide: BinaryKernel;
  /** `to[i] := by · from[i]`, a whole block. */
  scale(by: number, from: number, to: number, count: number): void;
  readonly decodeBF16: ConversionKernel;
  readonly decodeF16: ConversionKernel;
  readonly decodeF32: ConversionKernel;
  readonly encodeBF16: ConversionKernel;
  readonly encodeF16: ConversionKernel;
  readonly encodeF32: ConversionKernel;
  /** `to[i] += Σ row[i]²` from left to right, for a multiple of four dense rows. */
  squareRows(from: number, to: number, rows: number, columns: number): void;
  /** `to[j] += from[j]²`. */
  squareColumns(from: number, to: number, count: number): void;
  /** Only where there is SIMD; without it everything is computed in float64. */
  readonly float32?: Float32Kernels;
}

/** The float32 kernels with the interval test, and the recomputation of what they leave open. */
export interface Float32Kernels {
  mergeBF16: Merge;
  mergeF16: Merge;
  /** Jobs of 32 bytes from `job` to `end`: four pairs of addresses of rows of `bytes` bytes, replaced by four float64 sums. */
  dots(job: number, end: number, bytes: number): void;
}

/** W := round(W + B·A) in place for what is settled; returns the end of the list of what is not. */
export type Merge = (b: number, a: number, w: number, strips: number, panels: number, k: number, block: number, stride: number,
  p: number, q: number, list: number, scratch: number) => number;

/** Which kernels to use: the best the host has, those without fused multiply-add, or none in WebAssembly. */
export type KernelChoice = 'wasm' | 'simd' | 'plain';

const PLAIN_PAGE = 1 << 20;

function plainLane(): Lane {
  let buffer = new ArrayBuffer(PLAIN_PAGE);
  const memory = {
    get buffer() { return buffer; },
    grow(bytes: number) {
      const larger = new ArrayBuffer(buffer.byteLength + bytes);
      new Uint8Array(larger).set(new Uint8Array(buffer));
      buffer = larger;
    },
  };
  return new Lane(memory, plainKernels(memory));
}

const pools = new Map<KernelChoice, Promise<LanePool>>();

/** The realm's lanes. `wasm` falls back to `simd` where the host has no relaxed SIMD, both to `plain` where WebAssembly or its SIMD is missing. */
export function lanes(choice: KernelChoice): Promise<LanePool> {
  let pool = pools.get(choice);
  if (pool === undefined) {
    pool = (choice === 'plain' ? Promise.resolve(undefined) : wasmLane(choice === 'wasm')).then((create) => new LanePool(create ?? plainLane, create !== undefined));
    pools.set(choice, pool);
  }
  return pool;
}

/** Compiles the kernels, before there is anything to compute. */
export async function warmUp(): Promise<void> {
  await lanes('wasm');
}
