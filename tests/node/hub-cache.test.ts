/** Models found in the cache of huggingface_hub. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderFinding } from '../../src/findings/index.ts';
import { findInHubCache, hubCache, isHubId } from '../../src/node/hub-cache.ts';
import { withTemporary } from '../hostile.ts';

describe('the place of the cache', () => {
  const home = os.homedir();
  it.each([
    [{}, path.join(home, '.cache/huggingface/hub')],
    [{ XDG_CACHE_HOME: '/x' }, '/x/huggingface/hub'],
    [{ XDG_CACHE_HOME: '/x', HF_HOME: '/h' }, '/h/hub'],
    [{ HF_HOME: '~/h' }, path.join(home, 'h/hub')],
    [{ XDG_CACHE_HOME: '/x', HF_HOME: '/h', HF_HUB_CACHE: '/c' }, '/c'],
    [{ HF_HUB_CACHE: '', HUGGINGFACE_HUB_CACHE: '/old' }, '/old'],
  ])('%j', (environment, expected) => {
    expect(hubCache(environment as NodeJS.ProcessEnv)).toBe(path.normalize(expected));
  });
});

it.each([['gpt2', true], ['Qwen/Qwen2.5-0.5B', true], ['a/b/c', false], ['../x', false], ['./x', false], ['a//b', false], ['/a/b', false], ['a--b/c', false], ['a/..', false], ['', false], ['.hidden/x', false], ['a b/c', false]])(
  '%j can be an id: %s', (id, expected) => {
    expect(isHubId(id)).toBe(expected);
  });

const COMMIT = 'a'.repeat(40), OTHER = `b${'a'.repeat(39)}`;

describe('a model', () => {
  const cached = (use: (find: (id: string, revision?: string) => ReturnType<typeof findInHubCache>, at: (commit: string) => string) => void) => withTemporary((directory) => {
    const repository = path.join(directory, 'models--org--name');
    for (const commit of [COMMIT, OTHER]) fs.mkdirSync(path.join(repository, 'snapshots', commit), { recursive: true });
    fs.mkdirSync(path.join(repository, 'refs/pr'), { recursive: true });
    fs.writeFileSync(path.join(repository, 'refs/main'), `${COMMIT}\n`);
    fs.writeFileSync(path.join(repository, 'refs/pr/1'), OTHER);
    fs.writeFileSync(path.join(repository, 'refs/evil'), '../../../../etc');
    use((id, revision) => findInHubCache(id, revision, { HF_HUB_CACHE: directory }), (commit) => path.join(repository, 'snapshots', commit));
  });

  it('is found by branch, pull request, commit and the start of a commit', () => cached((find, at) => {
    expect(find('org/name')).toEqual({ path: at(COMMIT) });
    expect(find('org/name', 'refs/pr/1'.slice(5))).toEqual({ path: at(OTHER) });
    expect(find('org/name', OTHER)).toEqual({ path: at(OTHER) });
    expect(find('org/name', OTHER.slice(0, 8))).toEqual({ path: at(OTHER) });
  }));

  it.each([['org/none', undefined], ['org/name', 'v9'], ['org/name', 'evil'], ['org/name', 'aaa'], ['org/name', '../x'], ['../models--org--name', undefined]])('is not found: %s at %s', (id, revision) => cached((find) => {
    const found = find(id, revision);
    expect(found).toMatchObject({ finding: { code: 'not-in-hub-cache', severity: 'error' } });
    expect('finding' in found ? renderFinding(found.finding, 'en').fix : '').toContain(`hf download ${id} --revision ${revision ?? 'main'}`);
  }));
});
