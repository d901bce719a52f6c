/**
 * @module
 * G6: the tensors are those that config.json implies: every layer, the embedding, the last norm, in their shapes. Error for
 * what is missing or has another shape, warning for layers beyond the last and for names that nothing reads. For families whose names are known; always asked.
 */
import { defineCode } from '../../findings/index.ts';
import { findEmbedding, findQuantization, headOf, isIgnored, layerOf, LAYER_COUNT_FIELDS, layoutOf, sidesOf, type FamilyLayout } from '../../families/index.ts';
import type { Weights } from '../context.ts';
import { integer, text, type Members } from '../members.ts';
import { join } from '../paths.ts';
import type { Report, Rule } from '../rule.ts';
import { wrapperOf } from './lora-keys.ts';

/** A tensor is missing. */
export const MODEL_TENSOR_MISSING = defineCode({
  code: 'model-tensor-missing',
  severity: 'error',
  message: { en: '{tensor} is missing: a {family} model with {layers} layers has it', zh: '缺少 {tensor}：{layers} 层的 {family} 模型应当有它' },
  why: { en: 'Loaders leave a missing weight at random values, often with no more than a log line.', zh: '加载器会让缺失的权重保持随机值，往往只打印一行日志。' },
  fix: { en: 'Save the model again, or take an earlier checkpoint; what is there: temper inspect DIR --tensors', zh: '请重新保存模型，或改用更早的检查点；查看已有内容：temper inspect DIR --tensors' },
});

/** Many more of them. */
export const MODEL_TENSORS_MISSING = defineCode({
  code: 'model-tensors-missing',
  severity: 'error',
  message: { en: '{count} more tensors of a {family} model with {layers} layers are missing; layers {present} are there', zh: '{layers} 层的 {family} 模型还缺少另外 {count} 个张量；现有第 {present} 层' },
  why: { en: 'The file holds a part of the model, or config.json belongs to another one.', zh: '文件只含模型的一部分，或 config.json 属于另一个模型。' },
  fix: { en: 'Save the model again, or use the config.json that was saved with these weights.', zh: '请重新保存模型，或使用与这些权重一同保存的 config.json。' },
});

/** A tensor of another shape. */
export const MODEL_TENSOR_SHAPE = defineCode({
  code: 'model-tensor-shape',
  severity: 'error',
  message: { en: '{tensor} is [{found}], config.json implies [{expected}]', zh: '{tensor} 的形状是 [{found}]，按 config.json 应为 [{expected}]' },
  why: { en: 'Loading ends with a size mismatch, or the weight is left at random values.', zh: '加载会因 size mismatch 失败，或者该权重保持随机值。' },
  fix: { en: 'Use the config.json that was saved with these weights.', zh: '请使用与这些权重一同保存的 config.json。' },
});

/** A layer that the config does not count. */
export const MODEL_TENSOR_UNEXPECTED = defineCode({
  code: 'model-tensor-unexpected',
  severity: 'warning',
  message: { en: '{tensor} is unexpected: config.json counts {layers} layers', zh: '{tensor} 不应存在：config.json 只有 {layers} 层' },
  why: { en: 'Loaders leave it out; it may come from another model, or the number of layers is wrong.', zh: '加载器会略去它；它可能来自另一个模型，或者层数写错了。' },
  fix: { en: 'Compare config.json with the one of the base model.', zh: '请与基座模型的 config.json 对照。' },
});

/** A tensor that the family does not have. */
export const MODEL_TENSOR_UNKNOWN = defineCode({
  code: 'model-tensor-unknown',
  severity: 'warning',
  message: { en: '{tensor} is unexpected: a {family} model of this config.json has no such tensor', zh: '{tensor} 多余：按此 config.json，{family} 模型没有这个张量' },
  why: { en: 'Loaders ignore it with a log line, and whatever was trained there has no effect.', zh: '加载器只打印一行日志便忽略它，其中训练过的内容不会生效。' },
  fix: { en: 'Use the config.json that was saved with these weights, or save the model again without the tensor.', zh: '请使用与这些权重一同保存的 config.json，或重新保存模型，不带该张量。' },
});

/** The rule. */
export const tensors: Rule = {
  name: 'tensors',
  codes: [MODEL_TENSOR_MISSING, MODEL_TENSORS_MISSING, MODEL_TENSOR_SHAPE, MODEL_TENSOR_UNEXPECTED, MODEL_TENSOR_UNKNOWN],
  fixtures: { fires: 'deploy-g6-missing-tensor', silent: 'deploy-healthy' },
  async check(context, report) {
    for (const weights of await context.weights()) {
      const config = await context.object(join(weights.directory.path, 'config.json')), family = text(config, 'model_type'), layout = layoutOf(config);
      const count = LAYER_COUNT_FIELDS.map((field) => integer(config, field)).find((value) => value !== undefined);
      if (weights.purpose !== 'model' || layout === undefined || count === undefined || weights.checkpoint.tensors.size === 0) continue;
      if (findQuantization(weights.checkpoint.tensors.keys(), config) !== undefined) continue;
      judge(weights, family!, layout, count, config!, report);
    }
  },
};

function judge({ directory, checkpoint, whole }: Weights, family: string, layout: FamilyLayout, count: number, config: Members, report: Report): void {
  const { tensors: there } = checkpoint, sides = sidesOf((...names) => names.map((name) => integer(config, name)).find((value) => value !== undefined));
  // Files that did not open, or that lack what the index promises, are told already.
  const home = join(directory.path, checkpoint.index ?? checkpoint.files[0]!.path), told = new Set(checkpoint.findings.map(({ tensor }) => tensor));
  const isOpen = whole || !checkpoint.findings.some(({ severity, tensor }) => severity === 'error' && tensor === undefined);
  const prefix = prefixOf(there, layout);
  const expected = new Map(Object.entries(layout.outside).map(([name, shape]) => [prefix + name, shape]));
  const present = layersOf(there, `${prefix}${layout.layers}`), beyond = [...present].reduce((most, index) => Math.max(most, index + 1), 0);
  for (const [name, shape] of Object.entries(headOf(config))) expected.set(name, shape);
  // A config may claim any number of layers: those behind the first that is missing are counted, not listed.
  for (let i = 0; i < Math.min(count, beyond + 1); i++) for (const [name, shape] of Object.entries(layout.layer)) expected.set(`${prefix}${layout.layers}.${i}.${name}`, shape);
  let missing = Math.max(0, count - Math.min(count, beyond + 1)) * Object.keys(layout.layer).length, named = 0;
  for (const [name, shape] of expected) {
    const tensor = there.get(name);
    if (tensor === undefined) {
      if (!isOpen || told.has(name)) continue;
      if (named++ < NAMED_MAX) report.add(MODEL_TENSOR_MISSING, { tensor: name, family, layers: count }, { path: home, tensor: name });
      else missing++;
      continue;
    }
    const wanted = shape.split(' ').map((word) => (word === '*' ? undefined : sides[word]));
    const fits = tensor.shape.length === wanted.length && wanted.every((side, axis) => side === undefined || side === tensor.shape[axis]);
    // Nothing in it: the rule about hollow tensors.
    if (fits || tensor.bytes === 0) continue;
    const spelt = wanted.map((side) => side ?? '*').join(', ');
    report.add(MODEL_TENSOR_SHAPE, { tensor: name, found: tensor.shape.join(', '), expected: spelt }, { path: join(directory.path, checkpoint.files[tensor.file]!.path), tensor: name, found: `[${tensor.shape}]`, expected: `[${spelt}]` });
  }
  if (isOpen && missing > 0) report.add(MODEL_TENSORS_MISSING, { count: missing, family, layers: count, present: ranges(present) }, { path: home });
  for (const { name, file } of there.values()) {
    const layer = layerOf(name), place = { path: join(directory.path, checkpoint.files[file]!.path), tensor: name };
    if (wrapperOf(name) !== undefined || expected.has(name)) continue;
    if (layer !== undefined && layer.index >= count && layer.list === `${prefix}${layout.layers}`) report.add(MODEL_TENSOR_UNEXPECTED, { tensor: name, layers: count }, place);
    else if (isIgnored(config, name)) report.add(MODEL_TENSOR_UNKNOWN, { tensor: name, family }, place);
  }
}

/** Missing tensors that are named one by one. */
const NAMED_MAX = 200;

/** Indices of the layers of which something is there. */
function layersOf(there: ReadonlyMap<string, unknown>, list: string): Set<number> {
  const found = new Set<number>();
  for (const name of there.keys()) {
    const layer = layerOf(name);
    if (layer?.list === list) found.add(layer.index);
  }
  return found;
}

/** `0-3, 7` */
function ranges(values: ReadonlySet<number>): string {
  const sorted = [...values].sort((a, b) => a - b), parts: string[] = [];
  for (let i = 0; i < sorted.length;) {
    let j = i;
    while (sorted[j + 1] === sorted[j]! + 1) j++;
    parts.push(i === j ? `${sorted[i]}` : `${sorted[i]}-${sorted[j]}`);
    i = j + 1;
  }
  return parts.join(', ') || '–';
}

/** What stands before the names of the body in this file: with a head `model.`, a bare body nothing. */
function prefixOf(there: ReadonlyMap<string, unknown>, { body, layers, outside }: FamilyLayout): string {
  const [first] = Object.keys(outside), embedding = findEmbedding(there.keys());
  if (embedding !== undefined && embedding.endsWith(first!)) return embedding.slice(0, -first!.length);
  for (const name of there.keys()) {
    const at = `.${name}`.indexOf(`.${layers}.0.`);
    if (at >= 0) return name.slice(0, at);
  }
  return body;
}
