/** @module Codes of what single methods have to say. */
import { defineCode } from '../../findings/index.ts';

export const OLD_OFT_FORMAT = defineCode({
  code: 'old-oft-format',
  severity: 'warning',
  message: {
    en: 'this OFT adapter is in the format of PEFT {written}; it is merged by the formula of that version: {formula}',
    zh: '该 OFT 适配器采用的格式来自 PEFT {written}；按该版本的公式合并：{formula}',
  },
  why: {
    en: 'PEFT changed what OFT tensors mean in 0.14, 0.16 and 0.18. Today it refuses oft_r, and only warns before it turns the others into another rotation (no peft_version, or one below 0.18).',
    zh: 'PEFT 在 0.14、0.16 和 0.18 中改变了 OFT 张量的含义。现在的版本会拒绝 oft_r；对其余文件（没有 peft_version，或低于 0.18）只给出警告，随后得到另一种旋转。',
  },
  fix: {
    en: 'Nothing to do. To compare with PEFT, use the version that trained it.',
    zh: '无需处理。如需与 PEFT 对比，请使用训练时的版本。',
  },
});

export const OFT_VERSION_UNCLEAR = defineCode({
  code: 'oft-version-unclear',
  severity: 'error',
  message: {
    en: 'peft_version {version} is a development version from around the change of the OFT formula in 0.18',
    zh: 'peft_version {version} 是 0.18 修改 OFT 公式前后的开发版本',
  },
  why: { en: 'The same tensors mean one rotation before that change and another one after it.', zh: '同样的张量在修改前后表示不同的旋转。' },
  fix: {
    en: 'Set peft_version in adapter_config.json to 0.17.1 (before the change) or 0.18.0 (after it), whichever trained the adapter.',
    zh: '请根据训练时的版本，将 adapter_config.json 中的 peft_version 设为 0.17.1（修改前）或 0.18.0（修改后）。',
  },
});

export const POSITIONS_NOT_SAVED = defineCode({
  code: 'positions-not-saved',
  severity: 'error',
  message: {
    en: 'which weights the values of this adapter belong to is not in the file (save_precomputed_indices was false)',
    zh: '文件中没有记录该适配器的数值属于哪些权重（save_precomputed_indices 为 false）',
  },
  why: {
    en: 'PEFT finds them again by sorting the weights of the base by magnitude, but the order of equal magnitudes is not defined and differs from machine to machine.',
    zh: 'PEFT 会把基座权重按绝对值排序来重新找到它们，但绝对值相等时的顺序没有定义，各机器可能不同。',
  },
  fix: {
    en: 'Merge with PEFT on the machine that trained the adapter; next time train with save_precomputed_indices=True.',
    zh: '请在训练该适配器的机器上用 PEFT 合并；下次训练时请设置 save_precomputed_indices=True。',
  },
});

export const POSITION_OUTSIDE = defineCode({
  code: 'position-outside',
  severity: 'error',
  message: {
    en: '{tensor} holds the position {value} at element {element}; {target} has {limit}',
    zh: '{tensor} 的第 {element} 个元素给出位置 {value}；而 {target} 只有 {limit} 个',
  },
  why: { en: 'A position outside the tensor means another base, or a damaged file.', zh: '位置超出张量范围，说明基座不对，或文件已损坏。' },
  fix: {
    en: 'Find the base that fits: temper base match ADAPTER BASE…',
    zh: '请查找匹配的基座：temper base match 适配器 基座…',
  },
});
