/**
 * @module
 * A LoRA adapter as what every layout has in common: for each module its two factors and the scale of their product.
 */
import type { Adapter, AdapterModule, FullTensor } from '../../adapters/index.ts';
import { refuse, TemperError, type Text } from '../../findings/index.ts';
import { cast, isComputeDType, scale, type ComputeDType, type Expression } from '../../tensors/index.ts';
import type { Dropped } from '../plan.ts';
import { LAYOUT_CANNOT } from './codes.ts';

/** One module. ΔW = scale · b·a, with a (r, in) and b (out, r); for an embedding ΔW is the transpose of that. */
export interface Factors {
  /** Path in transformers. */
  readonly path: string;
  readonly a: Expression;
  readonly b: Expression;
  readonly scale: number;
  readonly embedding: boolean;
  /** Magnitudes of DoRA, (out). */
  readonly magnitude?: Expression;
  /** Names of the tensors, for the plan. */
  readonly from: { readonly a: string; readonly b: string; readonly magnitude?: string };
}

/** A layout, and what of PEFT it can say beyond plain factors. */
export interface LayoutAbility { readonly name: string; readonly dora: boolean }

/** The factors, and what is left out beside them. */
export interface AdapterFactors { readonly all: readonly Factors[]; readonly dropped: readonly Dropped[] }

/**
 * The factors of a PEFT adapter; everything that the layout cannot say is refused by name. The adapter's files are the
 * plan's first inputs. With the `vocabulary` of the base, a copy of an embedding that has not grown counts as the base's own.
 */
export function factorsOf(adapter: Adapter, layout: LayoutAbility, vocabulary?: number): AdapterFactors {
  const errors = adapter.findings.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new TemperError(errors);
  const cannot = (tensor: string, what: Text): never => refuse(LAYOUT_CANNOT, { layout: layout.name, tensor, what }, { path: adapter.config.path, tensor });
  if (adapter.type !== 'LORA') cannot('peft_type', { en: `it is ${adapter.type}, not LORA`, zh: `其类型是 ${adapter.type}，不是 LORA` });
  // PEFT saves the frozen weight below an adapted embedding, for the case that the vocabulary grew.
  const isCopy = ({ form, tensor }: FullTensor) => form === 'base_layer' && tensor.shape[0] === vocabulary;
  const full = adapter.full.find((one) => !isCopy(one)), [token] = adapter.tokens.values();
  if (full !== undefined) cannot(full.tensor.name, { en: 'a whole trained tensor (modules_to_save, biases or a grown vocabulary)', zh: '完整的训练后张量（modules_to_save、偏置或扩充的词表）' });
  if (token !== undefined) cannot(token.name, { en: 'trained rows of the vocabulary', zh: '训练过的词表行' });
  if (adapter.embedding !== undefined) cannot(adapter.embedding.name, { en: 'an embedding with added tokens', zh: '添加了 token 的词嵌入' });
  const replicated = adapter.config.fields.get('layer_replication');
  if (Array.isArray(replicated) && replicated.length > 0) cannot('layer_replication', { en: 'layers of the base that are used several times', zh: '基座中被重复使用的层' });
  const copies = adapter.full.filter(isCopy).map(({ tensor }) => ({ name: tensor.name, why: { en: 'the frozen weight of the base below the factors', zh: '因子之下的基座冻结权重' } }));
  return { all: adapter.modules.map((module) => one(adapter, module, layout, cannot)), dropped: [...adapter.dropped, ...copies] };
}

function one(adapter: Adapter, module: AdapterModule, layout: LayoutAbility, cannot: (tensor: string, what: Text) => never): Factors {
  const part = (name: string) => module.parts.get(name), embedding = module.parts.has('lora_embedding_A');
  const a = part(embedding ? 'lora_embedding_A' : 'lora_A.weight')!, b = part(embedding ? 'lora_embedding_B' : 'lora_B.weight')!, bias = part('lora_B.bias'), magnitude = part('lora_magnitude_vector');
  if (bias !== undefined) cannot(bias.name, { en: 'a bias of the factors (lora_bias)', zh: '因子的偏置（lora_bias）' });
  if (magnitude !== undefined && (!layout.dora || embedding)) cannot(magnitude.name, { en: 'DoRA\'s magnitudes (use_dora)', zh: 'DoRA 的幅值（use_dora）' });
  if (module.parameter !== undefined || module.wrapped) cannot(a.name, { en: 'factors of all experts at once, or of a wrapped layer', zh: '全部专家共用的因子，或被包装的层' });
  if (a.shape.length !== 2) cannot(a.name, { en: 'factors of a convolution', zh: '卷积层的因子' });
  return {
    path: module.path, a: a.expression, b: b.expression, scale: adapter.scales.of(module.path).scale, embedding,
    from: { a: `base:${a.name}`, b: `base:${b.name}`, ...(magnitude === undefined ? {} : { magnitude: `base:${magnitude.name}` }) }, ...(magnitude === undefined ? {} : { magnitude: magnitude.expression }),
  };
}

/** The value that most have, the first of them. */
export function mostCommon(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((most, one) => (one[1] > most[1] ? one : most))[0];
}

/** `of` times `by` in a dtype; the bytes themselves where nothing changes. */
export function scaled(by: number, of: Expression, dtype: ComputeDType | undefined): Expression {
  const to = dtype ?? (isComputeDType(of.dtype) ? of.dtype : 'F32');
  return cast(to, by === 1 ? of : scale(by, of));
}
