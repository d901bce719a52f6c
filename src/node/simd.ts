/**
 * @module
 * Relaxed SIMD on Node 20: its V8 (11.3) has it, final as it is, behind a flag; Node 22 and later show it without. With it
 * the merge kernels use fused multiply-add. The bytes are the same with and without (src/engine/compute/bound.ts).
 */
import v8 from 'node:v8';

/** Makes the host show relaxed SIMD to modules that are compiled from here on, in every thread. */
export function allowFusedMultiplyAdd(): void {
  if (process.versions.v8.startsWith('11.3.')) v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
}
