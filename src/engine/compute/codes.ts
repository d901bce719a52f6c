/** @module Codes of what a computation can refuse. */
import { defineCode } from '../../findings/index.ts';

/** Operands that every tile needs do not fit into the budget. */
export const MEMORY_TOO_SMALL = defineCode({
  code: 'memory-too-small',
  severity: 'error',
  message: {
    en: 'computing this tensor needs {needed} bytes of memory per worker, the budget leaves {available}',
    zh: '计算该张量时每个工作线程需要 {needed} 字节内存，而预算只剩 {available} 字节',
  },
  why: {
    en: 'Factors that every tile reads are kept in memory; a smaller budget would mean reading them again for every tile.',
    zh: '每个分块都要用到的因子必须常驻内存；预算过小就得为每个分块反复读取它们。',
  },
  fix: {
    en: 'Run it again with a larger --memory: at least {needed} bytes for every worker.',
    zh: '请用更大的 --memory 重新运行：每个工作线程至少 {needed} 字节。',
  },
});
