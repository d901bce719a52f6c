/**
 * @module
 * Wrappers in names of weights that are no training state: an attribute of a trainer (`model.`), the first module of a
 * sentence-transformers model (`0.auto_model.`), the encoder of a pretraining model (`lm.bert.`). They are taken off when
 * what is left are the names of the architecture in config.json.
 */
import type { Text } from '../../findings/index.ts';
import type { EngineNames } from '../names.ts';

/** What is tried, the longest first, so that `model.` does not hide `model.bert.`. */
const PREFIXES: readonly string[] = ['module.model.', '0.auto_model.', 'lm.bert.', 'lm.roberta.', 'encoder.model.', 'module.', '_orig_mod.', 'model.', 'llm.', 'encoder.', 'lm.'];

/** First components of names, by what a class holds: a bare model, and one with a head. */
const BARE = /^(?:embeddings|encoder|pooler|layers|embed_tokens|norm|h|wte|wpe|ln_f|transformer)\./;
const HEADED = /^(?:model|bert|roberta|transformer|lm_head|score|classifier|cls|qa_outputs|language_model|vision_tower|multi_modal_projector|dropout)\./;

/** Heads and decoders that train beside a model and are no part of it. */
export const BESIDE_MODEL: RegExp = /^(?:module\.)?(?:decoder_|c_head|colbert_linear|sparse_linear|lm\.cls)/;

const NO_PART: Text = { en: 'trained beside the model, no part of it', zh: '与模型一同训练，但不属于模型' };

/** Names without their wrapper; unchanged when none is found. */
export function wrapperNames(names: readonly string[], config: ReadonlyMap<string, unknown> | undefined): EngineNames {
  const own = names.filter((name) => !BESIDE_MODEL.test(name)), beside = names.filter((name) => BESIDE_MODEL.test(name));
  const architectures = config?.get('architectures'), [first] = Array.isArray(architectures) ? architectures.map(String) : [];
  const expected = first === undefined ? undefined : /Model$/.test(first) ? BARE : HEADED;
  const fits = (prefix: string, roots: RegExp) => own.length > 0 && own.every((name) => name.startsWith(prefix) && roots.test(name.slice(prefix.length)));
  // Wrapped first: `model.model.layers` begins like a right name too. `model.layers` does not pass, for `layers` is no root there.
  const inner = expected ?? (fits('', BARE) || fits('', HEADED) ? undefined : HEADED);
  const prefix = PREFIXES.find((one) => (expected === undefined && inner !== undefined ? fits(one, BARE) || fits(one, HEADED) : inner !== undefined && fits(one, inner))) ?? '';
  return {
    renamed: new Map(prefix === '' ? [] : own.map((name) => [name, name.slice(prefix.length)])),
    dropped: prefix === '' ? [] : beside.map((name) => ({ name, why: NO_PART })),
  };
}
