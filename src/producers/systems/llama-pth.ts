/** @module Meta's own layout: `consolidated.NN.pth` and `params.json`, as conversion scripts of the LLaMA era write it too. */
import { rule } from '../roles.ts';
import type { System } from '../system.ts';

const PART = /^consolidated\.\d\d\.pth$/;

/** Meta's layout. */
export const llamaPth: System = {
  name: 'LLaMA .pth',
  layer: 'program',
  roles: [rule(PART, 'weights', 'inference')],
  kinds: async (here) => (here.matching(PART).length > 0 && !here.has('config.json') ? ['llama-pth'] : []),
  wrote: async ({ root }) => (root.kinds.has('llama-pth') || root.folders.some((inner) => inner.kinds.has('llama-pth'))
    ? { why: { en: 'consolidated.NN.pth and params.json', zh: 'consolidated.NN.pth 与 params.json' } } : undefined),
};
