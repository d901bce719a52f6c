/** @module llama.cpp: GGUF, a model and its tokenizer in one file. */
import { rule } from '../roles.ts';
import type { System } from '../system.ts';

/** llama.cpp. */
export const llamaCpp: System = {
  name: 'llama.cpp',
  layer: 'program',
  roles: [rule(/\.(?:gguf|bin|imatrix)$/, 'weights', 'inference', (_, file) => file.format === 'gguf')],
  wrote: async ({ root }) => (root.files.some(({ format }) => format === 'gguf') && !root.has('config.json') ? { why: { en: 'GGUF', zh: 'GGUF' } } : undefined),
};
