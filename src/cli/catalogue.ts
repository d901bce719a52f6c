/** @module Every code there is: those of the core, of Node and of the command line. */
import type { Code } from '../findings/index.ts';
import { codesOf, CORE_CODES } from '../verbs/catalogue.ts';
import { CODE_MODULES } from './code-modules.generated.ts';

/** All codes, by name. */
export const ALL_CODES: readonly Code[] = codesOf([{ ...CORE_CODES }, ...CODE_MODULES]);
