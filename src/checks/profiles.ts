/** @module The purposes that a check can be asked for. */

/** Purposes that can be asked for. A finding of one is silent without it. */
export const PROFILES = ['deploy', 'adapter', 'resume', 'sentence-transformers', 'bge-m3', 'manifest'] as const;

/** One of them. */
export type Profile = typeof PROFILES[number];
