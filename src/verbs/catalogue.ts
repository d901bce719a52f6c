/**
 * @module
 * Every code of the core, so that all of them can be listed and explained. Codes are values that are referred to, not
 * side effects of imports, which bundlers drop.
 */
import * as adapters from '../adapters/codes.ts';
import * as bytes from '../bytes/codes.ts';
import * as checkpoints from '../checkpoints/codes.ts';
import * as containers from '../containers/codes.ts';
import * as notes from '../containers/notes.ts';
import * as safetensors from '../containers/safetensors/codes.ts';
import * as torch from '../containers/torch/codes.ts';
import * as pickle from '../containers/torch/pickle/codes.ts';
import * as zip from '../containers/zip/codes.ts';
import * as engine from '../engine/codes.ts';
import * as compute from '../engine/compute/codes.ts';
import type { Code } from '../findings/index.ts';
import * as plans from '../plans/codes.ts';
import * as verbs from './codes.ts';

/** The codes among the exports of modules, by name. */
export function codesOf(modules: readonly object[]): readonly Code[] {
  const isCode = (value: unknown): value is Code => typeof value === 'object' && value !== null && 'code' in value && 'severity' in value && 'fix' in value;
  const codes = modules.flatMap((module) => Object.values(module).filter(isCode));
  return codes.sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** All codes that the core can raise. */
export const CORE_CODES: readonly Code[] = codesOf([
  adapters, bytes, checkpoints, containers, notes, safetensors, torch, pickle, zip, engine, compute, plans, verbs,
]);
