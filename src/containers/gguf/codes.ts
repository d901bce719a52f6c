/** @module Codes of what is wrong with a GGUF file. */
import { defineCode } from '../../findings/index.ts';

/** A header that llama.cpp refuses, or should. */
export const GGUF_HEADER = defineCode({
  code: 'gguf-header',
  severity: 'error',
  message: { en: '{file} is not a sound GGUF file: {problem}', zh: '{file} 不是完好的 GGUF 文件：{problem}' },
  why: { en: 'llama.cpp refuses such a file, or reads other tensors than were written.', zh: 'llama.cpp 会拒绝这样的文件，或读出与写入时不同的张量。' },
  fix: { en: 'Copy or download the file again, or convert it again.', zh: '请重新复制或下载该文件，或重新转换。' },
});

/** Legal, but written by nobody. */
export const GGUF_ODD = defineCode({
  code: 'gguf-odd',
  severity: 'warning',
  message: { en: '{file}: {problem}', zh: '{file}：{problem}' },
  why: { en: 'llama.cpp reads it, but no converter writes it.', zh: 'llama.cpp 能读，但没有转换工具会这样写。' },
  fix: { en: 'Find out who wrote this file before you use it.', zh: '使用之前先弄清该文件由谁写出。' },
});

/** A LoRA adapter that llama.cpp cannot apply. */
export const GGUF_LORA = defineCode({
  code: 'gguf-lora',
  severity: 'error',
  message: { en: '{file} is not a complete LoRA adapter: {problem}', zh: '{file} 不是完整的 LoRA 适配器：{problem}' },
  why: { en: 'llama.cpp refuses the adapter, or applies it with another strength.', zh: 'llama.cpp 会拒绝该适配器，或以不同的强度应用它。' },
  fix: { en: 'Convert the adapter again: temper convert ADAPTER --to gguf-lora -o OUT', zh: '请重新转换适配器：temper convert ADAPTER --to gguf-lora -o OUT' },
});
