/** @module Codes of adapters in the layouts of other programs. */
import { defineCode } from '../../findings/index.ts';

export const LAYOUT_CANNOT = defineCode({
  code: 'adapter-layout-cannot',
  severity: 'error',
  message: { en: '{layout} has no place for {tensor}: {what}', zh: '{layout} 无法表示 {tensor}：{what}' },
  why: { en: 'Left out, the adapter would load without an error and be another one.', zh: '若将其丢弃，适配器仍能加载，却已不是原来的适配器。' },
  fix: { en: 'Merge the adapter into its base and convert the merged model: temper merge BASE ADAPTER -o merged', zh: '请先把适配器合并进基座，再转换合并后的模型：temper merge 基座 适配器 -o merged' },
});

export const BASE_NEEDED = defineCode({
  code: 'base-config-needed',
  severity: 'error',
  message: { en: 'the config.json of the base is needed: {reason}; {tried}', zh: '需要基座的 config.json：{reason}；{tried}' },
  why: { en: 'GGUF names and orders tensors by the architecture of the base and its number of heads, which no adapter states.', zh: 'GGUF 按基座的架构和注意力头数来命名与排列张量，而适配器中没有这些信息。' },
  fix: { en: 'Name the base: --base PATH', zh: '请指明基座：--base 路径' },
});

export const ARCHITECTURE_UNKNOWN = defineCode({
  code: 'gguf-architecture-unknown',
  severity: 'error',
  message: { en: 'llama.cpp\'s names for {architecture} are not known', zh: '不清楚 llama.cpp 对 {architecture} 的命名' },
  why: { en: 'With guessed names the adapter would not load, or load onto other weights.', zh: '猜测名称会导致适配器无法加载，或加载到其他权重上。' },
  fix: { en: 'Merge the adapter into its base and convert the merged model with llama.cpp\'s convert_hf_to_gguf.py.', zh: '请把适配器合并进基座，再用 llama.cpp 的 convert_hf_to_gguf.py 转换合并后的模型。' },
});

export const SCALES_FOLDED = defineCode({
  code: 'scales-folded',
  severity: 'info',
  message: { en: '{layout} has one scale for all modules, {scale}; {count} of {total} have another, and the difference was multiplied into their B', zh: '{layout} 对所有模块只有一个缩放 {scale}；{total} 个中有 {count} 个不同，差值已乘入其 B' },
  why: { en: 'The products B·A times that scale are what they were.', zh: 'B·A 乘以该系数后的结果与原来一致。' },
  fix: { en: 'Nothing to do.', zh: '无需处理。' },
});

export const NOT_THIS_ADAPTER = defineCode({
  code: 'adapter-layout-unknown',
  severity: 'error',
  message: { en: '{file}: {problem}', zh: '{file}：{problem}' },
  why: { en: 'A part that is not understood may change the model.', zh: '不理解的部分可能改变模型。' },
  fix: { en: 'Export the adapter again from the program that made it.', zh: '请用生成该适配器的程序重新导出。' },
});
