/** Quantised weights turned back into numbers, against those of bitsandbytes, torch and transformers. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { closeCheckpoint, openCheckpoint, type Checkpoint } from '../../src/checkpoints/index.ts';
import { parseJson } from '../../src/containers/json.ts';
import { compile } from '../../src/engine/compute/index.ts';
import { dequantise, findQuantization } from '../../src/families/index.ts';
import { isTemperError } from '../../src/findings/index.ts';
import { openFolder } from '../../src/node/folder.ts';
import { sameElements } from '../../src/proofs/bytewise.ts';
import { byteCount, evaluateReference, type Expression } from '../../src/tensors/index.ts';
import { fixtureFolders } from '../fixtures.ts';
import { folderOf, made, noise, safetensorsFile, type Made } from '../verbs/models.ts';

const bytesOf = async (checkpoint: Checkpoint, expression: Expression): Promise<Uint8Array> => {
  const program = await compile(expression, { source: (i) => checkpoint.files[i]!.source, stage: () => { throw new Error('no stages'); } }, { memoryBytes: 64 << 20 });
  const bytes = new Uint8Array(byteCount(expression.dtype, expression.shape));
  await program.run(0, expression.shape.reduce((x, y) => x * y, 1), (at, part) => { bytes.set(part, at); });
  return bytes;
};

const configOf = (folder: string) => parseJson(fs.readFileSync(path.join(folder, 'config.json')), 'config.json') as ReadonlyMap<string, unknown>;

for (const { label, dir } of fixtureFolders('quantized')) {
  describe(`golden, ${label}`, () => {
    for (const name of fs.readdirSync(dir)) {
      it(name, async () => {
        const folder = path.join(dir, name), config = configOf(folder), opened = await openCheckpoint(openFolder(folder), { file: 'model.safetensors' });
        const expected = await openCheckpoint(openFolder(folder), { file: 'expected.safetensors' });
        try {
          expect(findQuantization(opened.tensors.keys(), undefined)).toBeDefined();
          const plain = await dequantise(opened, config), file = new Uint8Array(fs.readFileSync(path.join(folder, 'model.safetensors')));
          expect([...plain.tensors.keys()].sort()).toEqual([...expected.tensors.keys()].sort());
          for (const [tensor, { dtype, shape, expression }] of expected.tensors) {
            const own = plain.tensors.get(tensor)!, wanted = await bytesOf(expected, expression), fast = await bytesOf(opened, own.expression);
            expect([own.dtype, own.shape]).toEqual([dtype, shape]);
            expect(sameElements(dtype, fast, wanted, wanted.length), tensor).toBe(true);
            // The definition says the same, byte for byte.
            const reference = evaluateReference(own.expression, { read: (_, offset, length) => file.subarray(offset, offset + length) });
            expect(Buffer.from(fast).equals(Buffer.from(reference)), tensor).toBe(true);
          }
          expect(plain.findings.map(({ code }) => code)).toContain('dequantised');
        } finally {
          await closeCheckpoint(opened);
          await closeCheckpoint(expected);
        }
      });
    }
  });
}

const code = async (tensors: Readonly<Record<string, Made>>, config?: object): Promise<string> => {
  const folder = folderOf({ 'model.safetensors': safetensorsFile(tensors) }), opened = await openCheckpoint(folder);
  try {
    await dequantise(opened, config === undefined ? undefined : parseJson(new TextEncoder().encode(JSON.stringify(config)), 'config.json') as ReadonlyMap<string, unknown>);
    return 'none';
  } catch (error) {
    if (isTemperError(error)) return error.code;
    throw error;
  }
};

const raw = (dtype: Made['dtype'], shape: readonly number[], bytes: Uint8Array = new Uint8Array(byteCount(dtype, shape))): Made => ({ dtype, shape, bytes });
const state = (fields: object): Made => { const bytes = new TextEncoder().encode(JSON.stringify(fields)); return raw('U8', [bytes.length], bytes); };

describe('what cannot be turned back', () => {
  const whole = {
    'w.weight': raw('U8', [64, 1]), 'w.weight.absmax': made('F32', [2], [1, 2]), 'w.weight.quant_map': made('F32', [16], noise(1, 16)),
    'w.weight.quant_state.bitsandbytes__nf4': state({ quant_type: 'nf4', blocksize: 64, dtype: 'bfloat16', shape: [8, 16] }),
  };
  const bad = (changes: Readonly<Record<string, Made>>) => code({ ...whole, ...changes });

  it('is refused', async () => {
    expect(await code(whole)).toBe('none');
    expect(await code({ 'w.weight': made('F32', [2], [1, 2]) })).toBe('not-quantised');
    expect(await code({ 'w.qweight': raw('I32', [2, 2]) })).toBe('cannot-dequantise');
    expect(await code({ 'w.weight': made('F32', [2], [1, 2]) }, { quantization_config: { quant_method: 'awq' } })).toBe('cannot-dequantise');
    // A scheme that can, and another one beside it that cannot.
    expect(await bad({ 'v.qweight': raw('I32', [2, 2]) })).toBe('cannot-dequantise');
    expect(await bad({ 'w.weight': raw('U8', [63, 1]) })).toBe('cannot-dequantise');
    expect(await bad({ 'w.weight': raw('I8', [64, 1]) })).toBe('cannot-dequantise');
    expect(await bad({ 'w.weight.absmax': made('F32', [3], [1, 2, 3]) })).toBe('cannot-dequantise');
    expect(await bad({ 'w.weight.quant_map': made('F32', [15], noise(1, 15)) })).toBe('cannot-dequantise');
    for (const fields of [{}, { blocksize: 0, shape: [8, 16] }, { blocksize: 64, shape: [8, -16] }, { blocksize: 64, shape: 'x' }, { blocksize: 64, shape: [8, 16], nested_blocksize: 256 }, { blocksize: 64, shape: [8, 16], dtype: 'int8' }, []]) {
      expect(await bad({ 'w.weight.quant_state.bitsandbytes__nf4': state(fields) }), JSON.stringify(fields)).toBe('cannot-dequantise');
    }
    expect(await bad({ 'w.weight.quant_state.bitsandbytes__nf4': raw('U8', [3], new TextEncoder().encode('{"a')) })).toBe('cannot-dequantise');
    expect(await code({ 'w.weight': raw('F8_E4M3', [130, 4]), 'w.weight_scale_inv': made('F32', [1, 1], [1]) })).toBe('cannot-dequantise');
    expect(await code({ 'w.weight': made('F32', [4, 4], noise(1, 16)), 'w.weight_scale_inv': made('F32', [1, 1], [1]) })).toBe('cannot-dequantise');
    expect(await code({ 'e_blocks': raw('U8', [2, 3, 1, 16]), 'e_scales': raw('U8', [2, 3, 2]) })).toBe('cannot-dequantise');
    expect(await code({ 'w.weight': raw('I8', [4, 4]), 'w.SCB': made('F32', [3], [1, 2, 3]) })).toBe('cannot-dequantise');
  });
});
