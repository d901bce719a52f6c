/** @module LLaVA's own training: an adapter, and beside it what was trained without one (projector, resampler). */
import { rule } from '../roles.ts';
import type { System } from '../system.ts';
import { transformersVersion, withVersion } from './trainer.ts';

/** Written beside an adapter, or alone when only the projector was trained. */
const BESIDE = /^(?:non_lora_trainables|mm_projector)\.bin$/;

/** LLaVA. */
export const llava: System = {
  name: 'LLaVA',
  layer: 'program',
  roles: [rule(BESIDE, 'module-weights', ['inference', 'merge'])],
  wrote: async (tree) => (tree.folders.some((here) => here.matching(BESIDE).length > 0)
    ? withVersion(await transformersVersion(tree), { en: 'weights that were trained without an adapter', zh: '有不经适配器训练的权重' }) : undefined),
};
