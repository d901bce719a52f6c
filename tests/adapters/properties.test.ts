/** What a merge must be, whatever the method: undone it gives the base back, and its bytes depend on nothing but the inputs. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openAdapter } from '../../src/adapters/index.ts';
import { openCheckpoint } from '../../src/checkpoints/index.ts';
import { generalProgram } from '../../src/engine/compute/general.ts';
import { openInput } from '../../src/node/folder.ts';
import { mergePaths } from '../../src/node/verbs.ts';
import { applyAll } from '../../src/plans/index.ts';
import { solveInPlace } from '../../src/tensors/linalg/solve.ts';
import { cast, valuesOf, type Expression } from '../../src/tensors/index.ts';
import { bytesOf, expectedBytes, programInputs, type Files } from '../engine/compute-support.ts';
import { fixtureFolders } from '../fixtures.ts';

/** How a case's merge acts on a weight: adds to it whatever it is, or is a linear map of its inputs or of its outputs. */
const CASES = {
  'oft-toy': 'inputs', 'oft-exact': 'inputs', 'oft-coft': 'inputs', 'legacy-oft-0.17': 'inputs', 'legacy-oft-0.15': 'inputs', 'legacy-oft-0.13': 'outputs',
  'boft-toy': 'inputs', 'boft-butterfly': 'inputs', 'hra-conv': 'inputs', 'hra-gs': 'inputs', 'road-1': 'outputs',
  shira: 'adds', 'shira-windows': 'adds', 'vblora-topk': 'adds', delora: 'adds', 'supertuning-lora': 'adds', 'peanut-deep': 'adds its own',
} as const;

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-properties-'));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

const root = fixtureFolders('peft').find(({ label }) => label === 'carried')!.dir;
/** Merged weights that are changed, as expressions over the files of a case. */
async function opened(name: string): Promise<Files & { readonly weights: { readonly name: string; readonly value: Expression; readonly base: Expression }[] }> {
  const base = await openCheckpoint(openInput(path.join(root, name, 'base')).folder), adapter = await openAdapter(openInput(path.join(root, name, 'adapter')).folder);
  const { model } = await applyAll(base, [adapter], { config: undefined }), files = [...base.files, ...adapter.checkpoint.files];
  const bytes = await Promise.all(files.map(async ({ source }) => { const all = new Uint8Array(source.size); await source.read(0, all); return all; }));
  for (const { source } of files) await source.close();
  const weights = [...model.slots.values()].filter(({ kind }) => kind === 'delta').map((slot) => ({ name: slot.name, value: slot.value, base: slot.original }));
  return { files: bytes, stages: model.stages.map(({ expression }) => expression), weights };
}

/** A merged weight as a function of the weight. */
function merging({ files, stages }: Files, base: Expression, value: Expression): (weight: Float64Array) => Float64Array {
  if (base.op !== 'stored' || base.dtype !== 'F32') throw new Error('the cases have stored weights in float32');
  const own = files[base.source]!, changed = own.slice(), read = (source: number, offset: number, length: number) => (source === base.source ? changed : files[source]!).slice(offset, offset + length);
  return (weight) => {
    changed.set(own);
    changed.set(new Uint8Array(Float32Array.from(weight).buffer), base.offset);
    return valuesOf(value, { read, stage: (index) => stages![index]! });
  };
}

const transposed = (x: Float64Array, rows: number, columns: number) => Float64Array.from(x, (_, i) => x[(i % rows) * columns + Math.floor(i / rows)]!);

/** The weight that such a merge made this one of. */
function undone(how: string, merge: (weight: Float64Array) => Float64Array, merged: Float64Array, start: Float64Array, rows: number): Float64Array {
  const columns = merged.length / rows, zero = merge(new Float64Array(merged.length));
  if (how === 'adds') return merged.map((x, i) => x - zero[i]!);
  if (how === 'adds its own') { const again = merge(start); return merged.map((x, i) => x - (again[i]! - start[i]!)); }
  // What every single input (output) becomes, in every row (column) at once.
  const side = how === 'inputs' ? columns : rows, lines = how === 'inputs' ? rows : columns;
  const images = Array.from({ length: side }, (_, j) => {
    const image = merge(Float64Array.from({ length: merged.length }, (__, i) => ((how === 'inputs' ? i % columns : Math.floor(i / columns)) === j ? 1 : 0)));
    return how === 'inputs' ? image : transposed(image, rows, columns);
  });
  const wanted = how === 'inputs' ? merged : transposed(merged, rows, columns), found = new Float64Array(merged.length);
  for (let line = 0; line < lines; line++) {
    // Σⱼ xⱼ·imageⱼ = wanted, along the line.
    const system = Float64Array.from({ length: side * side }, (_, at) => images[at % side]![line * side + Math.floor(at / side)]!), x = wanted.slice(line * side, (line + 1) * side);
    solveInPlace(system, x, side, 1);
    found.set(x, line * side);
  }
  return how === 'inputs' ? found : transposed(found, columns, rows);
}

describe.each(Object.entries(CASES))('%s', (name, how) => {
  it('merged in float32 and undone, gives the base', async () => {
    const all = await opened(name);
    expect(all.weights.length).toBeGreaterThan(0);
    for (const { base, value } of all.weights) {
      const merge = merging(all, base, value), start = valuesOf(base, { read: (source, offset, length) => all.files[source]!.slice(offset, offset + length) });
      const merged = Float64Array.from(Float32Array.from(merge(start))), back = undone(how, merge, merged, start, base.shape[0]!);
      const most = start.reduce((a, b) => Math.max(a, Math.abs(b)), 0), changed = merged.some((x, i) => Math.abs(x - start[i]!) > 0.01 * most);
      expect(changed).toBe(true);
      back.forEach((x, i) => expect(Math.abs(x - start[i]!)).toBeLessThan(2e-6 * most));
    }
  });

  it('has the same bytes in tiles of any size, in any pieces', async () => {
    const all = await opened(name), inputs = programInputs(all);
    for (const { value } of all.weights) {
      const stored = cast('BF16', value), want = Buffer.from(expectedBytes(stored, all));
      for (const [kernels, tile, pieces] of [['wasm', 1 << 17, 1], ['wasm', 7, 3], ['plain', 50, 2]] as const) {
        expect(Buffer.from(await bytesOf(await generalProgram(stored, inputs, 64 << 20, kernels, tile), 'BF16', stored.shape, pieces))).toEqual(want);
      }
    }
  });

  it('has the same bytes for any number of workers', async () => {
    const bytes = [];
    for (const workers of [0, 2]) {
      const output = path.join(scratch, `${name}-${workers}`);
      await mergePaths({ base: path.join(root, name, 'base'), adapters: [path.join(root, name, 'adapter')], output, workers });
      bytes.push(fs.readFileSync(path.join(output, 'model.safetensors')));
    }
    expect(bytes[1]).toEqual(bytes[0]);
  });
});
