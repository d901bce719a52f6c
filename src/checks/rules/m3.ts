/**
 * @module
 * BGE-M3: the two heads of unified fine-tuning, in the shapes of the encoder. Wrong shapes are always an error; that the
 * heads are missing is one under the profile bge-m3.
 */
import { defineCode } from '../../findings/index.ts';
import { integer } from '../members.ts';
import { join } from '../paths.ts';
import type { Rule } from '../rule.ts';

/** A head is missing. */
export const M3_HEAD_MISSING = defineCode({
  code: 'm3-head-missing',
  severity: 'error',
  message: { en: '{folder} has no {head}', zh: '{folder} 没有 {head}' },
  why: { en: 'Training without --unified_finetuning writes no heads; BGEM3FlagModel then scores with new random ones, or fails.', zh: '未加 --unified_finetuning 的训练不会写出这些头；BGEM3FlagModel 会使用随机初始化的头打分，或直接失败。' },
  fix: { en: 'Copy colbert_linear.pt and sparse_linear.pt from the base model, or train with --unified_finetuning True.', zh: '请从基座模型复制 colbert_linear.pt 和 sparse_linear.pt，或以 --unified_finetuning True 训练。' },
});

/** A head of another shape. */
export const M3_HEAD_SHAPE = defineCode({
  code: 'm3-head-shape',
  severity: 'error',
  message: { en: '{file}: {tensor} is [{found}], the encoder needs [{expected}]', zh: '{file}：{tensor} 的形状是 [{found}]，编码器需要 [{expected}]' },
  why: { en: 'The head belongs to another encoder.', zh: '这个头属于另一个编码器。' },
  fix: { en: 'Take the head that was trained with this encoder.', zh: '请使用与该编码器一同训练的头。' },
});

/** Files of the heads and the rows that each has; the columns are those of the encoder. */
const HEADS: readonly (readonly [string, number | undefined])[] = [['colbert_linear.pt', undefined], ['sparse_linear.pt', 1]];

/** Bare encoders; M3 itself is XLM-RoBERTa. */
const ENCODER = /^(?:XLMRoberta|Roberta|Bert)Model$/;

/** The rule. */
export const m3: Rule = {
  name: 'm3',
  codes: [M3_HEAD_MISSING, M3_HEAD_SHAPE],
  fixtures: { fires: 'bge-encoder', profile: 'bge-m3', silent: 'bge-m3' },
  async check(context, report) {
    for (const directory of context.directories('full-model')) {
      const config = await context.object(join(directory.path, 'config.json')), hidden = integer(config, 'hidden_size'), architectures = config?.get('architectures');
      if (directory.servesAsBase) continue;
      const isEncoder = Array.isArray(architectures) && architectures.some((name) => typeof name === 'string' && ENCODER.test(name)), hasHead = HEADS.some(([head]) => context.has(directory, head));
      for (const [head, rows] of HEADS) {
        const path = join(directory.path, head);
        if (!context.tree.files.has(path)) {
          if (context.asks('bge-m3') && (isEncoder || hasHead)) report.add(M3_HEAD_MISSING, { folder: directory.path || '.', head }, { path: directory.path, profile: 'bge-m3' });
          continue;
        }
        const weight = (await context.fileOf(path))?.tensors.get('weight');
        if (weight === undefined || hidden === undefined) continue;
        if (weight.shape[1] !== hidden || rows !== undefined && weight.shape[0] !== rows) report.add(M3_HEAD_SHAPE, { file: path, tensor: 'weight', found: weight.shape.join(', '), expected: `${rows ?? '*'}, ${hidden}` }, { path, tensor: 'weight' });
      }
    }
  },
};
