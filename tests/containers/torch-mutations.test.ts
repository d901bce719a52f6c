/** Damaged torch files, a few hundred of them. A million: tests/soak/torch-mutations.soak.ts. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixtureFolders } from '../fixtures.ts';
import { mutate, probe, random } from './torch-mutations.ts';

const SEEDS = 60;

describe('damaged files are opened or refused', () => {
  const { dir } = fixtureFolders('containers')[0]!;
  for (const name of ['torch/module_state_dict.pt', 'torch/quantized.pt', 'objects/std_objects_p4.pt', 'legacy/legacy_storage_views.pt', 'zip_variants/deflated_all.pt', 'zip_variants/big_endian.pt', 'other/bare_protocol0.pkl', 'gguf/llama_embed/adapter-f32.gguf']) {
    const bytes = new Uint8Array(fs.readFileSync(path.join(dir, name)));
    it(name, async () => {
      for (let seed = 0; seed < SEEDS; seed++) {
        try { expect(['opened', 'refused']).toContain(await probe(path.basename(name), mutate(bytes, random(seed)))); } catch (error) { throw new Error(`seed ${seed} of ${name}`, { cause: error }); }
      }
    });
  }
});
