/**
 * @module
 * Every peft_type that PEFT 0.3–0.21 writes, and what a merge can make of it (peft.md §1.14, §2.6, §2.8).
 */

import type { Text } from '../findings/index.ts';

/** That a type can be merged, or why not. */
export type TypeRule = { readonly how: 'built' } | { readonly how: 'not-mergeable'; readonly reason: Text };

const built: TypeRule = { how: 'built' };
const prompt: TypeRule = { how: 'not-mergeable', reason: { en: 'it adds virtual tokens to the input at run time', zh: '它在运行时向输入添加虚拟 token' } };

/** By peft_type. What is not here is unknown. */
export const ADAPTER_TYPES: ReadonlyMap<string, TypeRule> = new Map(Object.entries({
  LORA: built, TRAINABLE_TOKENS: built, LN_TUNING: built, LOHA: built, LOKR: built, ADALORA: built, IA3: built, HIRA: built, BEFT: built,
  MISS: built, BONE: built, VERA: built, PVERA: built, GRALORA: built, RANDLORA: built, C3A: built, DEFT: built, GLORA: built,
  BOFT: built, OFT: built, FROD: built, FOURIERFT: built, HRA: built, VBLORA: built, UNILORA: built, ROAD: built, SHIRA: built,
  WAVEFT: built, OSF: built, DELORA: built, TINYLORA: built, PEANUT: built, SUPERTUNING: built,
  PROMPT_TUNING: prompt, MULTITASK_PROMPT_TUNING: prompt, P_TUNING: prompt, CPT: prompt, CARTRIDGE: prompt,
  PREFIX_TUNING: { how: 'not-mergeable', reason: { en: 'it puts a learned prefix before the keys and values of every layer at run time', zh: '它在运行时为每层的键和值加上学到的前缀' } },
  ADAPTION_PROMPT: { how: 'not-mergeable', reason: { en: 'it adds gated prompts inside the attention at run time', zh: '它在运行时于注意力内部加入门控提示' } },
  XLORA: { how: 'not-mergeable', reason: { en: 'a classifier mixes several adapters anew for every token (X-LoRA)', zh: '分类器会为每个 token 重新混合多个适配器（X-LoRA）' } },
  POLY: { how: 'not-mergeable', reason: { en: 'a router mixes skills for every task', zh: '路由器会为每个任务混合不同技能' } },
  LILY: { how: 'not-mergeable', reason: { en: 'a router chooses among shared factors for every token', zh: '路由器会为每个 token 选择共享因子' } },
  SHADOW: { how: 'not-mergeable', reason: { en: 'it runs extra layers beside the model', zh: '它在模型之外运行额外的层' } },
  ADAMSS: { how: 'not-mergeable', reason: { en: 'the subspaces (AdaMSS) come from a clustering of the base that the file does not contain', zh: '子空间（AdaMSS）来自对基座的聚类，而文件中没有保存该聚类' } },
  PSOFT: { how: 'not-mergeable', reason: { en: 'the result depends on the sign choice of a singular value decomposition, so it is no function of the files', zh: '结果取决于奇异值分解的符号选择，因此不是这些文件的函数' } },
} satisfies Record<string, TypeRule>));
