/**
 * A million damaged files: torch zips, legacy streams, pickles, GGUF, safetensors, numpy arrays, indexes. TEMPER_MUTATIONS sets how many, TEMPER_SEED where
 * they begin; a failure names the seed and the file, and prints how to make it again.
 */
import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { fixtureFolders } from '../fixtures.ts';
import { mutate, probe, random } from '../containers/torch-mutations.ts';

const COUNT = Number(process.env['TEMPER_MUTATIONS'] ?? 1_000_000), START = Number(process.env['TEMPER_SEED'] ?? 0);
/** Larger files only make the same damage rarer. */
const BYTES_MAX = 16 * 1024;
/** No damaged file may keep the reader busy: the slowest seen takes a few milliseconds. Of the processor, not of the clock: others use the machine too. */
const MILLISECONDS_MAX = 5000;

it(`${COUNT} damaged files are opened or refused, none keeps the reader busy`, async () => {
  const files = [...fixtureFolders('containers'), ...fixtureFolders('hostile')].flatMap(({ dir }) =>
    (fs.readdirSync(dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile() && /\.(?:pt|pth|bin|pkl|ckpt|gguf|safetensors|npy|npz|distcp|metadata|index\.json)$/i.test(entry.name))
      .map((entry) => path.join(entry.parentPath, entry.name)).filter((file) => fs.statSync(file).size <= BYTES_MAX));
  const contents = files.map((file) => new Uint8Array(fs.readFileSync(file)));
  expect(files.length).toBeGreaterThan(100);
  let slowest = 0;
  for (let seed = START; seed < START + COUNT; seed++) {
    const next = random(seed), pick = next(files.length), file = files[pick]!, began = process.cpuUsage();
    try { await probe(path.basename(file), mutate(contents[pick]!, next)); } catch (error) {
      throw new Error(`seed ${seed} of ${file}; again with TEMPER_SEED=${seed} TEMPER_MUTATIONS=1`, { cause: error });
    }
    const { user, system } = process.cpuUsage(began);
    slowest = Math.max(slowest, (user + system) / 1000);
    expect(slowest, `seed ${seed} of ${file}`).toBeLessThan(MILLISECONDS_MAX);
  }
});
