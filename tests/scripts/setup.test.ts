import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from '../tidy/modules.ts';

/** A process id that no process has: the kernel's own upper limit is below it. */
const NOBODY = 2 ** 22 + 1;

/** What the stand-in for npm does: note that it ran, take a moment, and leave the record that npm leaves. */
const NPM = `import fs from 'node:fs';
fs.appendFileSync('log', 'install ');
await new Promise((resolve) => setTimeout(resolve, 300));
if (fs.existsSync('no-network')) { console.error('no network'); process.exit(1); }
const { packages } = JSON.parse(fs.readFileSync('package-lock.json', 'utf8'));
delete packages['node_modules/elsewhere'];
fs.mkdirSync('node_modules', { recursive: true });
fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages }));`;

const BUILD = `import fs from 'node:fs';
fs.appendFileSync('log', 'build ');
fs.rmSync('dist', { recursive: true, force: true });
fs.mkdirSync('dist/bin', { recursive: true });
fs.writeFileSync('dist/bin/temper.js', '');`;

let clone: string;
const file = (name: string) => path.join(clone, name);
const write = (name: string, text: string) => {
  fs.mkdirSync(path.dirname(file(name)), { recursive: true });
  fs.writeFileSync(file(name), text);
};
const lockFile = (version: string) => JSON.stringify({ packages: { '': {}, 'node_modules/a': { version }, 'node_modules/elsewhere': { version, optional: true } } });

/** Runs the set-up of the clone. `did` is what was installed and built since the last time. */
async function setUp(...args: string[]): Promise<{ status: number | null; printed: string; did: string }> {
  const child = spawn(process.execPath, [file('scripts/setup.mjs'), ...args], { cwd: os.tmpdir(), env: { ...process.env, npm_execpath: file('npm-cli.js') } });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => { printed += part; });
  const status = await new Promise<number | null>((resolve) => { child.on('close', resolve); });
  const did = fs.existsSync(file('log')) ? fs.readFileSync(file('log'), 'utf8').trim() : '';
  fs.rmSync(file('log'), { force: true });
  return { status, printed, did };
}

beforeEach(() => {
  clone = fs.mkdtempSync(path.join(os.tmpdir(), 'temper setup-'));
  for (const script of ['setup', 'lock', 'sources']) write(`scripts/${script}.mjs`, fs.readFileSync(path.join(ROOT, `scripts/${script}.mjs`), 'utf8'));
  write('package.json', JSON.stringify({ type: 'module', engines: { node: '>=20.19' } }));
  write('package-lock.json', lockFile('1.0.0'));
  write('scripts/build.mjs', BUILD);
  write('npm-cli.js', NPM);
  write('src/a.ts', 'export const a = 1;');
});
afterEach(() => fs.rmSync(clone, { recursive: true }));

describe('the set-up of a clone', () => {
  it('installs and builds once, says so, and then has nothing to do', async () => {
    const first = await setUp();
    expect(first).toMatchObject({ status: 0, did: 'install build' });
    expect(first.printed.trim().split('\n')).toHaveLength(2);
    expect(await setUp()).toEqual({ status: 0, printed: '', did: '' });
    expect(fs.readdirSync(clone).toSorted()).toEqual(['dist', 'node_modules', 'npm-cli.js', 'package-lock.json', 'package.json', 'scripts', 'src']);
  });

  it.each([
    ['a changed source', () => write('src/a.ts', 'export const a = 2;'), 'build'],
    ['a new source', () => write('kernels/b.mjs', ''), 'build'],
    ['a removed source', () => fs.rmSync(file('src/a.ts')), 'build'],
    ['a source that was only touched', () => fs.utimesSync(file('src/a.ts'), 1, 1), ''],
    ['a removed dist', () => fs.rmSync(file('dist'), { recursive: true }), 'build'],
    ['another version of a package', () => write('package-lock.json', lockFile('1.0.1')), 'install build'],
    ['an install that was interrupted', () => fs.rmSync(file('node_modules/.package-lock.json')), 'install'],
  ])('does again what %s asks for', async (_what, change, did) => {
    await setUp();
    change();
    expect(await setUp()).toMatchObject({ status: 0, did });
    expect(await setUp()).toMatchObject({ status: 0, did: '' });
  });

  it('installs without building for tools that read the sources', async () => {
    expect(await setUp('--packages')).toMatchObject({ status: 0, did: 'install' });
    expect(await setUp()).toMatchObject({ status: 0, did: 'build' });
  });

  it('does every step once when several start together', async () => {
    const all = await Promise.all([setUp(), setUp(), setUp()]);
    expect(all.map(({ status }) => status)).toEqual([0, 0, 0]);
    expect(all.map(({ did }) => did).filter((did) => did !== '')).toEqual(['install build']);
  });

  it('takes over from one that was killed', async () => {
    write('.temper-setup/pid', String(NOBODY));
    const all = await Promise.all([setUp(), setUp()]);
    expect(all.map(({ did }) => did).filter((did) => did !== '')).toEqual(['install build']);
    expect(fs.existsSync(file('.temper-setup'))).toBe(false);
  });

  it('fails with the reason, leaves no lock, and goes on from there', async () => {
    write('no-network', '');
    const failed = await setUp();
    expect(failed.status).toBe(1);
    expect(failed.printed).toMatch(/npm ci failed \(exit 1\):\nno network/);
    fs.rmSync(file('no-network'));
    expect(await setUp()).toMatchObject({ status: 0, did: 'install build' });
  });

  it('says which Node it needs', async () => {
    write('package.json', JSON.stringify({ type: 'module', engines: { node: '>=99.5' } }));
    const { status, printed, did } = await setUp();
    expect([status, did]).toEqual([1, '']);
    expect(printed).toMatch(/needs Node 99\.5 or newer; this is [\d.]+[^]*需要 Node 99\.5/);
  });
});
