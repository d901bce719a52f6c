/**
 * @module
 * What a file is for, by name. A first answer: recognition by content comes on top. First rule that matches wins.
 */

/** What needs a file. */
export type NeededFor = 'inference' | 'resume' | 'merge' | 'nothing';

/** A rule: names it covers, the role, and what needs files of this role. */
interface RoleRule { readonly test: RegExp; readonly role: string; readonly neededFor: NeededFor }

const rule = (test: RegExp, role: string, neededFor: NeededFor): RoleRule => ({ test, role, neededFor });

const RULES: readonly RoleRule[] = [
  rule(/^config\.json$/, 'model-config', 'inference'),
  rule(/^generation_config\.json$/, 'generation-config', 'inference'),
  rule(/^adapter_config\.json$/, 'adapter-config', 'merge'),
  rule(/^adapter_model(?:-\d{5}-of-\d{5})?\.(?:safetensors|bin)$/, 'adapter-weights', 'merge'),
  rule(/\.(?:safetensors|bin|pth?)\.index(?:\.\w+)?\.json$/, 'weights-index', 'inference'),
  rule(/^(?:tokenizer\.json|tokenizer\.model(?:\.v\d+)?|vocab\.(?:json|txt)|merges\.txt|spiece\.model|sentencepiece\.bpe\.model|.*\.tiktoken|tekken\.json|bpe\.codes|vocab\.bpe|ice_text\.model)$/, 'tokenizer', 'inference'),
  rule(/^(?:tokenizer_config\.json|special_tokens_map\.json|added_tokens\.json)$/, 'tokenizer-config', 'inference'),
  rule(/^(?:chat_template\.(?:jinja|json)|.*\.jinja)$/, 'chat-template', 'inference'),
  rule(/^(?:preprocessor_config\.json|processor_config\.json|image_processor_config\.json|video_preprocessor_config\.json|feature_extractor_config\.json)$/, 'processor-config', 'inference'),
  rule(/^(?:modules\.json|sentence_bert_config\.json|config_sentence_transformers\.json)$/, 'sentence-transformers-config', 'inference'),
  rule(/^(?:params\.json)$/, 'llama-params', 'inference'),
  rule(/^zero_to_fp32\.py$/, 'recovery-script', 'nothing'),
  rule(/\.py$/, 'remote-code', 'inference'),
  rule(/\.(?:cu|cpp|cuh|h|c)$/, 'remote-code-native', 'inference'),
  rule(/^(?:LICENSE|LICENCE|NOTICE|USE_POLICY)(?:\..*)?$/i, 'license', 'nothing'),
  rule(/^trainer_state\.json$/, 'trainer-state', 'resume'),
  rule(/^training_args\.bin$/, 'training-args', 'nothing'),
  rule(/^optimizer\.(?:pt|bin)$/, 'optimizer', 'resume'),
  rule(/^scheduler\.(?:pt|bin)$/, 'scheduler', 'resume'),
  rule(/^(?:rng_state(?:_\d+)?\.pth|random_states_\d+\.pkl)$/, 'rng-state', 'resume'),
  rule(/^(?:all_results|train_results|eval_results)\.json$/, 'results', 'nothing'),
  rule(/^README(?:\..*)?\.md$|^README\.md$/i, 'model-card', 'nothing'),
  rule(/^temper\.json$/, 'manifest', 'nothing'),
  rule(/^.*\.(?:log|tfevents\..*)$/, 'log', 'nothing'),
  rule(/^(?:model|pytorch_model|diffusion_pytorch_model|consolidated)(?:[.-].*)?\.(?:safetensors|bin|pth?)$/, 'weights', 'inference'),
  rule(/\.(?:safetensors|gguf)$/, 'weights', 'inference'),
];

const OTHER: RoleRule = rule(/^/, 'other', 'nothing');

/** Role of a file by its base name. */
export function roleOf(path: string): { readonly role: string; readonly neededFor: NeededFor } {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const { role, neededFor } = RULES.find(({ test }) => test.test(name)) ?? OTHER;
  return { role, neededFor };
}

/** Roles that belong to a deployable directory and are carried over as they are. */
export const CARRIED_ROLES: ReadonlySet<string> = new Set([
  'generation-config', 'tokenizer', 'tokenizer-config', 'chat-template', 'processor-config', 'remote-code', 'remote-code-native',
  'sentence-transformers-config', 'license',
]);

/** Folders of sentence-transformers modules (`1_Pooling`, `2_Dense`), carried over whole. */
export const CARRIED_FOLDERS: RegExp = /^\d+_[A-Z]\w*$/;
