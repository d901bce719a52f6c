/**
 * @module
 * The verdicts of `verify` in plain words. The question is always the same: did the merge work?
 */
import type { Text } from '../findings/index.ts';
import type { MergeVerdict, TensorVerdict } from './documents.ts';

/**
 * One sentence per verdict. `{touched}`: tensors that the adapter changes; `{right}`: those of them that are right;
 * `{k}`: the factor when one was found; `{changed}`: tensors without adapter that differ from the base; `{missing}`: absent ones.
 */
export const MERGE_VERDICTS: Readonly<Record<MergeVerdict, Text & { readonly good: boolean }>> = {
  merged: {
    good: true,
    en: 'Yes, the adapter is in the merged model: all {touched} tensors that it changes are exactly base + adapter, rounded once.',
    zh: '是的，适配器已在合并后的模型中：它改动的 {touched} 个张量全部恰好等于“基座 + 适配器”舍入一次的结果。',
  },
  'merged-with-rounding': {
    good: true,
    en: 'Yes, the adapter is in the merged model: all {touched} tensors that it changes are base + adapter, up to honest rounding.',
    zh: '是的，适配器已在合并后的模型中：它改动的 {touched} 个张量全部等于“基座 + 适配器”，只差正常的舍入误差。',
  },
  'no-effect': {
    good: false,
    en: 'No: there is nothing to merge. The adapter is zero, or so small that rounding removes all of it; base and merged model are the same.',
    zh: '不是：没有可合并的内容。适配器为零，或小到被舍入完全抹去；基座与合并结果相同。',
  },
  'not-merged': {
    good: false,
    en: 'No, the merged model is the base model: none of the {touched} tensors that the adapter changes has been changed.',
    zh: '没有，合并后的模型就是基座：适配器应改动的 {touched} 个张量一个也没有改变。',
  },
  'merged-twice': {
    good: false,
    en: 'No, the adapter was merged twice: tensors hold base + 2 × adapter.',
    zh: '不对，适配器被合并了两次：张量等于“基座 + 2 × 适配器”。',
  },
  'wrong-scale': {
    good: false,
    en: 'No, the adapter was merged with the wrong strength: {k} × what its configuration says.',
    zh: '不对，适配器以错误的强度合并：是其配置所要求强度的 {k} 倍。',
  },
  'partly-merged': {
    good: false,
    en: 'No, the adapter is only partly in the merged model: {right} of the {touched} tensors that it changes are right.',
    zh: '不完全：适配器只有一部分进入了合并后的模型：它改动的 {touched} 个张量中只有 {right} 个正确。',
  },
  altered: {
    good: false,
    en: 'The adapter is in, but {changed} tensors that it does not touch differ from the base.',
    zh: '适配器已合并，但有 {changed} 个它不涉及的张量与基座不同。',
  },
  'wrong-base': {
    good: false,
    en: 'No: this is not a merge onto this base. {changed} tensors that the adapter does not touch differ from it.',
    zh: '不是：这不是在该基座上合并的结果。有 {changed} 个适配器不涉及的张量与基座不同。',
  },
  incomplete: {
    good: false,
    en: 'No, the merged model is incomplete: {missing} tensors of the base are missing.',
    zh: '不对，合并后的模型不完整：缺少基座中的 {missing} 个张量。',
  },
  unrelated: {
    good: false,
    en: 'No: the merged model is neither this base nor this base with this adapter.',
    zh: '不是：合并后的模型既不是该基座，也不是该基座加上该适配器。',
  },
};

/** What each verdict of a tensor means, the right ones first; `good` ones need no attention. */
export const TENSOR_VERDICTS: Readonly<Record<TensorVerdict, Text & { readonly good: boolean }>> = {
  exact: { good: true, en: 'base + adapter, rounded once, byte for byte', zh: '“基座 + 适配器”舍入一次，逐字节相等' },
  rounding: { good: true, en: 'base + adapter, rounded in another honest way', zh: '“基座 + 适配器”，采用另一种合理的舍入' },
  untouched: { good: true, en: 'no adapter, equal to the base', zh: '适配器不涉及，与基座相等' },
  replaced: { good: true, en: 'a full tensor of the adapter, equal to it', zh: '适配器给出的完整张量，与其相等' },
  'no-effect': { good: true, en: 'the adapter is zero here, or vanishes in rounding', zh: '适配器在此为零，或被舍入抹去' },
  missing: { good: false, en: 'not in the merged model', zh: '合并后的模型中没有' },
  base: { good: false, en: 'should have changed, equal to the base', zh: '本应改变，却与基座相等' },
  twice: { good: false, en: 'base + 2 × adapter', zh: '“基座 + 2 × 适配器”' },
  scaled: { good: false, en: 'base + k × adapter with another k', zh: '“基座 + k × 适配器”，k 不对' },
  transposed: { good: false, en: 'the adapter was added transposed', zh: '适配器被转置后相加' },
  partial: { good: false, en: 'only some rows, columns or experts have the adapter', zh: '只有部分行、列或专家含有适配器' },
  changed: { good: false, en: 'no adapter, yet different from the base', zh: '适配器不涉及，却与基座不同' },
  other: { good: false, en: 'none of these', zh: '以上都不是' },
  extra: { good: true, en: 'only in the merged model', zh: '只存在于合并后的模型中' },
};
