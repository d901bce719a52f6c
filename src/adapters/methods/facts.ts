/**
 * @module
 * What people ask about a method before they trust a merge, as data beside its formula: docs/methods.md is made from it.
 */

/** One line of the table: a method, or a variant that the config switches on. */
export interface Facts {
  /** As people call it. */
  readonly name: string;
  /** What switches the variant on, in words of adapter_config.json. */
  readonly when?: string;
  /** W′, with W the weight as (out, in), W₀ the weight before any adapter, s the scale. */
  readonly formula: string;
  /** What the merge needs beside the adapter's own factors; absent where a delta follows from them alone. */
  readonly needs?: string;
  /** How good the result is; absent where every element is the nearest value of its dtype to an independent float64 reference. */
  readonly result?: string;
  /** Releases of PEFT whose own merges it was checked against. */
  readonly verified: readonly string[];
}

/** The release that most methods were checked against. */
export const LATEST: readonly string[] = ['0.21.0'];
