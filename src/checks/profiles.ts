/** @module The purposes that a check can be asked for. */

/** Training programs whose output can be asked to be complete. */
export const PROGRAMS = ['trainer', 'llama-factory', 'qwen', 'xtuner', 'flag-embedding', 'chinese-llama-alpaca'] as const;

/** Purposes that can be asked for. A finding of one is silent without it. */
export const PROFILES = ['deploy', 'adapter', 'resume', 'sentence-transformers', 'bge-m3', 'manifest', ...PROGRAMS] as const;

/** One of them. */
export type Profile = typeof PROFILES[number];
