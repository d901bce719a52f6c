/** @module Codes of combining adapters. */
import { defineCode } from '../../findings/index.ts';

export const CANNOT_COMBINE = defineCode({
  code: 'cannot-combine',
  severity: 'error',
  message: { en: '{adapter} cannot be combined: {reason}', zh: '{adapter} 无法参与组合：{reason}' },
  why: { en: 'The combined adapter would not be what its sources were trained to be.', zh: '组合出的适配器将不再是各来源训练所得的内容。' },
  fix: { en: 'Merge the adapters one after the other instead: temper merge BASE ADAPTER ADAPTER -o OUT', zh: '请改为依次合并这些适配器：temper merge 基座 适配器 适配器 -o 输出' },
});

export const RANKS_DIFFER = defineCode({
  code: 'ranks-differ',
  severity: 'error',
  message: { en: '{module} has rank {first} in one adapter and {second} in another; {method} adds factors of one rank', zh: '{module} 在一个适配器中秩为 {first}，在另一个中为 {second}；{method} 只能相加同秩的因子' },
  why: { en: 'Factors are added element by element.', zh: '因子是逐元素相加的。' },
  fix: { en: 'Use --method cat, which is exact, or --method svd.', zh: '请使用精确的 --method cat，或 --method svd。' },
});

export const SHAPES_DIFFER = defineCode({
  code: 'modules-of-other-models',
  severity: 'error',
  message: { en: '{module} is [{first}] in one adapter and [{second}] in another', zh: '{module} 在一个适配器中为 [{first}]，在另一个中为 [{second}]' },
  why: { en: 'They were trained on different models.', zh: '它们是在不同的模型上训练的。' },
  fix: { en: 'Combine adapters of one base: temper inspect ADAPTER shows its base.', zh: '请组合同一基座的适配器：temper inspect 适配器 可查看其基座。' },
});

export const SEVERAL_OWNERS = defineCode({
  code: 'several-owners',
  severity: 'error',
  message: { en: '{tensor} is a whole tensor in {first} and in {second}, with other values', zh: '{tensor} 在 {first} 和 {second} 中都是完整张量，且数值不同' },
  why: { en: 'Whole tensors replace those of the base; only one of the two can.', zh: '完整张量会替换基座中的张量，两者只能取其一。' },
  fix: { en: 'Decide which one counts, and take the other out of its adapter.', zh: '请决定以哪一个为准，并从另一个适配器中去掉它。' },
});

export const WEIGHTS_MISMATCH = defineCode({
  code: 'weights-mismatch',
  severity: 'error',
  message: { en: '{weights} weights for {adapters} adapters', zh: '{adapters} 个适配器却给出了 {weights} 个权重' },
  why: { en: 'Every adapter has one weight.', zh: '每个适配器对应一个权重。' },
  fix: { en: 'Give as many as there are adapters: --weights 0.5,0.5', zh: '请为每个适配器给出一个权重：--weights 0.5,0.5' },
});

export const DENSITY_NEEDED = defineCode({
  code: 'density-needed',
  severity: 'error',
  message: { en: '--method {method} needs --density above 0 and up to 1; {given} was given', zh: '--method {method} 需要大于 0 且不超过 1 的 --density；给出的是 {given}' },
  why: { en: 'It is the share of elements that are kept.', zh: '它表示保留的元素比例。' },
  fix: { en: 'A usual value is --density 0.5', zh: '常用值为 --density 0.5' },
});

export const BASES_DIFFER = defineCode({
  code: 'bases-differ',
  severity: 'warning',
  message: { en: 'the adapters name different bases: {bases}', zh: '各适配器声明的基座不同：{bases}' },
  why: { en: 'Deltas of different bases do not add up to anything that was trained.', zh: '不同基座的增量相加没有意义。' },
  fix: { en: 'Check that they are the same model under two names: temper base match', zh: '请确认它们是同一模型的不同名称：temper base match' },
});

export const FACTORS_ARE_HEURISTIC = defineCode({
  code: 'factors-are-heuristic',
  severity: 'info',
  message: { en: '--method {method} works on the factors, as in PEFT: the result holds products of one adapter\'s A with another\'s B', zh: '--method {method} 与 PEFT 一样作用于因子：结果中含有一个适配器的 A 与另一个的 B 的乘积' },
  why: { en: 'It is not the weighted sum of the deltas.', zh: '它并不是各增量的加权和。' },
  fix: { en: 'For the exact sum use --method cat; for a small one close to it --method svd.', zh: '需要精确的和请用 --method cat；需要接近它的小适配器请用 --method svd。' },
});
