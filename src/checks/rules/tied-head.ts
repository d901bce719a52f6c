/**
 * @module
 * G10: tie_word_embeddings and the head on disk agree. True: the head is absent or equal to the embedding; false: it is
 * there. Error; always asked.
 */
import { defineCode } from '../../findings/index.ts';
import { findEmbedding, findHead, isUntiedByDefault, tiedHeadName, tieFlag } from '../../families/index.ts';
import { sameShape } from '../../tensors/index.ts';
import { join } from '../paths.ts';
import type { Rule } from '../rule.ts';
import { firstDifference } from '../../proofs/reader.ts';

/** Tied by the config, different on disk. */
export const TIED_HEAD_DIFFERS = defineCode({
  code: 'tied-head-differs',
  severity: 'error',
  message: { en: 'tie_word_embeddings is true, but {head} differs from {embedding}', zh: 'tie_word_embeddings 为 true，但 {head} 与 {embedding} 不同' },
  why: { en: 'transformers 4 drops the head in favour of the embedding, transformers 5 keeps both: the same directory is two models.', zh: 'transformers 4 会丢弃输出头而用嵌入代替，transformers 5 两者都保留：同一个目录成了两个模型。' },
  fix: { en: 'If the head was trained by itself, set tie_word_embeddings to false in config.json; otherwise remove it.', zh: '如果输出头是单独训练的，请在 config.json 中把 tie_word_embeddings 设为 false；否则删除它。' },
});

/** Untied by the config, absent on disk. */
export const HEAD_MISSING = defineCode({
  code: 'head-missing',
  severity: 'error',
  message: { en: 'tie_word_embeddings is false and {head} is missing', zh: 'tie_word_embeddings 为 false，却缺少 {head}' },
  why: { en: 'The head is left at random values and every answer is noise.', zh: '输出头会保持随机值，所有回答都是噪声。' },
  fix: { en: 'If the model ties its head, set tie_word_embeddings to true in config.json; otherwise save it again.', zh: '如果模型的输出头与嵌入绑定，请在 config.json 中把 tie_word_embeddings 设为 true；否则请重新保存。' },
});

/** The rule. */
export const tiedHead: Rule = {
  name: 'tied-head',
  codes: [TIED_HEAD_DIFFERS, HEAD_MISSING],
  fixtures: { fires: 'deploy-g10-tied-head-conflict', silent: 'deploy-healthy' },
  async check(context, report) {
    for (const { directory, purpose, checkpoint, whole } of await context.weights()) {
      const config = await context.object(join(directory.path, 'config.json')), tied = tieFlag(config) ?? (isUntiedByDefault(config) ? false : undefined), wanted = tiedHeadName(config);
      const head = findHead(checkpoint.tensors), embedding = findEmbedding(checkpoint.tensors.keys());
      if (purpose !== 'model' || tied === undefined || embedding === undefined) continue;
      if (!tied) {
        const prefix = wanted === undefined ? undefined : [...checkpoint.tensors.keys()].some((name) => name.endsWith(wanted));
        if (whole && head === undefined && wanted !== undefined && !prefix) report.add(HEAD_MISSING, { head: wanted }, { path: join(directory.path, checkpoint.index ?? checkpoint.files[0]!.path), tensor: wanted });
        continue;
      }
      if (head === undefined) continue;
      const a = checkpoint.tensors.get(head)!, b = checkpoint.tensors.get(embedding)!;
      if (a.dtype === b.dtype && sameShape(a.shape, b.shape) && await firstDifference(checkpoint, a, checkpoint, b) === undefined) continue;
      report.add(TIED_HEAD_DIFFERS, { head, embedding }, { path: join(directory.path, checkpoint.files[a.file]!.path), tensor: head });
    }
  },
};
