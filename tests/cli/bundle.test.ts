import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERSION } from '../../src/version.ts';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-bundle-'));
const recital = path.join(ROOT, 'tests/fixtures/examples/recital-en');
let command = '';

beforeAll(async () => {
  const { bundleCommand } = await import('../../scripts/build.mjs');
  fs.writeFileSync(path.join(scratch, 'package.json'), '{"type":"module"}');
  command = await bundleCommand(path.join(scratch, 'bin'));
});
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

const environment = (more: Record<string, string> = {}) => ({ PATH: process.env['PATH'], HOME: scratch, LC_ALL: 'C.UTF-8', ...more });
const temper = (...words: string[]) => spawnSync(process.execPath, [command, ...words], { encoding: 'utf8', env: environment(), cwd: scratch });

describe('the bundled command', () => {
  it('can be run by its name alone', () => {
    expect(fs.readFileSync(command, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(fs.statSync(command).mode & 0o111).toBe(0o111);
    expect(fs.readdirSync(path.dirname(command)).filter((name) => name.endsWith('.map'))).toEqual([]);
  });

  it('answers help and version without loading what reads and computes', () => {
    const answer = (word: string) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [command, word], { encoding: 'utf8', env: environment(), cwd: scratch });
      expect([status, stderr]).toEqual([0, '']);
      return stdout;
    };
    expect(answer('--version')).toBe(`temper ${VERSION}\n`);
    expect(answer('--help')).toContain('temper verify base adapter merged');
    const entry = fs.readFileSync(command, 'utf8');
    const loaded = new Set<string>(), bin = path.dirname(command);
    const follow = (file: string, text: string) => {
      for (const [, name] of text.matchAll(/^(?:import|export)[^'"(]*?(?:from )?["']\.\/([^"']+)["'];/gm)) {
        if (!loaded.has(name!)) { loaded.add(name!); follow(name!, fs.readFileSync(path.join(bin, name!), 'utf8')); }
      }
    };
    follow('temper.js', entry);
    const bytes = entry.length + [...loaded].reduce((sum, name) => sum + fs.statSync(path.join(bin, name)).size, 0);
    expect(loaded.size).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(120_000);
  });

  it('exits 0 with one document on stdout', () => {
    const { status, stdout, stderr } = temper('inspect', recital, '--json');
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'temper.inspect/1', version: VERSION, exit: 0 });
  });

  it('exits 2 for what cannot be opened and for what is not understood', () => {
    for (const words of [['inspect', './nowhere'], ['merge'], ['nonsense'], ['explain', 'nonsense'], ['merge', 'a', 'b', '-o', 'c', '--nonsense']]) {
      const text = temper(...words);
      expect([words, text.status, text.stdout]).toEqual([words, 2, '']);
      expect(text.stderr).toMatch(/^error\[[a-z-]+\] /);
      const json = temper(...words, '--json');
      expect([words, json.status, json.stderr]).toEqual([words, 2, '']);
      expect(JSON.parse(json.stdout)).toMatchObject({ exit: 2 });
      expect(JSON.parse(json.stdout).findings[0].code).not.toBe('internal-error');
    }
  });

  it('exits 1 when the merge did not work, 0 when it did', () => {
    const output = path.join(scratch, 'merged');
    const merged = temper('merge', path.join(recital, 'base'), path.join(recital, 'adapter'), '-o', output, '--json');
    expect([merged.status, JSON.parse(merged.stdout)]).toMatchObject([0, { exit: 0, output }]);
    const good = temper('verify', path.join(recital, 'base'), path.join(recital, 'adapter'), output);
    expect([good.status, good.stderr]).toEqual([0, '']);
    expect(good.stdout).toMatch(/^Yes, /);
    const bad = temper('verify', path.join(recital, 'base'), path.join(recital, 'adapter'), path.join(recital, 'base'), '--json');
    expect([bad.status, JSON.parse(bad.stdout).verdict]).toEqual([1, 'not-merged']);
  });

  it('is quiet when nobody reads on', () => {
    const { stderr } = spawnSync('sh', ['-c', `"${process.execPath}" "${command}" explain | head -1`], { encoding: 'utf8', env: environment() });
    expect(stderr).toBe('');
  });

  it.each([['SIGINT', 130], ['SIGTERM', 143]] as const)('ends at once after a second %s, with status %i', async (signal, wanted) => {
    // A command that never ends: doctor waits for a thread whose end is never told.
    const preload = path.join(scratch, `${signal}.mjs`);
    fs.writeFileSync(preload, `
      import { Worker } from 'node:worker_threads';
      Worker.prototype.terminate = () => new Promise(() => setInterval(() => {}, 1000));
      // The first when the command listens, the second when the first has arrived.
      process.on('${signal}', () => { setImmediate(() => process.kill(process.pid, '${signal}')); });
      process.on('newListener', (name) => { if (name === '${signal}') setImmediate(() => process.kill(process.pid, '${signal}')); });
    `);
    const child = spawn(process.execPath, ['--import', preload, command, 'doctor'], { env: environment(), stdio: 'ignore' });
    const status = await new Promise((resolve) => { child.on('exit', (code, by) => resolve(code ?? by)); });
    expect(status).toBe(wanted);
  });
});
