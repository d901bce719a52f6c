/** @module The methods that are built, as values: a new one is one file and one line here. */
import { adalora } from './adalora.ts';
import { beft } from './beft.ts';
import { boft } from './boft.ts';
import { c3a } from './c3a.ts';
import { deft } from './deft.ts';
import { delora } from './delora.ts';
import { fourierft } from './fourierft.ts';
import { frod } from './frod.ts';
import { glora } from './glora.ts';
import { gralora } from './gralora.ts';
import { hira } from './hira.ts';
import { hra } from './hra.ts';
import { ia3 } from './ia3.ts';
import { lnTuning } from './ln-tuning.ts';
import { loha } from './loha.ts';
import { lokr } from './lokr.ts';
import { lora } from './lora.ts';
import type { Method } from './method.ts';
import { bone, miss } from './miss.ts';
import { oft } from './oft.ts';
import { osf } from './osf.ts';
import { peanut } from './peanut.ts';
import { randlora } from './randlora.ts';
import { road } from './road.ts';
import { shira } from './shira.ts';
import { supertuning } from './supertuning.ts';
import { tinylora } from './tinylora.ts';
import { trainableTokens } from './tokens.ts';
import { unilora } from './unilora.ts';
import { vblora } from './vblora.ts';
import { pvera, vera } from './vera.ts';
import { waveft } from './waveft.ts';

/** All of them, by peft_type. */
export const METHODS: ReadonlyMap<string, Method> = new Map([
  lora, trainableTokens, lnTuning, loha, lokr, adalora, ia3, hira, beft, miss, bone, vera, pvera, gralora, randlora, c3a, deft, glora,
  oft, boft, hra, road, shira, vblora, delora, peanut, supertuning,
  fourierft, waveft, osf, tinylora, frod, unilora,
].map((method) => [method.type, method]));

/** The method of a peft_type, where it is built. */
export function methodOf(type: string): Method | undefined {
  return METHODS.get(type);
}

export type { Layout, Merged, Method, ModuleContext } from './method.ts';
