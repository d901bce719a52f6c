/**
 * @module
 * What files are for, by name, as a table; docs/roles.md is generated from it. The first rule that covers a file wins; rules
 * of single producers (`systems/`) come before these, and where a name is not enough a rule looks at the folder or into the file.
 */
import type { FileView, FolderView } from './view.ts';

/** What needs a file. */
export type NeededFor = 'inference' | 'resume' | 'merge' | 'nothing';

/** A rule: names it covers, the role, and what needs files of this role in the usual place (needs.ts knows the others). */
export interface RoleRule {
  readonly test: RegExp;
  readonly role: string;
  readonly neededFor: readonly NeededFor[];
  /** Whether it holds for this file in this folder; without it, always. */
  readonly where?: (here: FolderView, file: FileView) => boolean | Promise<boolean>;
}

/** Makes a rule. */
export function rule(test: RegExp, role: string, neededFor: NeededFor | readonly NeededFor[], where?: RoleRule['where']): RoleRule {
  return { test, role, neededFor: typeof neededFor === 'string' ? [neededFor] : neededFor, ...(where === undefined ? {} : { where }) };
}

/** Folders in which programs that watch a run keep what they saw. */
function inLogFolder(here: FolderView): boolean {
  return /^(?:wandb|runs|tensorboard|mlruns|swanlog)$/.test(here.name) || (here.parent !== undefined && inLogFolder(here.parent));
}

/** Rules that hold whoever wrote the folder. */
export const ROLES: readonly RoleRule[] = [
  rule(/^config\.json$/, 'model-config', 'inference'),
  rule(/^generation_config\.json$/, 'generation-config', 'inference'),
  rule(/^adapter_config\.json$/, 'adapter-config', ['inference', 'merge']),
  rule(/^adapter_model(?:-\d{5}-of-\d{5})?\.(?:safetensors|bin)$/, 'adapter-weights', ['inference', 'merge']),
  rule(/\.(?:safetensors|bin|pth?)\.index(?:\.\w+)?\.json$/, 'weights-index', 'inference'),
  rule(/^(?:tokenizer\.json|tokenizer\.model(?:\.v\d+)?|vocab\.(?:json|txt)|merges\.txt|spiece\.model|sentencepiece\.bpe\.model|.*\.tiktoken|tekken\.json|bpe\.codes|vocab\.bpe|ice_text\.model)$/, 'tokenizer', 'inference'),
  rule(/^(?:tokenizer_config\.json|special_tokens_map\.json|added_tokens\.json)$/, 'tokenizer-config', 'inference'),
  rule(/^(?:chat_template\.(?:jinja|json)|.*\.jinja)$/, 'chat-template', 'inference'),
  rule(/^(?:preprocessor_config\.json|processor_config\.json|image_processor_config\.json|video_preprocessor_config\.json|feature_extractor_config\.json)$/, 'processor-config', 'inference'),
  rule(/^(?:modules\.json|sentence_bert_config\.json|config_sentence_transformers\.json)$/, 'sentence-transformers-config', 'inference'),
  rule(/^params\.json$/, 'llama-params', 'inference'),
  rule(/^zero_to_fp32\.py$/, 'recovery-script', 'nothing'),
  rule(/\.py$/, 'remote-code', 'inference'),
  // KV-cache kernels of Qwen v1: nothing misses them unless that option is on, and no save ever copies them.
  rule(/\.(?:cu|cpp|cuh|h|c)$/, 'remote-code-native', 'nothing'),
  rule(/^trainer_state\.json$/, 'trainer-state', 'nothing'),
  rule(/^training_args\.bin$/, 'training-args', 'nothing'),
  rule(/^(?:optimizer|scaler)\.(?:pt|bin)$/, 'optimizer', 'resume'),
  rule(/^scheduler\.(?:pt|bin)$/, 'scheduler', 'resume'),
  rule(/^(?:rng_state(?:_\d+)?\.pth|random_states_\d+\.pkl)$/, 'rng-state', 'resume'),
  rule(/^(?:\w+_)?(?:all|train|eval|test|predict)_results\.json$/, 'results', 'nothing'),
  rule(/^README(?:\..*)?\.md$|^README\.md$/i, 'model-card', 'nothing'),
  rule(/^(?:temper\.json|(?:.*[._-])?(?:SHA256|SHA512|SHA1|MD5)(?:SUMS?)?(?:\.(?:txt|md))?)$/i, 'manifest', 'nothing'),
  rule(/\.log$|\.tfevents\.|^events\.out\.|^training_\w+\.png$|_log\.jsonl$|^debug-?\w*\.log$/, 'log', 'nothing'),
  rule(/^(?:model|pytorch_model|diffusion_pytorch_model|consolidated)(?:[.-].*)?\.(?:safetensors|bin|pth?)$/, 'weights', 'inference'),
  rule(/^(?:tf_model\.h5|flax_model\.msgpack|model\.onnx)$/, 'weights', 'inference'),
  rule(/\.(?:safetensors|gguf)$/, 'weights', 'inference'),
  rule(/^/, 'log', 'nothing', inLogFolder),
];

const OTHER: RoleRule = rule(/^/, 'other', 'nothing');

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The rule that a base name alone decides, of the general ones. */
export function roleOf(path: string): RoleRule {
  const name = baseName(path);
  return ROLES.find(({ test, where }) => where === undefined && test.test(name)) ?? OTHER;
}

/** The rule for a file in its folder: the first of `rules` that covers it. */
export async function ruleFor(here: FolderView, file: FileView, rules: readonly RoleRule[]): Promise<RoleRule> {
  for (const one of rules) if (one.test.test(file.name) && (one.where === undefined || await one.where(here, file))) return one;
  return OTHER;
}

/** Roles that belong to a deployable directory and are carried over as they are. */
const CARRIED_ROLES: ReadonlySet<string> = new Set([
  'generation-config', 'tokenizer', 'tokenizer-config', 'chat-template', 'processor-config', 'remote-code', 'remote-code-native',
  'sentence-transformers-config',
]);

/** What a model must be passed on with, and no program reads. */
const LICENSE = /^(?:LICENSE|LICENCE|NOTICE|USE_POLICY)(?:\..*)?$/i;

/** Heads of BGE-M3, which its loader reads beside the encoder; without them it goes on with heads of noise. */
const RETRIEVAL_HEADS = /^(?:colbert|sparse)_linear\.pt$/;

/** Whether a file of a base goes into what is made of it. */
export const isCarried = (path: string): boolean => CARRIED_ROLES.has(roleOf(path).role) || [LICENSE, RETRIEVAL_HEADS].some((names) => names.test(baseName(path)));

/** Folders of sentence-transformers modules (`1_Pooling`, `2_Dense`), carried over whole. */
export const CARRIED_FOLDERS: RegExp = /^\d+_[A-Z]\w*$/;
