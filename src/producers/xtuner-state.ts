/**
 * @module
 * What XTuner 0.1 and 0.2 keep in a checkpoint: the parts of a model under prefixes of their own, and the configuration of
 * the run as Python text (`meta.cfg`), in which alone the LoRA settings and the names of the bases stand.
 */
import type { PyConfigValue } from './python/config.ts';

/** A part of the model. */
export type XtunerPart = 'llm' | 'visual_encoder' | 'projector' | 'head';

/** Prefixes of the model classes' `state_dict` and the names below them. `keep` stays in the name. */
const PREFIXES: readonly { readonly test: RegExp; readonly part: XtunerPart; readonly keep?: string }[] = [
  { test: /^llm\./, part: 'llm' },
  { test: /^visual_encoder\./, part: 'visual_encoder' },
  { test: /^projector\./, part: 'projector' },
  { test: /^(?=v_head\.)/, part: 'head' },
  // InternVL holds the whole model under `model`.
  { test: /^model\.language_model\./, part: 'llm', keep: 'language_model.' },
  { test: /^model\.vision_model\./, part: 'visual_encoder', keep: 'vision_model.' },
  { test: /^model\.(?=mlp1\.)/, part: 'projector' },
];

/** Where a tensor belongs, and its name there. */
export interface XtunerName {
  readonly part: XtunerPart;
  /** Below the part: `base_model.model.…` for a part with LoRA. */
  readonly name: string;
  /** What stands before the name when the part is saved as one with the others (InternVL). */
  readonly keep: string;
}

/** Takes a key apart; undefined when it is none of XTuner's. */
export function xtunerName(key: string): XtunerName | undefined {
  const row = PREFIXES.find(({ test }) => test.test(key));
  return row === undefined ? undefined : { part: row.part, name: key.replace(row.test, ''), keep: row.keep ?? '' };
}

/** LoRA settings of a part, as far as the configuration names them; peft.LoraConfig's own defaults otherwise. */
export interface LoraSettings {
  readonly r: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly taskType: string | null;
  readonly rslora: boolean;
  readonly dora: boolean;
}

/** What a configuration says of one part. */
export interface PartSettings { readonly base?: string; readonly lora?: LoraSettings }

/** What a configuration says of the model. */
export interface XtunerSettings { readonly llm: PartSettings; readonly visual_encoder: PartSettings }

/** Defaults of peft.LoraConfig. */
const LORA_R = 8, LORA_ALPHA = 8;

/** Settings of a parsed configuration. */
export function xtunerSettings(config: ReadonlyMap<string, PyConfigValue>): XtunerSettings {
  const model = mapOf(config.get('model')), whole = text(model?.get('model_path'));
  const part = (name: string, loras: readonly string[]): PartSettings => {
    const base = text(mapOf(model?.get(name))?.get('pretrained_model_name_or_path')) ?? whole;
    const lora = loras.map((key) => mapOf(model?.get(key))).find((value) => value !== undefined);
    return { ...(base === undefined ? {} : { base }), ...(lora === undefined ? {} : { lora: loraOf(lora) }) };
  };
  const llm = part('llm', ['lora', 'llm_lora']), base = llm.base ?? text(config.get('pretrained_model_name_or_path')) ?? text(config.get('llm_name_or_path'));
  return { llm: { ...llm, ...(base === undefined ? {} : { base }) }, visual_encoder: part('visual_encoder', ['visual_encoder_lora']) };
}

function loraOf(lora: ReadonlyMap<string, PyConfigValue>): LoraSettings {
  const number = (field: string, fallback: number) => { const value = lora.get(field); return typeof value === 'number' ? value : fallback; };
  return {
    r: number('r', LORA_R), alpha: number('lora_alpha', LORA_ALPHA), dropout: number('lora_dropout', 0), taskType: text(lora.get('task_type')) ?? null,
    rslora: lora.get('use_rslora') === true, dora: lora.get('use_dora') === true,
  };
}

const mapOf = (value: PyConfigValue | undefined): ReadonlyMap<string, PyConfigValue> | undefined => (value instanceof Map ? value as ReadonlyMap<string, PyConfigValue> : undefined);
const text = (value: PyConfigValue | undefined): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
