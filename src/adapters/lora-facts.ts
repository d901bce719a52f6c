/**
 * @module
 * What LoRA tensors say of themselves without a configuration: ranks, target modules, modules saved whole. Alpha, dropout
 * and the base are written nowhere in them.
 */
import type { JsonValue } from '../containers/json.ts';
import type { Shape } from '../tensors/index.ts';
import { parseAdapterKey } from './keys.ts';
import { lora } from './methods/lora.ts';

/** What follows from names and shapes. */
export interface LoraFacts {
  /** The rank of most modules. */
  readonly r: number;
  /** Modules of another rank, by their path. */
  readonly rankPattern: ReadonlyMap<string, number>;
  /** Last components of the adapted modules, sorted. */
  readonly targetModules: readonly string[];
  /** Last components of modules that are there whole, sorted. */
  readonly modulesToSave: readonly string[];
  readonly bias: 'none' | 'lora_only' | 'all';
  readonly dora: boolean;
  readonly loraBias: boolean;
  /** Adapted modules. */
  readonly modules: number;
}

const NAMES = { parts: new Set([...lora.parts, ...lora.leftOut?.keys() ?? []]), shared: new Set<string>() };

const leaf = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

/** The facts, or undefined when there is no LoRA tensor at all. */
export function loraFacts(tensors: Iterable<{ readonly name: string; readonly shape: Shape }>): LoraFacts | undefined {
  const ranks = new Map<string, number>(), whole = new Set<string>(), biases = new Set<string>();
  let dora = false, loraBias = false;
  for (const { name, shape } of tensors) {
    const { key } = parseAdapterKey(name, NAMES);
    if (key.kind === 'part') {
      if (/^lora_(?:embedding_)?A\b/.test(key.part)) ranks.set(key.module, shape[0] ?? 0);
      dora ||= key.part === 'lora_magnitude_vector';
      loraBias ||= key.part === 'lora_B.bias';
    } else if (key.kind === 'full' && key.form !== 'base_layer') {
      const module = key.target.replace(/\.[^.]*$/, '');
      if (key.form === 'plain' && key.target.endsWith('.bias')) biases.add(module); else whole.add(module);
    }
  }
  if (ranks.size === 0) return undefined;
  const counts = new Map<number, number>();
  for (const rank of ranks.values()) counts.set(rank, (counts.get(rank) ?? 0) + 1);
  const r = [...counts].reduce((most, one) => (one[1] > most[1] ? one : most))[0];
  const alone = [...biases].filter((module) => !whole.has(module));
  return {
    r, rankPattern: new Map([...ranks].filter(([, rank]) => rank !== r)), targetModules: sorted(ranks.keys()), modulesToSave: sorted(whole),
    bias: alone.length === 0 ? 'none' : alone.every((module) => ranks.has(module)) ? 'lora_only' : 'all', dora, loraBias, modules: ranks.size,
  };
}

const sorted = (paths: Iterable<string>): string[] => [...new Set([...paths].map(leaf))].sort();

/** What somebody else knows: the user, or a configuration of the training program. */
export interface LoraKnown {
  readonly alpha: number;
  readonly dropout?: number;
  readonly base?: string | null;
  readonly taskType?: string | null;
  readonly rslora?: boolean;
  readonly alphaPattern?: ReadonlyMap<string, number>;
}

/** The fields of an adapter_config.json, in the order in which PEFT writes them. */
export function loraFields(facts: LoraFacts, known: LoraKnown): Map<string, JsonValue> {
  return new Map<string, JsonValue>([
    ['alpha_pattern', new Map(known.alphaPattern)], ['base_model_name_or_path', known.base ?? null], ['bias', facts.bias], ['fan_in_fan_out', false], ['inference_mode', true],
    ['init_lora_weights', true], ['lora_alpha', known.alpha], ['lora_bias', facts.loraBias], ['lora_dropout', known.dropout ?? 0],
    ['modules_to_save', facts.modulesToSave.length === 0 ? null : [...facts.modulesToSave]], ['peft_type', 'LORA'], ['r', facts.r],
    ['rank_pattern', new Map(facts.rankPattern)], ['target_modules', [...facts.targetModules]], ['task_type', known.taskType ?? null],
    ['use_dora', facts.dora], ['use_rslora', known.rslora ?? false],
  ]);
}

/** The text of a configuration, as PEFT indents it. */
export function configText(fields: ReadonlyMap<string, JsonValue>): string {
  return JSON.stringify(plain(new Map(fields)), null, 2);
}

function plain(value: JsonValue): unknown {
  return value instanceof Map ? Object.fromEntries([...value].map(([key, inner]) => [key, plain(inner)])) : Array.isArray(value) ? value.map(plain) : value;
}
