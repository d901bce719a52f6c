/**
 * @module
 * The WebAssembly module: compiled once per realm, instantiated once per lane over a memory of the lane's own.
 */
import type { Float32Kernels, Kernels, Merge } from './kernels.ts';
import { FUSED_KERNELS, KERNELS } from './kernels.generated.ts';
import { Lane, type LaneMemory } from './lane.ts';

/** Bytes of a WebAssembly page. */
const PAGE = 65_536;
/** Address space of a 32-bit memory. */
const PAGES_MAX = 65_536;

/**
 * How to make lanes, or undefined where the host has no WebAssembly SIMD. `fused`: with fused multiply-add where the host
 * has it: 0.75 to 0.85 of the time, the same bytes.
 */
export async function wasmLane(fused: boolean): Promise<(() => Lane) | undefined> {
  const module = await compiled(KERNELS), merges = fused ? await compiled(FUSED_KERNELS) : undefined;
  if (module === undefined) return undefined;
  return () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: PAGES_MAX });
    // A few KB of code: instantiating it is a matter of microseconds, no need to await.
    const instance = (of: WebAssembly.Module) => new WebAssembly.Instance(of, { lane: { memory } }).exports as unknown as Kernels & Float32Kernels;
    const exports = instance(module), { mergeBF16, mergeF16 } = merges === undefined ? exports : instance(merges);
    return new Lane(growing(memory), { ...exports, float32: { mergeBF16: unsigned(mergeBF16), mergeF16: unsigned(mergeF16), dots: exports.dots } });
  };
}

async function compiled(base64: string): Promise<WebAssembly.Module | undefined> {
  if (typeof WebAssembly === 'undefined') return undefined;
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return WebAssembly.validate(bytes) ? WebAssembly.compile(bytes) : undefined;
}

/** Addresses come back as signed numbers. */
const unsigned = (merge: Merge): Merge => (...parameters) => merge(...parameters) >>> 0;

function growing(memory: WebAssembly.Memory): LaneMemory {
  return {
    get buffer() { return memory.buffer; },
    grow: (bytes) => { memory.grow(Math.ceil(bytes / PAGE)); },
  };
}
