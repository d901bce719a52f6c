/**
 * @module
 * The WebAssembly module: compiled once per realm, instantiated once per lane over a memory of the lane's own.
 */
import type { Float32Kernels, Kernels, Merge } from './kernels.ts';
import { KERNELS } from './kernels.generated.ts';
import { Lane, type LaneMemory } from './lane.ts';

/** Bytes of a WebAssembly page. */
const PAGE = 65_536;
/** Address space of a 32-bit memory. */
const PAGES_MAX = 65_536;

/** How to make lanes, or undefined where the host has no WebAssembly SIMD. */
export async function wasmLane(): Promise<(() => Lane) | undefined> {
  if (typeof WebAssembly === 'undefined') return undefined;
  const bytes = Uint8Array.from(atob(KERNELS), (character) => character.charCodeAt(0));
  if (!WebAssembly.validate(bytes)) return undefined;
  const module = await WebAssembly.compile(bytes);
  return () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: PAGES_MAX });
    // A few KB of code: instantiating it is a matter of microseconds, no need to await.
    const exports = new WebAssembly.Instance(module, { lane: { memory } }).exports as unknown as Kernels & Float32Kernels;
    const float32 = { mergeBF16: unsigned(exports.mergeBF16), mergeF16: unsigned(exports.mergeF16), dots: exports.dots };
    return new Lane(growing(memory), { ...exports, float32 });
  };
}

/** Addresses come back as signed numbers. */
const unsigned = (merge: Merge): Merge => (...parameters) => merge(...parameters) >>> 0;

function growing(memory: WebAssembly.Memory): LaneMemory {
  return {
    get buffer() { return memory.buffer; },
    grow: (bytes) => { memory.grow(Math.ceil(bytes / PAGE)); },
  };
}
