/** @module Modules that define codes. Made by scripts/docs.mjs. */
import * as m0 from '../adapters/codes.ts';
import * as m1 from '../bytes/codes.ts';
import * as m2 from '../checkpoints/codes.ts';
import * as m3 from '../checks/scan/codes.ts';
import * as m4 from '../containers/codes.ts';
import * as m5 from '../containers/dcp/codes.ts';
import * as m6 from '../containers/gguf/codes.ts';
import * as m7 from '../containers/notes.ts';
import * as m8 from '../containers/safetensors/codes.ts';
import * as m9 from '../containers/torch/codes.ts';
import * as m10 from '../containers/torch/pickle/codes.ts';
import * as m11 from '../containers/zip/codes.ts';
import * as m12 from '../engine/codes.ts';
import * as m13 from '../engine/compute/codes.ts';
import * as m14 from '../plans/codes.ts';
import * as m15 from '../producers/codes.ts';
import * as m16 from './codes.ts';

/** Their exports. */
export const CODE_MODULES: readonly object[] = [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16];
