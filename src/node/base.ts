/** @module `base …` over paths of this machine. */
import fs from 'node:fs';
import path from 'node:path';
import type { BaseCandidate, BaseMatchBody, BaseSetBody, BaseShowBody, BaseShowRequest, BaseVerifyBody } from '../verbs/base/index.ts';
import type { Answer, VerbContext } from '../verbs/verb.ts';
import { replaceFile } from './edit.ts';
import { existsFrom, openInput } from './folder.ts';
import { findInHubCache, isHubId } from './hub-cache.ts';
import { resolveModel } from './verbs.ts';

/** `base show PATH`: every adapter below it. */
export async function baseShowPath(given: string): Promise<Answer<BaseShowBody>> {
  const { baseShow } = await import('../verbs/base/show.ts');
  return baseShow(showRequest(given));
}

/** `base audit PATH`: the same, with what stands against it. */
export async function baseAuditPath(given: string, context: VerbContext = {}): Promise<Answer<BaseShowBody>> {
  const { baseAudit } = await import('../verbs/base/audit.ts');
  return baseAudit(showRequest(given), context);
}

const showRequest = (given: string): BaseShowRequest => ({
  folder: openInput(given).folder, path: given,
  exists: existsFrom(given),
  cached: (id, revision) => { const found = isHubId(id) ? findInHubCache(id, revision) : undefined; return found !== undefined && 'path' in found ? found.path : undefined; },
});

/** How a value is written. */
export interface BaseSetOptions {
  readonly revision?: string;
  /** Write a path as seen from the adapter's folder. */
  readonly relative?: boolean;
  readonly readme?: boolean;
  readonly dryRun?: boolean;
}

/** `base set PATH VALUE`. */
export async function baseSetPath(given: string, value: string, { revision, relative, readme, dryRun }: BaseSetOptions = {}): Promise<Answer<BaseSetBody>> {
  const { baseSet } = await import('../verbs/base/set.ts'), { folder } = openInput(given), root = path.resolve(given);
  return baseSet({
    folder, path: given,
    value: relative ? (place) => path.relative(path.join(root, place), path.resolve(value)).split(path.sep).join('/') : () => value,
    ...(revision === undefined ? {} : { revision }), ...(readme === undefined ? {} : { card: readme }), ...(dryRun === undefined ? {} : { dryRun }),
    replace: async (file, bytes) => replaceFile(root, file, bytes) ?? '',
  });
}

/** `base match SUBJECT CANDIDATE…`. A candidate that is a folder of models stands for all of them. */
export async function baseMatchPaths(subject: string, candidates: readonly string[]): Promise<Answer<BaseMatchBody>> {
  const { baseMatch } = await import('../verbs/base/match.ts');
  return baseMatch({ subject: candidate(subject), candidates: candidates.flatMap(modelsIn).map((one) => candidate(one)) });
}

/** How a base is verified. */
export interface BaseVerifyOptions {
  /** Write its fingerprint beside the adapter when it fits. */
  readonly record?: boolean;
  readonly revision?: string;
}

/** `base verify BASE ADAPTER`. */
export async function baseVerifyPaths(base: string, adapter: string, options: BaseVerifyOptions = {}): Promise<Answer<BaseVerifyBody>> {
  const { baseVerify } = await import('../verbs/base/match.ts');
  return baseVerify({
    base: candidate(base, options.revision), adapter: candidate(adapter),
    ...(options.record ? { record: async (file: string, bytes: Uint8Array) => replaceFile(path.resolve(adapter), file, bytes) } : {}),
  });
}

function candidate(given: string, revision?: string): BaseCandidate {
  const { folder, file } = openInput(resolveModel(given, revision));
  return { path: given, folder, ...(file === undefined ? {} : { file }) };
}

const WEIGHTS = /\.(?:safetensors|bin|pth?|index\.json)$/;

/** The folder itself when it holds weights, else the folders in it that do. */
function modelsIn(given: string): string[] {
  const weighs = (folder: string) => fs.readdirSync(folder).some((name) => WEIGHTS.test(name));
  if (!fs.existsSync(given) || !fs.statSync(given).isDirectory() || weighs(given)) return [given];
  const inside = fs.readdirSync(given, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => path.join(given, entry.name)).filter(weighs);
  return inside.length > 0 ? inside : [given];
}
