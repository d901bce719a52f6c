/** @module What the numbers themselves can forbid. */
import { defineCode } from '../findings/index.ts';

export const DECOMPOSITION_UNDECIDED = defineCode({
  code: 'decomposition-undecided',
  severity: 'error',
  message: { en: 'a decomposition that this merge needs is not decided by the numbers: {what}', zh: '本次合并所需的矩阵分解无法由数值本身确定：{what}' },
  why: { en: 'Training computed it in float32 and kept only what followed from it; where float32 cannot tell, another machine may have taken the other side.', zh: '训练时以 float32 计算该分解，且只保存了其结果；在 float32 无法分辨之处，另一台机器可能得到相反的结果。' },
  fix: { en: 'Merge with PEFT on the machine that trained the adapter, or convert it to LoRA there.', zh: '请在训练该适配器的机器上用 PEFT 合并，或在那里将其转换为 LoRA。' },
});
