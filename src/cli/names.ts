/**
 * @module
 * Names of the ways to combine adapters, as options know them: with underscores as in PEFT, or with hyphens. A list of its own, so
 * that the command table loads nothing that computes; a test holds it against the methods.
 */

/** PEFT's names. */
export const COMBINE_NAMES: readonly string[] = ['cat', 'linear', 'svd', 'ties', 'ties_svd', 'dare_linear', 'dare_ties', 'dare_linear_svd', 'dare_ties_svd', 'magnitude_prune', 'magnitude_prune_svd'];

/** The same with hyphens. */
export const HYPHENATED: Readonly<Record<string, string>> = Object.fromEntries(COMBINE_NAMES.filter((name) => name.includes('_')).map((name) => [name.replaceAll('_', '-'), name]));
