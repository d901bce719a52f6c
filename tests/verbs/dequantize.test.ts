/** --dequantize on convert, merge and verify: what is written, what is said of it, and that nothing happens unasked. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isTemperError } from '../../src/findings/index.ts';
import { convertPath, diffPaths, mergePaths, verifyPaths } from '../../src/node/index.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';
import { made, noise, safetensorsFile } from './models.ts';

const room = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-dequantize-'));
afterAll(() => { fs.rmSync(room, { recursive: true, force: true }); });
let count = 0;
const fresh = (name: string): string => path.join(room, `${count++}-${name}`);

const code = async (run: Promise<unknown>): Promise<string> => {
  try { await run; } catch (error) { if (isTemperError(error)) return error.code; throw error; }
  return 'none';
};

/** An adapter for q_proj, whose weight is (48, 40) in every golden model. */
function adapter(): string {
  const folder = fresh('adapter'), module = 'base_model.model.model.layers.0.self_attn.q_proj';
  fs.mkdirSync(folder);
  const r = 2, sides = [48, 40] as const;
  fs.writeFileSync(path.join(folder, 'adapter_model.safetensors'), safetensorsFile({ [`${module}.lora_A.weight`]: made('F32', [r, sides[1]], noise(1, r * sides[1], 0.1)), [`${module}.lora_B.weight`]: made('F32', [sides[0], r], noise(2, sides[0] * r, 0.1)) }));
  fs.writeFileSync(path.join(folder, 'adapter_config.json'), JSON.stringify({ peft_type: 'LORA', r, lora_alpha: 4, target_modules: ['q_proj'] }));
  return folder;
}

/** A golden model without its expected values beside it, and those as a model of their own. */
function models(golden: string): { quantised: string; plain: string } {
  const quantised = fresh('quantised'), plain = fresh('plain');
  for (const [folder, file] of [[quantised, 'model'], [plain, 'expected']] as const) {
    fs.mkdirSync(folder);
    fs.copyFileSync(path.join(golden, `${file}.safetensors`), path.join(folder, 'model.safetensors'));
  }
  fs.copyFileSync(path.join(golden, 'config.json'), path.join(quantised, 'config.json'));
  const { quantization_config: _, ...config } = readJson(path.join(golden, 'config.json'));
  fs.writeFileSync(path.join(plain, 'config.json'), JSON.stringify(config));
  return { quantised, plain };
}

for (const { label, dir } of fixtureFolders('quantized')) {
  describe(`golden, ${label}`, () => {
    for (const name of fs.readdirSync(dir)) {
      it(`${name}: converted`, async () => {
        const { quantised, plain } = models(path.join(dir, name)), output = fresh('converted');
        const { findings } = await convertPath({ input: quantised, output, workers: 0, dequantize: true });
        expect(findings.map((one) => one.code)).toContain('dequantised');
        expect((await diffPaths(output, plain)).exit).toBe(0);
        expect(readJson(path.join(output, 'config.json'))).toEqual(readJson(path.join(plain, 'config.json')));
        expect(readJson(path.join(output, 'temper.json')).dequantized_from).toMatch(/bitsandbytes|FP8|MXFP4/);
      });
    }

    for (const name of ['bnb4-nf4-nested', 'bnb4-fp4', 'bnb8']) {
      it(`${name}: merged onto, only when asked`, async () => {
        const { quantised, plain } = models(path.join(dir, name)), own = adapter(), output = fresh('merged'), same = fresh('same');
        expect(await code(mergePaths({ base: quantised, adapters: [own], output, workers: 0 }))).toBe('quantized-base');
        await mergePaths({ base: quantised, adapters: [own], output, workers: 0, dequantize: true });
        await mergePaths({ base: plain, adapters: [own], output: same, workers: 0 });
        expect((await diffPaths(output, same)).exit).toBe(0);
        expect(readJson(path.join(output, 'config.json')).quantization_config).toBeUndefined();
        expect(readJson(path.join(output, 'temper.json')).dequantized_from).toMatch(/^bitsandbytes [48]-bit$/);
        expect((await verifyPaths({ base: quantised, adapters: [own], merged: output, workers: 0, dequantize: true })).body.verdict).toBe('merged');
        expect(await code(verifyPaths({ base: quantised, adapters: [own], merged: output, workers: 0 }))).toBe('quantized-base');
      });
    }

    it('parts of one weight in several shards', async () => {
      const { quantised, plain } = models(path.join(dir, 'bnb4-nf4-nested')), sharded = fresh('sharded'), output = fresh('converted');
      await convertPath({ input: quantised, output: sharded, workers: 0, maxShardBytes: 3000 });
      expect(fs.readdirSync(sharded).filter((file) => file.endsWith('.safetensors')).length).toBeGreaterThan(2);
      await convertPath({ input: sharded, output, workers: 0, dequantize: true });
      expect((await diffPaths(output, plain)).exit).toBe(0);
    });
  });
}

describe('what it does not go with', () => {
  it('is refused', async () => {
    const input = fresh('plain');
    fs.mkdirSync(input);
    fs.writeFileSync(path.join(input, 'model.safetensors'), safetensorsFile({ 'w.weight': made('F32', [4, 4], noise(1, 16)) }));
    expect(await code(convertPath({ input, output: fresh('out'), workers: 0, dequantize: true }))).toBe('not-quantised');
    expect(await code(convertPath({ input, output: fresh('out'), workers: 0, dequantize: true, recursive: true }))).toBe('dequantise-first');
  });
});
