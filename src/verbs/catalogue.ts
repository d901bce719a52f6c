/**
 * @module
 * Every code of the core, so that all of them can be listed and explained. Codes are values that are referred to, not
 * side effects of imports, which bundlers drop.
 */
import type { Code } from '../findings/index.ts';
import { CODE_MODULES } from './code-modules.generated.ts';

/** The codes among the exports of modules, by name. */
export function codesOf(modules: readonly object[]): readonly Code[] {
  const isCode = (value: unknown): value is Code => typeof value === 'object' && value !== null && 'code' in value && 'severity' in value && 'fix' in value;
  const codes = modules.flatMap((module) => Object.values(module).filter(isCode));
  return codes.sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** All codes that the core can raise. */
export const CORE_CODES: readonly Code[] = codesOf(CODE_MODULES);
