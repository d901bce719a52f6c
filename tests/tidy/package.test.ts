import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { VERSION } from '../../src/version.ts';
import { readText, ROOT } from './modules.ts';

const manifest = JSON.parse(readText('package.json'));
const lock = JSON.parse(readText('package-lock.json'));

/** What a clone may weigh in golden files, in bytes. */
const FIXTURE_BYTES_MAX = 25_000_000;

function bytesBelow(folder: string): number {
  return fs.readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const full = path.join(folder, entry.name);
    return sum + (entry.isDirectory() ? bytesBelow(full) : fs.statSync(full).size);
  }, 0);
}

describe('package.json', () => {
  it('has one version, the one the program names', () => {
    expect(VERSION).toBe(manifest.version);
    expect([lock.version, lock.packages[''].version]).toEqual([manifest.version, manifest.version]);
  });

  it('agrees with the lock file on what is installed', () => {
    expect(lock.packages[''].dependencies).toEqual(manifest.dependencies);
    expect(lock.packages[''].devDependencies).toEqual(manifest.devDependencies);
  });

  it('names only scripts that exist', () => {
    const files = Object.values<string>(manifest.scripts).flatMap((script) => script.match(/\b[\w/-]+\.m?js\b/g) ?? []);
    expect(files.length).toBeGreaterThan(3);
    expect(files.filter((file) => !fs.existsSync(path.join(ROOT, file)))).toEqual([]);
  });
});

describe('golden files', () => {
  it(`weigh at most ${FIXTURE_BYTES_MAX / 1e6} MB`, () => {
    const folder = path.join(ROOT, 'tests/fixtures');
    expect(fs.existsSync(folder) ? bytesBelow(folder) : 0).toBeLessThanOrEqual(FIXTURE_BYTES_MAX);
  });
});
