/** @module Conversions from and to Meta's layout of LLaMA (`consolidated.NN.pth`, params.json). */
import { openCheckpoint } from '../../checkpoints/index.ts';
import { PTH_FILE } from '../../families/index.ts';
import { refuse } from '../../findings/index.ts';
import { PTH_SHARD_MISSING } from '../../plans/llama/codes.ts';
import { planLlamaExport, planLlamaImport } from '../../plans/llama/index.ts';
import { VERSION } from '../../version.ts';
import { opening, type Converter } from './conversion.ts';

/** Slices of a model into a model of transformers. Naming one slice means all of them: one alone is no model. */
export const llamaImport: Converter = {
  takes: async ({ input, file, to, recursive }) => {
    if (recursive || (to !== undefined && to !== 'huggingface' && to !== 'safetensors')) return false;
    const names = (await input.list()).map(({ path }) => path), slices = names.filter((name) => PTH_FILE.test(name)).length;
    // Several slices are one model only when they are joined, whatever was asked for.
    return (file === undefined || PTH_FILE.test(file)) && names.includes('params.json') && (to === 'huggingface' ? slices > 0 : slices > 1 && file === undefined);
  },
  plan: ({ input, dtype, maxShardBytes, container }) => opening(async (keep) => {
    const names = (await input.list()).map(({ path }) => path).filter((name) => PTH_FILE.test(name)).sort();
    const slices = [];
    for (const [i, name] of names.entries()) {
      const wanted = `consolidated.${String(i).padStart(2, '0')}.pth`;
      if (name !== wanted) refuse(PTH_SHARD_MISSING, { file: wanted }, { path: wanted });
      slices.push(keep(await openCheckpoint(input, { file: name })));
    }
    return planLlamaImport(input, slices, {
      version: VERSION, ...(dtype === undefined ? {} : { dtype }), ...(maxShardBytes === undefined ? {} : { maxShardBytes }), ...(container === undefined ? {} : { container }),
    });
  }),
};

/** A model of transformers into slices. */
export const llamaExport: Converter = {
  takes: async ({ to }) => to === 'llama-pth',
  plan: ({ input, file, shards, dtype }) => opening(async (keep) => {
    const base = keep(await openCheckpoint(input, file === undefined ? {} : { file }));
    return planLlamaExport(base, { version: VERSION, ...(shards === undefined ? {} : { shards }), ...(dtype === undefined ? {} : { dtype }) });
  }),
};
