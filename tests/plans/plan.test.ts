/** Plans as data: round trip, run from a file, refused when an input is not what it was. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isTemperError } from '../../src/findings/index.ts';
import { mergePaths, type MergePathsOptions } from '../../src/node/verbs.ts';
import { parsePlan, planDigest, planLines } from '../../src/plans/index.ts';
import { readModelRaw } from '../adapters/judge.ts';
import { fixtureRoots } from '../fixtures.ts';

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-plans-'));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

describe.each(['lora-llama-bf16', 'dora-gpt2', 'lora-tied-embed', 'tokens-lora-untied'])('the plan of %s', (name) => {
  const source = path.join(fixtureRoots()[0]!, 'peft', name), root = path.join(scratch, name), file = path.join(root, 'plan.ndjson');
  const at = (part: string) => path.join(root, part);
  const options = (output: string, more: Partial<MergePathsOptions> = {}): MergePathsOptions => ({ base: at('base'), adapters: [at('adapter')], output: at(output), workers: 0, ...more });
  const failure = (promise: Promise<unknown>) => promise.then(() => undefined, (error: unknown) => error);
  beforeAll(async () => {
    for (const part of ['base', 'adapter']) fs.cpSync(path.join(source, part), at(part), { recursive: true });
    await mergePaths(options('direct'));
    const { body } = await mergePaths(options('planned', { dryRun: true, planFile: file }));
    expect(body.plan!.bytes_to_write).toBeGreaterThan(0);
  });

  it('writes nothing by itself', () => {
    expect(fs.readdirSync(root).sort()).toEqual(['adapter', 'base', 'direct', 'plan.ndjson']);
  });

  it('survives its text form', async () => {
    const text = fs.readFileSync(file, 'utf8'), plan = parsePlan(text.split('\n'), 'plan.ndjson');
    expect([...planLines(plan)].map((line) => `${line}\n`).join('')).toBe(text);
    expect(await planDigest(plan)).toMatch(/^[0-9a-f]{64}$/);
    // Nothing in it names this machine.
    expect(text).not.toContain(scratch);
  });

  it('run from its file gives the bytes of a direct merge', async () => {
    await mergePaths(options('from-file', { planFile: file }));
    expect(readModelRaw(at('from-file'))).toEqual(readModelRaw(at('direct')));
    expect(fs.readFileSync(at('from-file/config.json'))).toEqual(fs.readFileSync(at('direct/config.json')));
  });

  it('is refused for inputs that changed', async () => {
    const weights = at('adapter/adapter_model.safetensors'), before = fs.readFileSync(weights), after = Buffer.from(before);
    after[after.length - 3]! ^= 0x41;
    fs.writeFileSync(weights, after);
    expect(isTemperError(await failure(mergePaths(options('changed', { planFile: file }))), 'input-changed')).toBe(true);
    fs.writeFileSync(weights, before.subarray(0, before.length - 1));
    expect(isTemperError(await failure(mergePaths(options('changed', { planFile: file })))) ).toBe(true);
    fs.writeFileSync(weights, before);
    expect(fs.existsSync(at('changed'))).toBe(false);
  });

  it('is refused when a line is damaged', async () => {
    const damaged = at('damaged.ndjson'), lines = fs.readFileSync(file, 'utf8').split('\n');
    fs.writeFileSync(damaged, [...lines.slice(0, 2), lines[2]!.slice(0, 20), ...lines.slice(3)].join('\n'));
    const error = await failure(mergePaths(options('damaged', { planFile: damaged })));
    expect(isTemperError(error, 'plan-invalid')).toBe(true);
    expect((error as Error).message).toContain('line 3');
  });

  it('notices a source that changes while it runs', async () => {
    const weights = fs.readdirSync(at('base')).find((entry) => entry.endsWith('.safetensors'))!, place = path.join(at('base'), weights), before = fs.readFileSync(place);
    let writes = 0;
    const error = await failure(mergePaths(options('racing', { hook: (operation) => {
      if (operation === 'write' && ++writes === 2) { const after = Buffer.from(before); after[after.length - 1]! ^= 1; fs.writeFileSync(place, after); }
    } })));
    fs.writeFileSync(place, before);
    expect(isTemperError(error, 'input-changed')).toBe(true);
    expect(fs.existsSync(at('racing'))).toBe(false);
    await mergePaths(options('racing', { force: true }));
  });

  it('ends in a clear error when a source ends early', async () => {
    const weights = fs.readdirSync(at('base')).find((entry) => entry.endsWith('.safetensors'))!, place = path.join(at('base'), weights), before = fs.readFileSync(place);
    let writes = 0;
    const error = await failure(mergePaths(options('short', { hook: (operation) => {
      if (operation === 'write' && ++writes === 1) fs.truncateSync(place, before.length - 2000);
    } })));
    fs.writeFileSync(place, before);
    expect(isTemperError(error) && ['short-read', 'input-changed', 'cannot-read'].includes(error.code)).toBe(true);
    expect(fs.existsSync(at('short'))).toBe(false);
  });
});
