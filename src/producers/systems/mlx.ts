/** @module mlx_lm: adapters.safetensors with a configuration of its own. */
import type { System } from '../system.ts';

/** MLX. */
export const mlx: System = {
  name: 'MLX',
  layer: 'program',
  kinds: async (here) => ((await here.json('adapter_config.json'))?.has('fine_tune_type') ? ['adapter'] : []),
  wrote: async ({ folders }) => {
    for (const here of folders) {
      if ((await here.json('adapter_config.json'))?.has('fine_tune_type')) return { why: { en: 'fine_tune_type in adapter_config.json', zh: 'adapter_config.json 中有 fine_tune_type' } };
    }
    return undefined;
  },
};
