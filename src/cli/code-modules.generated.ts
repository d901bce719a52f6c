/** @module Modules that define codes. Made by scripts/docs.mjs. */
import * as m0 from './codes.ts';
import * as m1 from '../node/hub-cache.ts';

/** Their exports. */
export const CODE_MODULES: readonly object[] = [m0, m1];
