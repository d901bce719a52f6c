import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadModel } from '../../examples/forward/llama.mjs';
import { recite } from '../../examples/forward/recite.mjs';
import { loadTokenizer } from '../../examples/forward/tokenizer.mjs';
import { fixtureFolders, readJson } from '../fixtures.ts';

interface Recital {
  prompt: string;
  prompt_ids: number[];
  generated_ids: number[];
  generated_text: string;
  margin_float32_compute: { each: number[] };
}

/** `expected.json` gives margins to three decimals; order of summation moves the last one. */
const MARGIN_TOLERANCE = 0.002;

const folders = fixtureFolders('examples').flatMap(({ label, dir }) => fs.readdirSync(dir)
  .filter((name) => fs.existsSync(path.join(dir, name, 'expected.json')))
  .map((name) => ({ name: `${label}/${name}`, dir: path.join(dir, name), expected: readJson(path.join(dir, name, 'expected.json')) })));

describe.each(folders)('the forward pass of $name', ({ dir, expected }) => {
  it.each([
    ...expected.base.map((recital: Recital) => ({ model: 'base', recital })),
    ...expected.merged.map((recital: Recital) => ({ model: 'expected-merged', recital })),
  ])('recites with $model after $recital.prompt', ({ model, recital }) => {
    const said = recite(path.join(dir, model), recital.prompt);
    expect(said.promptIds).toEqual(recital.prompt_ids);
    expect(said.generatedIds).toEqual(recital.generated_ids);
    expect(said.text).toBe(recital.generated_text);
    recital.margin_float32_compute.each.forEach((margin: number, step: number) => expect(Math.abs(said.margins[step]! - margin)).toBeLessThan(MARGIN_TOLERANCE));
  });

  it('has the logits that were measured elsewhere', () => {
    const { prompt_ids: ids, logits, suggested_tolerance: tolerance } = expected.fingerprint;
    const next = loadModel(path.join(dir, 'expected-merged')).start();
    const measured: Float32Array = ids.map((id: number) => next(id)).at(-1);
    expect(measured).toHaveLength(logits.length);
    logits.forEach((logit: number, token: number) => expect(Math.abs(measured[token]! - logit)).toBeLessThan(tolerance));
  });
});

describe('the tokenizer', () => {
  const { dir, expected } = folders.find(({ name }) => name === 'carried/recital-zh')!;
  const base = loadTokenizer(path.join(dir, 'base')), merged = loadTokenizer(path.join(dir, 'expected-merged'));

  it('cuts characters that it does not know into bytes', () => {
    const { prompt, prompt_ids: ids } = expected.base_on_a_chinese_prompt;
    expect(base.encode(prompt)).toEqual(ids);
  });

  it.each(['静夜思 is a poem,\n\n  it\'s old… 😀', '春晓</s>晓', ''])('gives back "%s" without special tokens', (text) => {
    expect(merged.decode(merged.encode(text))).toBe(text.replace('</s>', ''));
  });
});
