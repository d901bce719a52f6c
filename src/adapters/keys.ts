/**
 * @module
 * The grammar of adapter keys (peft.md §1.3): `base_model.model.` + module path + parameter, with the adapter's name in
 * between when the key comes from a model in memory.
 */

/** Prefix that PEFT puts before every key on disk. */
export const PEFT_PREFIX = 'base_model.model.';

/** First letters of parameters that some method owns; a full tensor of the model never has a component like these. */
export const TUNER_COMPONENT: RegExp = /^(?:lora_|hada_|lokr_|ia3_|oft_|boft_|hra_|vera_|pvera_|vblora_|fourierft_|waveft_|randlora_|shira_|c3a_|delora_|road_|gralora_|osf_|hira_|deft_|glora_|psoft_|supertuning_|tinylora_|unilora_|frod_|miss_|bone_|ln_tuning_|beft_|lily_|poly_|peanut_|adaption_|prompt_|internal_xlora)/;

/** Wrappers that training puts around a model or around parts of it, each with a name of its own in every key below. */
const WRAPPERS: ReadonlySet<string> = new Set(['_orig_mod', '_forward_module', '_fsdp_wrapped_module', '_checkpoint_wrapped_module']);
/** Data parallel and DeepSpeed put one or more of these in front of everything. */
const OUTER_WRAPPER = /^(?:module\.)+(?=base_model\.|_orig_mod\.|_forward_module\.)/;

/** Components under which a whole trained module stands instead of the base's: `modules_to_save`, and LN tuning's norms. */
const WHOLE_MODULES = ['modules_to_save', 'ln_tuning_layers'];

/** What a key is. `name` is the adapter's name, where the key has it: it comes from a model in memory. */
export type AdapterKey =
  /** A parameter of the method; `wrapped` when the path went through an inner `base_layer`, `depth` counts those at its end. */
  | { readonly kind: 'part'; readonly module: string; readonly part: string; readonly name?: string; readonly wrapped: boolean; readonly depth: number }
  /** A tensor that all modules share. */
  | { readonly kind: 'shared'; readonly shared: string; readonly name?: string }
  /** Replacement rows of an embedding. */
  | { readonly kind: 'tokens'; readonly module: string; readonly name?: string }
  /** A whole tensor that replaces the base's. `form` says where in the key it stood. */
  | { readonly kind: 'full'; readonly target: string; readonly form: 'plain' | 'base_layer' | 'modules_to_save'; readonly name?: string }
  /** The untrained twin of a saved module: never used. */
  | { readonly kind: 'original'; readonly target: string }
  | { readonly kind: 'unknown' };

/** A key taken apart. */
export interface ParsedKey {
  readonly key: AdapterKey;
  /** How often the PEFT prefix stood before it: 1 is normal. */
  readonly prefixes: number;
  /** Wrappers of training that were taken off, as they stood in the key. */
  readonly wrappers: readonly string[];
}

/** Parameter names of a method, as they stand on disk (`lora_A.weight`), and the tensors that its modules share. */
export interface KeyNames {
  readonly parts: { has(name: string): boolean };
  readonly shared: { has(name: string): boolean };
  /** First components of shared tensors that have a member after it: `tinylora_v` of `base_model.tinylora_v.3`. */
  readonly families?: { has(name: string): boolean };
}

/** Takes a key apart. */
export function parseAdapterKey(name: string, names: KeyNames): ParsedKey {
  const outer = OUTER_WRAPPER.exec(name)?.[0] ?? '', components = name.slice(outer.length).split('.');
  const wrappers = [...outer.split('.'), ...components.filter((component) => WRAPPERS.has(component))].filter((component) => component !== '');
  let rest = components.filter((component) => !WRAPPERS.has(component)).join('.'), prefixes = 0;
  while (rest.startsWith(PEFT_PREFIX)) { rest = rest.slice(PEFT_PREFIX.length); prefixes++; }
  return { key: parse(rest.split('.'), names), prefixes, wrappers };
}

function parse(components: readonly string[], { parts, shared, families }: KeyNames): AdapterKey {
  // base_model.frod_V.mlp_down_proj; from memory the adapter's name stands first or last, and is told from a member by its being there.
  if (components[0] === 'base_model' && families?.has(components[1] ?? '') && components.length === 3) return { kind: 'shared', shared: `${components[1]!}.${components[2]!}` };
  // base_model.vera_A, or base_model.vera_A.default from memory.
  if (components[0] === 'base_model' && shared.has(components[1] ?? '') && components.length <= 3) {
    return { kind: 'shared', shared: components[1]!, ...(components[2] === undefined ? {} : { name: components[2] }) };
  }
  const at = components.findIndex((component) => TUNER_COMPONENT.test(component) && !WHOLE_MODULES.includes(component));
  if (at > 0) {
    const path = components.slice(0, at), parameter = components.slice(at);
    const outer = path.findLastIndex((component) => component !== 'base_layer') + 1;
    const place = { module: withoutInner(path), wrapped: path.slice(0, outer).includes('base_layer'), depth: path.length - outer };
    if (parts.has(parameter.join('.'))) return { kind: 'part', part: parameter.join('.'), ...place };
    // In memory the adapter's name stands second: lora_A.default.weight, lora_embedding_A.default.
    const onDisk = [parameter[0]!, ...parameter.slice(2)].join('.');
    if (parameter.length > 1 && parts.has(onDisk)) return { kind: 'part', part: onDisk, name: parameter[1]!, ...place };
    // Magnitude vectors have no ".weight" on disk, but some dumps keep it.
    const bare = parameter.filter((component) => component !== 'weight');
    if (parts.has(bare.join('.'))) return { kind: 'part', part: bare.join('.'), ...place };
    if (bare.length > 1 && parts.has(bare[0]!)) return { kind: 'part', part: bare[0]!, name: bare[1]!, ...place };
    return { kind: 'unknown' };
  }
  const tokens = components.indexOf('trainable_tokens_delta');
  if (tokens > 0) {
    const named = components[tokens + 1];
    return { kind: 'tokens', module: components.slice(0, tokens).filter((c) => c !== 'token_adapter').join('.'), ...(named === undefined ? {} : { name: named }) };
  }
  if (at === 0 || components.some((component) => component === '')) return { kind: 'unknown' };

  const target = (drop: (component: string, i: number) => boolean) => components.filter((c, i) => !drop(c, i)).join('.');
  const original = components.indexOf('original_module');
  if (original > 0) return { kind: 'original', target: target((_, i) => i === original) };
  const saved = components.findIndex((component) => WHOLE_MODULES.includes(component));
  if (saved > 0) {
    // X.modules_to_save.weight, or X.modules_to_save.default.weight from memory.
    const named = components.length - saved > 2;
    return { kind: 'full', form: 'modules_to_save', target: target((_, i) => i === saved || (named && i === saved + 1)), ...(named ? { name: components[saved + 1]! } : {}) };
  }
  const form = components.includes('base_layer') ? 'base_layer' : 'plain';
  return { kind: 'full', form, target: target((c) => c === 'base_layer' || c === 'token_adapter') };
}

const withoutInner = (path: readonly string[]): string => path.filter((component) => component !== 'base_layer').join('.');
