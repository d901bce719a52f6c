/**
 * @module
 * G7 and G8: config.json, embedding, head and tokenizer agree about the size of the vocabulary. Error when vocab_size is not
 * the number of rows or the tokenizer is longer than the embedding; rows beyond the tokenizer are padding. Always asked.
 */
import { defineCode } from '../../findings/index.ts';
import { findEmbedding, findHead } from '../../families/index.ts';
import { integer, member } from '../members.ts';
import { join } from '../paths.ts';
import type { Rule } from '../rule.ts';
import { tokenizerOf } from '../tokenizer.ts';

/** vocab_size and rows. */
export const VOCAB_SIZE_DIFFERS = defineCode({
  code: 'vocab-size-differs',
  severity: 'error',
  message: { en: '{file} says vocab_size {config}; {tensor} has {rows} rows', zh: '{file} 的 vocab_size 为 {config}；而 {tensor} 有 {rows} 行' },
  why: { en: 'from_pretrained ends with a size mismatch. It is what a merge leaves that grew the vocabulary and kept the old config.', zh: 'from_pretrained 会因 size mismatch 失败。扩充词表的合并若沿用旧配置，就会留下这种结果。' },
  fix: { en: 'Set vocab_size to {rows}: temper check DIR --fix --yes', zh: '把 vocab_size 改为 {rows}：temper check DIR --fix --yes' },
});

/** The tokenizer is longer. */
export const TOKENIZER_LONGER = defineCode({
  code: 'tokenizer-longer-than-embedding',
  severity: 'error',
  message: { en: 'the tokenizer has {entries} entries, {tensor} has {rows} rows: {over} tokens index past its end', zh: '分词器有 {entries} 个词条，{tensor} 只有 {rows} 行：{over} 个 token 会越界' },
  why: { en: 'The first text with one of these tokens ends in an index error, on a GPU in a device-side assert.', zh: '含有这些 token 的文本会导致越界错误，在 GPU 上表现为 device-side assert。' },
  fix: { en: 'Use the tokenizer that the model was trained with, or save the model after resize_token_embeddings(len(tokenizer)).', zh: '请使用训练该模型时的分词器，或在 resize_token_embeddings(len(tokenizer)) 之后保存模型。' },
});

/** The rule. */
export const vocabulary: Rule = {
  name: 'vocabulary',
  codes: [VOCAB_SIZE_DIFFERS, TOKENIZER_LONGER],
  fixtures: { fires: 'deploy-g8-tokenizer-longer', silent: 'qwen1-deploy-complete' },
  async check(context, report) {
    for (const { directory, purpose, checkpoint } of await context.weights()) {
      const name = findEmbedding(checkpoint.tensors.keys());
      if (purpose !== 'model' || name === undefined) continue;
      const path = join(directory.path, 'config.json'), config = await context.object(path), head = findHead(checkpoint.tensors);
      const size = integer(member(config, 'text_config'), 'vocab_size') ?? integer(config, 'vocab_size'), rows = checkpoint.tensors.get(name)!.shape[0];
      if (rows === undefined || rows === 0) continue;
      const wrong = size === undefined ? undefined : [name, head].find((tensor) => tensor !== undefined && checkpoint.tensors.get(tensor)!.shape[0] !== size);
      if (wrong !== undefined) {
        const found = checkpoint.tensors.get(wrong)!.shape[0]!;
        report.add(VOCAB_SIZE_DIFFERS, { file: path, config: size!, tensor: wrong, rows: found }, { path, found: size!, expected: found });
      }
      const tokenizer = await tokenizerOf(context, directory);
      if (tokenizer === undefined || tokenizer.entries <= rows) continue;
      report.add(TOKENIZER_LONGER, { entries: tokenizer.entries, tensor: name, rows, over: tokenizer.entries - rows }, { path: tokenizer.largest, found: tokenizer.entries, expected: rows });
    }
  },
};
