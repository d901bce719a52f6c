/**
 * @module
 * Models that are already on this machine: the cache of huggingface_hub, found as it finds it. Nothing is downloaded.
 */
import fs from 'node:fs';
import os from 'node:os';
import nodePath from 'node:path';
import { defineCode, finding, type Finding } from '../findings/index.ts';

/** A hub id that is not in the cache. */
export const NOT_IN_CACHE = defineCode({
  code: 'not-in-hub-cache',
  severity: 'error',
  message: { en: '{id}, revision {revision}, is neither a path nor in the Hugging Face cache at {cache}', zh: '{id}（版本 {revision}）既不是路径，也不在 Hugging Face 缓存 {cache} 中' },
  why: { en: 'Temper reads what is on this machine; it does not download.', zh: 'Temper 只读取本机上的文件，不会下载。' },
  fix: { en: 'Download it first: hf download {id} --revision {revision}', zh: '请先下载：hf download {id} --revision {revision}' },
  page: {
    en: 'The cache is looked for as huggingface_hub does: HF_HUB_CACHE, then HF_HOME/hub, then XDG_CACHE_HOME/huggingface/hub, then ~/.cache/huggingface/hub.',
    zh: '按照 huggingface_hub 的顺序查找缓存：HF_HUB_CACHE，其次 HF_HOME/hub，再次 XDG_CACHE_HOME/huggingface/hub，最后 ~/.cache/huggingface/hub。',
  },
});

/** `name` or `org/name`, as the hub allows them. */
const HUB_ID = /^[A-Za-z0-9_](?:[\w.-]*\w)?(?:\/[A-Za-z0-9_](?:[\w.-]*\w)?)?$/;

/** Whether `text` can be the id of a model on the hub. */
export function isHubId(text: string): boolean {
  return text.length <= 96 && HUB_ID.test(text) && !text.includes('..') && !text.includes('--');
}

/** Where the cache lies (huggingface_hub/constants.py). */
export function hubCache(environment: NodeJS.ProcessEnv = process.env): string {
  const home = os.homedir();
  const expand = (path: string): string => (path === '~' || path.startsWith('~/') ? nodePath.join(home, path.slice(1)) : path);
  const direct = environment['HF_HUB_CACHE'] || environment['HUGGINGFACE_HUB_CACHE'];
  if (direct) return expand(direct);
  if (environment['HF_HOME']) return nodePath.join(expand(environment['HF_HOME']), 'hub');
  const cache = environment['XDG_CACHE_HOME'];
  return nodePath.join(cache ? expand(cache) : nodePath.join(home, '.cache'), 'huggingface', 'hub');
}

/** Shortest piece of a commit that names it, as git's own default. */
const COMMIT_PREFIX_MIN = 7;

/** The snapshot folder of a model, or a finding that says how to download it. `revision` is a branch, a tag or a commit. */
export function findInHubCache(id: string, revision = 'main', environment: NodeJS.ProcessEnv = process.env): { readonly path: string } | { readonly finding: Finding } {
  const cache = hubCache(environment);
  const absent = { finding: finding(NOT_IN_CACHE, { id, revision, cache }) };
  if (!isHubId(id) || revision.split('/').includes('..')) return absent;
  const repository = nodePath.join(cache, `models--${id.replace('/', '--')}`);
  const commit = referred(nodePath.join(repository, 'refs', ...revision.split('/'))) ?? revision;
  const snapshots = nodePath.join(repository, 'snapshots');
  const names = fs.existsSync(snapshots) ? fs.readdirSync(snapshots) : [];
  const matches = names.includes(commit) ? [commit] : commit.length >= COMMIT_PREFIX_MIN ? names.filter((name) => name.startsWith(commit)) : [];
  return matches.length === 1 ? { path: nodePath.join(snapshots, matches[0]!) } : absent;
}

/** The commit that a file of `refs/` holds. */
function referred(path: string): string | undefined {
  let text: string;
  try {
    text = fs.readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  return /^[0-9a-f]{40}$/.exec(text.trim())?.[0];
}
