/** Faults at every change of the disk: the target is whole or absent, and `--resume` gives the undisturbed bytes. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isTemperError } from '../../src/findings/index.ts';
import { convertPath, mergePaths } from '../../src/node/verbs.ts';
import type { FaultHook } from '../../src/node/workspace.ts';
import { fixtureRoots } from '../fixtures.ts';

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-faults-'));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));
const source = (name: string) => path.join(fixtureRoots()[0]!, 'peft', name);

/** Digest of every file of a directory. */
const print = (dir: string) => fs.readdirSync(dir, { recursive: true, withFileTypes: true }).filter((file) => file.isFile())
  .map((file) => path.join(file.parentPath, file.name)).sort().map((file) => `${path.relative(dir, file)} ${createHash('sha256').update(fs.readFileSync(file)).digest('hex')}`);

class Fault extends Error {}

/** Fails at operation number `n`; `torn` leaves half of it done, as a killed process would. */
function failAt(n: number, torn: boolean): { hook: FaultHook; count: () => number } {
  let count = 0;
  return {
    count: () => count,
    hook: (_, __, half) => {
      if (++count !== n) return;
      if (torn) half?.();
      throw new Fault(`operation ${n}`);
    },
  };
}

const merge = (name: string, output: string, more: object = {}) =>
  mergePaths({ base: path.join(source(name), 'base'), adapters: [path.join(source(name), 'adapter')], output, workers: 0, maxShardBytes: 20_000, digest: true, ...more });

/** To a torch file: its descriptors and directory are only written when all data has passed, and follow from it. */
const toTorch = (_: string, output: string, more: object = {}) =>
  convertPath({ input: path.join(source('file-base-sharded'), 'base'), output, workers: 0, maxShardBytes: 20_000, to: 'bin', digest: true, ...more });

/** Out of a training state: tensors that lie in pieces in the files of four ranks. */
const fromState = (name: string, output: string, more: object = {}) => convertPath({ input: path.join(fixtureRoots()[0]!, 'trees', name, 'tree'), output, workers: 0, maxShardBytes: 300, digest: true, ...more });

describe.each([['lora-llama-bf16', merge], ['dora-gpt2', merge], ['file-base-sharded to .bin', toTorch], ['ds3-w4-subgroups', fromState]] as const)('%s', (name, merge) => {
  it('survives a fault at every write, append, create, rename and removal', async () => {
    const calm = path.join(scratch, `${name}-calm`, 'out'), counter = failAt(Infinity, false);
    fs.mkdirSync(path.dirname(calm));
    await merge(name, calm, { hook: counter.hook });
    const want = print(calm);
    expect(fs.readdirSync(path.dirname(calm))).toEqual(['out']);
    expect(counter.count()).toBeGreaterThan(20);
    for (const torn of [false, true]) {
      for (let n = 1; n <= counter.count(); n++) {
        const parent = path.join(scratch, `${name}-${torn}-${n}`), out = path.join(parent, 'out');
        fs.mkdirSync(parent);
        let failure: unknown;
        try { await merge(name, out, { hook: failAt(n, torn).hook }); } catch (error) { failure = error; }
        expect(failure, `operation ${n}`).toBeDefined();
        // Whole or absent; never half.
        if (fs.existsSync(out)) expect(print(out)).toEqual(want);
        else await merge(name, out, { resume: true });
        expect(print(out), `resumed after operation ${n}`).toEqual(want);
        expect(fs.readdirSync(parent)).toEqual(['out']);
        fs.rmSync(parent, { recursive: true });
      }
    }
  });
});

describe('an output that is in the way', () => {
  it('is refused, resumed or replaced as asked', async () => {
    const parent = path.join(scratch, 'way'), out = path.join(parent, 'out');
    fs.mkdirSync(parent);
    await expect(merge('lora-llama-bf16', out, { hook: failAt(9, false).hook })).rejects.toThrow();
    const refusal = await merge('lora-llama-bf16', out).catch((error: unknown) => error);
    expect(isTemperError(refusal, 'partial-exists')).toBe(true);
    // Another plan must not go on with what this one began.
    const other = await merge('lora-llama-bf16', out, { resume: true, dtype: 'F32' }).catch((error: unknown) => error);
    expect(isTemperError(other, 'journal-mismatch')).toBe(true);
    await merge('lora-llama-bf16', out, { force: true });
    const whole = print(out), exists = await merge('lora-llama-bf16', out).catch((error: unknown) => error);
    expect(isTemperError(exists, 'output-exists')).toBe(true);
    await merge('lora-llama-bf16', out, { force: true, dtype: 'F32' });
    expect(print(out)).not.toEqual(whole);
    expect(fs.readdirSync(parent)).toEqual(['out']);
  });

  it('is never an input', async () => {
    const copy = path.join(scratch, 'input');
    fs.cpSync(path.join(source('lora-llama-bf16'), 'base'), copy, { recursive: true });
    for (const output of [copy, path.join(copy, 'merged'), scratch]) {
      const refusal = await mergePaths({ base: copy, adapters: [path.join(source('lora-llama-bf16'), 'adapter')], output, force: true }).catch((error: unknown) => error);
      expect(isTemperError(refusal, 'overwrites-input'), output).toBe(true);
    }
  });
});

describe('parts', () => {
  it('run apart and finished together give the same bytes', async () => {
    const whole = path.join(scratch, 'whole'), parent = path.join(scratch, 'apart'), out = path.join(parent, 'out');
    fs.mkdirSync(parent);
    await merge('lora-llama-bf16', whole);
    await merge('lora-llama-bf16', out, { part: { index: 1, count: 2 } });
    const early = await merge('lora-llama-bf16', out, { finish: true }).catch((error: unknown) => error);
    expect(isTemperError(early, 'parts-missing')).toBe(true);
    await merge('lora-llama-bf16', out, { part: { index: 2, count: 2 } });
    expect(fs.existsSync(out)).toBe(false);
    await merge('lora-llama-bf16', out, { finish: true });
    expect(print(out)).toEqual(print(whole));
    expect(fs.readdirSync(parent)).toEqual(['out']);
  });
});

describe('what an earlier process wrote', () => {
  it('is read again when a conversion is resumed or completed', async () => {
    const parent = path.join(scratch, 'again'), out = path.join(parent, 'out'), input = path.join(source('file-base-sharded'), 'base');
    fs.mkdirSync(parent);
    const convert = (more: object) => convertPath({ input, output: out, workers: 0, to: 'bin', ...more });
    for (let part = 1; part <= 2; part++) await convert({ part: { index: part, count: 2 } });
    const file = path.join(parent, '.out.partial', fs.readdirSync(path.join(parent, '.out.partial')).find((name) => name.endsWith('.bin'))!), bytes = fs.readFileSync(file), at = bytes.length >> 1;
    const flip = () => { bytes[at]! ^= 1; fs.writeFileSync(file, bytes); };
    flip();
    const refusal = await convert({ finish: true }).catch((error: unknown) => error);
    expect(isTemperError(refusal, 'reread-differs')).toBe(true);
    expect((refusal as { findings: { offset?: number }[] }).findings[0]!.offset).toBe(at);
    expect(fs.existsSync(out)).toBe(false);
    flip();
    expect((await convert({ finish: true })).body.verified).toMatchObject({ verdict: 'equal' });
  });
});
