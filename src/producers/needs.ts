/**
 * @module
 * What needs a file in its place. A rule says what files of its role are for; the place decides the rest: superseded weights
 * are for nothing, a checkpoint's are for resuming too, those of a base are for merging.
 */
import type { NeededFor, RoleRule } from './roles.ts';

/** Where a file lies. */
export interface Place {
  /** In a checkpoint of a trainer. */
  readonly checkpoint: boolean;
  /** In a folder that only serves as the base of a merge. */
  readonly base: boolean;
  /** Weights, an index or an adapter that no loader takes: others come first, or they are hollow, or a wrapper's. */
  readonly superseded: boolean;
  /** What a trainer that goes on from here reads again, if its role is one of those. */
  readonly resumed: boolean;
  /** The folder is a state: its weights are read when a run goes on, and by nobody else. */
  readonly stateOnly: boolean;
  /** The adapter of this folder brings its own vocabulary rows, which only this tokenizer can name. */
  readonly ownVocabulary: boolean;
}

/** Roles of which a base needs to have its files for a merge. */
const BASE_ROLES: ReadonlySet<string> = new Set([
  'model-config', 'generation-config', 'weights', 'weights-index', 'tokenizer', 'tokenizer-config', 'chat-template', 'processor-config', 'remote-code',
  'remote-code-native', 'sentence-transformers-config', 'pooling-config', 'module-config', 'module-weights', 'retrieval-head', 'llama-params',
]);
/** Roles that a trainer reads again when it goes on. */
const RESUMED_ROLES: ReadonlySet<string> = new Set(['weights', 'weights-index', 'adapter-weights', 'adapter-config']);
/** Trainer's own, which only a checkpoint's copy is read of. */
const STATE_ROLES: ReadonlySet<string> = new Set(['trainer-state', 'training-args']);
const VOCABULARY_ROLES: ReadonlySet<string> = new Set(['tokenizer', 'tokenizer-config', 'chat-template']);

/** What needs a file of a rule's role, in its place. */
export function neededFor(rule: RoleRule, place: Place): readonly NeededFor[] {
  const { role } = rule;
  if (place.superseded) return ['nothing'];
  if (place.base) return BASE_ROLES.has(role) ? ['merge'] : ['nothing'];
  if (STATE_ROLES.has(role) && rule.neededFor.includes('nothing')) return place.checkpoint ? ['resume'] : ['nothing'];
  const more: NeededFor[] = [];
  if (place.stateOnly && RESUMED_ROLES.has(role)) return ['resume'];
  if (place.resumed && RESUMED_ROLES.has(role)) more.push('resume');
  if (place.ownVocabulary && VOCABULARY_ROLES.has(role)) more.push('merge');
  // In one order everywhere: inference, resume, merge.
  return ORDER.filter((need) => rule.neededFor.includes(need) || more.includes(need));
}

const ORDER: readonly NeededFor[] = ['inference', 'resume', 'merge', 'nothing'];
