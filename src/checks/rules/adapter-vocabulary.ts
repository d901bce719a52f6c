/**
 * @module
 * An adapter and the tokenizer beside it: rows of the embeddings that it brings, and whether tokens were added whose rows it
 * does not bring. Error when rows are lost, warning when the tokenizer is. Always asked of adapters.
 */
import { defineCode } from '../../findings/index.ts';
import { EMBEDDING_ENDINGS, findEmbedding, HEAD_NAMES } from '../../families/index.ts';
import { baseOf, targetOf } from '../bases.ts';
import type { CheckContext, Weights } from '../context.ts';
import { join } from '../paths.ts';
import type { Report, Rule } from '../rule.ts';
import { tokenizerOf } from '../tokenizer.ts';
import { hasVocabulary, TOKENIZER_MISSING } from './tokenizer-files.ts';

/** Fewer rows than tokens. */
export const ADAPTER_ROWS_MISSING = defineCode({
  code: 'adapter-vocabulary-rows',
  severity: 'error',
  message: { en: 'the adapter brings {rows} vocabulary rows in {tensor}, the tokenizer beside it has {entries} entries', zh: '适配器的 {tensor} 有 {rows} 行词表，而旁边的分词器有 {entries} 个词条' },
  why: { en: 'Tokens without a row end in an index error; the rows that were trained are lost.', zh: '没有对应行的 token 会导致越界错误；训练得到的行已经丢失。' },
  fix: { en: 'Use the tokenizer of this run, or another checkpoint of it.', zh: '请使用这次训练的分词器，或改用其他检查点。' },
});

/** Tokens were added, their rows are not here. */
export const ADDED_ROWS_LOST = defineCode({
  code: 'added-tokens-not-saved',
  severity: 'error',
  message: { en: 'the tokenizer has {entries} entries, the base {rows} rows, and the adapter brings no embedding', zh: '分词器有 {entries} 个词条，基座只有 {rows} 行，而适配器不含嵌入' },
  why: { en: 'Tokens were added for training; PEFT leaves the grown embedding out when it cannot see the base, with no more than a warning.', zh: '训练时添加了 token；PEFT 看不到基座时会略去扩充后的嵌入，只给出一条警告。' },
  fix: { en: 'Save again with save_embedding_layers=True, or train with modules_to_save=["embed_tokens", "lm_head"].', zh: '请以 save_embedding_layers=True 重新保存，或训练时设置 modules_to_save=["embed_tokens", "lm_head"]。' },
});

/** Endings of whole embeddings and heads. */
const VOCABULARY_ENDINGS: readonly string[] = [...EMBEDDING_ENDINGS, ...HEAD_NAMES];

/** The rule. */
export const adapterVocabulary: Rule = {
  name: 'adapter-vocabulary',
  codes: [ADAPTER_ROWS_MISSING, ADDED_ROWS_LOST, TOKENIZER_MISSING],
  fixtures: { fires: 'cla-zero-row-vocabulary', silent: 't5-llama-lora-mts-vocab' },
  async check(context, report) {
    for (const weights of await context.weights()) if (weights.purpose === 'adapter' && weights.checkpoint.tensors.size > 0) await judge(context, weights, report);
  },
};

async function judge(context: CheckContext, weights: Weights, report: Report): Promise<void> {
  const { directory, checkpoint } = weights, tokenizer = await tokenizerOf(context, directory);
  const rows = [...checkpoint.tensors.values()].filter(({ name }) => { const target = targetOf(name); return target !== undefined && VOCABULARY_ENDINGS.some((ending) => target === ending || target.endsWith(`.${ending}`)); });
  const [first] = rows, path = (file: number) => join(directory.path, checkpoint.files[file]!.path);
  if (first !== undefined && tokenizer !== undefined) {
    const short = rows.find(({ shape }) => shape[0]! < tokenizer.entries);
    if (short !== undefined) report.add(ADAPTER_ROWS_MISSING, { rows: short.shape[0]!, tensor: short.name, entries: tokenizer.entries }, { path: path(short.file), tensor: short.name, found: short.shape[0]!, expected: tokenizer.entries });
    return;
  }
  const base = await baseOf(context, weights), embedding = base === undefined ? undefined : findEmbedding(base.tensors.keys()), known = embedding === undefined ? undefined : base!.tensors.get(embedding)!.shape[0]!;
  if (known === undefined) return;
  if (first !== undefined) {
    if (first.shape[0]! > known && !hasVocabulary(directory)) {
      report.add(TOKENIZER_MISSING, { folder: directory.path || '.', problem: { en: `the adapter grew the vocabulary to ${first.shape[0]} rows, and there is no tokenizer beside it`, zh: `适配器把词表扩充到 ${first.shape[0]} 行，旁边却没有分词器` } }, { path: directory.path, severity: 'warning' });
    }
    return;
  }
  if (tokenizer === undefined || tokenizer.entries <= known) return;
  const brings = [...checkpoint.tensors.keys()].some((name) => /lora_embedding_|trainable_tokens_delta/.test(name)) || context.tree.files.has(join(directory.path, 'embedding/emb.pth'));
  if (!brings) report.add(ADDED_ROWS_LOST, { entries: tokenizer.entries, rows: known }, { path: path(0), found: tokenizer.entries, expected: known });
}
