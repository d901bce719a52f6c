/** @module Codes of extracting an adapter. */
import { defineCode } from '../../findings/index.ts';

export const NOTHING_TO_EXTRACT = defineCode({
  code: 'nothing-to-extract',
  severity: 'error',
  message: { en: 'all {count} tensors of {tuned} have the values of {base}', zh: '{tuned} 的全部 {count} 个张量与 {base} 的数值相同' },
  why: { en: 'An adapter of nothing would look like a trained one.', zh: '内容为空的适配器会被误认为是训练结果。' },
  fix: { en: 'Check which directory is which: temper inspect {tuned}', zh: '请确认两个目录各是什么：temper inspect {tuned}' },
});

export const CANNOT_BE_AN_ADAPTER = defineCode({
  code: 'cannot-be-an-adapter',
  severity: 'error',
  message: { en: '{tensor} cannot be part of an adapter: {reason}', zh: '{tensor} 无法放入适配器：{reason}' },
  why: { en: 'base + adapter would not be the tuned model.', zh: '“基座 + 适配器”将不等于微调后的模型。' },
  fix: { en: 'Keep the full model, or leave the tensor out knowingly with --target-modules.', zh: '请保留完整模型，或用 --target-modules 明确将其排除。' },
});

export const CHANGES_LEFT_OUT = defineCode({
  code: 'changes-left-out',
  severity: 'warning',
  message: { en: '{count} tensors that differ are not in the adapter, the first of them {tensor}', zh: '有 {count} 个不同的张量不在适配器中，其中第一个是 {tensor}' },
  why: { en: 'They stay as in the base when the adapter is merged.', zh: '合并适配器之后，它们仍是基座的值。' },
  fix: { en: 'Nothing to do if that is meant; else leave out --target-modules or --no-full-tensors.', zh: '若有意如此则无需处理；否则请去掉 --target-modules 或 --no-full-tensors。' },
});

export const ADAPTER_KEEPS_LITTLE = defineCode({
  code: 'adapter-keeps-little',
  severity: 'warning',
  message: { en: '{share} of the change of the matrices is in the adapter; the least in {module} ({least})', zh: '各矩阵的改变中有 {share} 进入了适配器；最少的是 {module}（{least}）' },
  why: { en: 'The fine-tune moved the weights in more directions than this rank holds.', zh: '微调使权重改变的方向多于该秩所能容纳的。' },
  fix: { en: 'Use a larger --rank, or ask for a share: --energy 0.99', zh: '请使用更大的 --rank，或指定保留比例：--energy 0.99' },
});

export const RANK_TOO_LARGE = defineCode({
  code: 'rank-too-large',
  severity: 'error',
  message: { en: 'a decomposition of {module} with rank {rank} needs {needed} bytes, --memory leaves {available}', zh: '以秩 {rank} 分解 {module} 需要 {needed} 字节，--memory 只剩 {available}' },
  why: { en: 'The columns of both factors are held while they are worked out.', zh: '计算期间需要保留两个因子的全部列。' },
  fix: { en: 'Give more memory (--memory 4GiB) or a smaller --rank.', zh: '请增加内存（--memory 4GiB）或减小 --rank。' },
});

export const EXPERTS_STORED_DIFFERENTLY = defineCode({
  code: 'experts-stored-differently',
  severity: 'error',
  message: { en: '{tensor}: the base and the tuned model store the experts of a layer differently', zh: '{tensor}：基座与微调后的模型以不同方式存放同一层的专家' },
  why: { en: 'The keys of an adapter name the tensors of one of the two.', zh: '适配器的键名只能对应其中一种。' },
  fix: { en: 'Save both with the same release of transformers.', zh: '请用同一版本的 transformers 保存两个模型。' },
});

export const SHARE_OUT_OF_RANGE = defineCode({
  code: 'share-out-of-range',
  severity: 'error',
  message: { en: '--energy {given} is not a share above 0 and up to 1', zh: '--energy {given} 不是大于 0 且不超过 1 的比例' },
  why: { en: 'It is the part of the change that the factors have to keep.', zh: '它表示因子必须保留的改变的比例。' },
  fix: { en: 'Give a share, for example --energy 0.99', zh: '请给出一个比例，例如 --energy 0.99' },
});

export const TARGET_UNKNOWN = defineCode({
  code: 'target-unknown',
  severity: 'error',
  message: { en: 'no module of the model is called {target}', zh: '模型中没有名为 {target} 的模块' },
  why: { en: 'A name that means nothing would be left out without a word.', zh: '否则无意义的名称会被悄悄忽略。' },
  fix: { en: 'Names are whole paths or their ends, as in target_modules: q_proj, layers.0.mlp.up_proj. See them: temper inspect --tensors BASE', zh: '名称为完整路径或其结尾，与 target_modules 相同：q_proj、layers.0.mlp.up_proj。查看：temper inspect --tensors 基座' },
});

export const ANOTHER_MODEL = defineCode({
  code: 'another-model',
  severity: 'error',
  message: { en: '{tuned} has none of the {count} tensors of {base}', zh: '{tuned} 中没有 {base} 的 {count} 个张量中的任何一个' },
  why: { en: 'A difference needs the same model before and after; an adapter alone is no model.', zh: '求差需要同一模型的前后两份；单独的适配器不是模型。' },
  fix: { en: 'See what the two are: temper inspect {tuned}', zh: '查看两者各是什么：temper inspect {tuned}' },
});
