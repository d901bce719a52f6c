/** @module accelerate's `save_state`: random states of every process, and whatever model, optimizer and scheduler it holds. */
import { rule } from '../roles.ts';
import type { System } from '../system.ts';

const RANDOM_STATES = /^random_states_\d+\.pkl$/;

/** accelerate. */
export const accelerate: System = {
  name: 'accelerate',
  layer: 'program',
  roles: [
    rule(RANDOM_STATES, 'rng-state', 'resume'),
    rule(/^optimizer(?:_\d+)?\.bin$/, 'optimizer', 'resume'),
    rule(/^scheduler(?:_\d+)?\.bin$/, 'scheduler', 'resume'),
    rule(/^(?:sampler(?:_\d+)?\.bin|dl_state_dict(?:_\d+)?\.bin|custom_checkpoint_\d+\.pkl|user_content\.pt)$/, 'other', 'resume'),
  ],
  kinds: async (here) => (here.matching(RANDOM_STATES).length > 0 ? ['accelerate-state'] : []),
  wrote: async ({ folders }) => (folders.some((here) => here.kinds.has('accelerate-state'))
    ? { why: { en: 'random_states_N.pkl, which save_state writes', zh: 'random_states_N.pkl 由 save_state 写出' } } : undefined),
};
