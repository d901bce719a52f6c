/** The bytes of a merge are a function of its inputs: the same for 0, 1, 2 and 4 workers. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { mergePaths } from '../../src/node/verbs.ts';
import { fixtureRoots } from '../fixtures.ts';
import { readModelRaw } from '../adapters/judge.ts';

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-workers-'));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

describe.each(['lora-llama-bf16', 'dora-gpt2', 'mts-untied-grown'])('%s', (name) => {
  const root = path.join(fixtureRoots()[0]!, 'peft', name);
  it('has the same bytes for every number of workers and a small budget', async () => {
    const outputs: Map<string, unknown>[] = [];
    for (const workers of [0, 1, 2, 4]) {
      const output = path.join(scratch, `${name}-${workers}`);
      await mergePaths({ base: path.join(root, 'base'), adapters: [path.join(root, 'adapter')], output, workers, memoryBytes: workers === 4 ? 1 << 30 : 128 << 20, digest: true });
      outputs.push(readModelRaw(output));
      expect(fs.readFileSync(path.join(output, 'temper.json'))).toEqual(fs.readFileSync(path.join(scratch, `${name}-0`, 'temper.json')));
    }
    for (const output of outputs) expect(output).toEqual(outputs[0]);
  });
});
