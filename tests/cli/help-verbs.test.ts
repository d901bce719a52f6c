import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import wabt from 'wabt';
import { describe, expect, it } from 'vitest';
import { ALL_CODES } from '../../src/cli/catalogue.ts';
import { chooseLocale } from '../../src/cli/locale.ts';
import { quoteWord } from '../../src/cli/resume.ts';
import { machineFacts, SIMD_PROBE, simdWorks } from '../../src/node/doctor.ts';
import { doctor, MEMORY_BUDGET_BYTES, NODE_LEAST, type MachineFacts } from '../../src/verbs/doctor.ts';
import { explain } from '../../src/verbs/explain.ts';
import { temper } from './host.ts';

const MACHINE: MachineFacts = {
  nodeVersion: '20.19.0', platform: 'linux x64', cores: 8, memoryBytes: 16e9, availableMemoryBytes: 8e9, temporary: { path: '/tmp', freeBytes: 1e11 },
  simd: true, worker: { milliseconds: 20 }, hubCache: { path: '/hub', models: 2 }, locale: 'zh-CN', localeFrom: 'LANG',
};

describe('explain', () => {
  it('finds a code however it was copied from a report', () => {
    for (const code of ['cannot-read', 'error[cannot-read]', '[cannot-read]', 'CANNOT_READ', ' cannot-read ']) expect(explain({ code }).body.code).toBe('cannot-read');
  });

  it('tells what, why and what to do, in the language asked for', async () => {
    const { status, out } = await temper(['explain', 'cannot-read', '--lang', 'zh']);
    expect(status).toBe(0);
    expect(out).toContain('错误[cannot-read]');
    expect(out).toContain('请检查路径和权限。');
    expect(JSON.parse((await temper(['explain', 'cannot-read', '--json'])).out)).toMatchObject({ schema: 'temper.explain/1', exit: 0, code: 'cannot-read', severity: 'error', fix: 'Check the path and its permissions.' });
  });

  it('suggests the nearest code and lists all', async () => {
    const { status, err } = await temper(['explain', 'canot-read']);
    expect(status).toBe(2);
    expect(err).toContain('did you mean cannot-read?');
    const { out } = await temper(['explain']);
    for (const { code } of ALL_CODES) expect(out).toContain(code);
    expect((await temper(['explain', '--quiet'])).out.trim().split('\n')).toEqual(ALL_CODES.map((one) => one.code));
  });
});

describe('doctor', () => {
  const statuses = (facts: Partial<MachineFacts>) => {
    const { exit, body, findings } = doctor({ ...MACHINE, ...facts });
    return { exit, bad: body.checks.filter((one) => one.status !== 'ok').map((one) => `${one.check} ${one.status}`), codes: findings.map((one) => one.code) };
  };

  it('is content with a good machine', () => {
    expect(statuses({})).toEqual({ exit: 0, bad: [], codes: [] });
  });

  it('names what is missing and what to do about it', () => {
    expect(statuses({ simd: false })).toEqual({ exit: 0, bad: ['wasm-simd warning'], codes: ['simd-missing'] });
    expect(statuses({ worker: { reason: 'no threads' } })).toEqual({ exit: 0, bad: ['workers warning'], codes: ['workers-missing'] });
    expect(statuses({ availableMemoryBytes: MEMORY_BUDGET_BYTES - 1 })).toEqual({ exit: 0, bad: ['memory warning'], codes: ['memory-low'] });
    expect(statuses({ temporary: { path: '/tmp', freeBytes: 1e6 } })).toEqual({ exit: 0, bad: ['temporary-space warning'], codes: ['temporary-space-low'] });
    expect(statuses({ hubCache: { path: '/none' }, temporary: { path: '/tmp' } })).toEqual({ exit: 0, bad: ['temporary-space note', 'hub-cache note'], codes: [] });
    const { body } = doctor({ ...MACHINE, simd: false });
    expect(body.checks.find((one) => one.check === 'wasm-simd')!.recommendation).toHaveProperty('zh');
  });

  it('exits 2 where Temper cannot work', () => {
    for (const nodeVersion of ['20.18.9', '18.20.0', '0.12.0']) expect(statuses({ nodeVersion })).toEqual({ exit: 2, bad: ['node error'], codes: ['node-too-old'] });
    for (const nodeVersion of ['20.19.0', '21.0.0', '26.10.0', '24.0.0-rc.1']) expect(statuses({ nodeVersion }).exit).toBe(0);
  });

  it('asks for the Node that package.json asks for', () => {
    const manifest = JSON.parse(fs.readFileSync(path.join(path.dirname(fileURLToPath(import.meta.url)), '../../package.json'), 'utf8'));
    expect(manifest.engines.node).toBe(`>=${NODE_LEAST.join('.')}`);
  });

  it('knows this machine', async () => {
    const facts = await machineFacts({ locale: 'en', from: '' });
    expect(facts.nodeVersion).toBe(process.versions.node);
    expect(facts.cores).toBeGreaterThan(0);
    expect(facts.availableMemoryBytes).toBeLessThanOrEqual(facts.memoryBytes);
    expect(facts.worker).toHaveProperty('milliseconds');
    expect(facts.simd).toBe(simdWorks());
    const { status, out } = await temper(['doctor', '--json']);
    expect(JSON.parse(out)).toMatchObject({ schema: 'temper.doctor/1', exit: status });
  });

  it('probes SIMD with the module it says', async () => {
    const { parseWat } = await wabt();
    const module = parseWat('probe.wat', `(module (func (export "f") (result i32)
      (i32x4.extract_lane 3 (i32x4.add (i32x4.splat (i32.const 20)) (i32x4.splat (i32.const 22))))))`, { simd: true });
    expect([...SIMD_PROBE]).toEqual([...module.toBinary({}).buffer]);
  });
});

describe('the language', () => {
  it.each([
    [undefined, {}, 'zh-CN', 'zh', ''], [undefined, {}, 'en-GB', 'en', ''], [undefined, {}, 'de-DE', 'en', ''],
    [undefined, { LANG: 'zh_CN.UTF-8' }, 'en-US', 'zh', 'LANG'], [undefined, { LC_ALL: 'C.UTF-8', LANG: 'zh_CN.UTF-8' }, 'en-US', 'en', 'LC_ALL'],
    [undefined, { LC_ALL: '', LC_MESSAGES: 'zh_TW', LANG: 'en_US' }, 'en-US', 'zh', 'LC_MESSAGES'],
    [undefined, { TEMPER_LANG: 'en', LC_ALL: 'zh_CN' }, 'zh-CN', 'en', 'TEMPER_LANG'], ['zh', { TEMPER_LANG: 'en' }, 'en-US', 'zh', '--lang'],
  ] as const)('asked %s, environment %j, system %s: %s', (asked, environment, system, language, from) => {
    expect(chooseLocale(asked, environment, () => system)).toMatchObject({ language, from });
  });
});

describe('words of a command to copy', () => {
  it.each([['merged', 'merged'], ['a b', "'a b'"], ["it's", `'it'\\''s'`], ['', "''"], ['$HOME', "'$HOME'"], ['~/x', '~/x'], ['模型', "'模型'"], ['C:\\x', 'C:\\x']])('%s is written %s', (word, written) => {
    expect(quoteWord(word)).toBe(written);
  });
});
