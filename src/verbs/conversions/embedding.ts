/** @module Embedding models as sentence-transformers reads them, and names out of the wrappers that training put around a model. */
import { openCheckpoint } from '../../checkpoints/index.ts';
import type { Checkpoint } from '../../checkpoints/checkpoint.ts';
import { openContainer } from '../../containers/index.ts';
import { item } from '../../containers/torch/dict.ts';
import type { TorchFile } from '../../containers/torch/index.ts';
import { PyCall } from '../../containers/torch/pickle/index.ts';
import { POOLINGS, type Pooling } from '../../families/index.ts';
import { isTemperError } from '../../findings/index.ts';
import { planSentenceTransformers, type EmbeddingOptions } from '../../plans/embedding/sentence-transformers.ts';
import { wrapperNames } from '../../plans/embedding/wrappers.ts';
import { withHeads } from '../../plans/embedding/heads.ts';
import { planConvert, planStateModel } from '../../plans/index.ts';
import { readConfig } from '../../plans/read-config.ts';
import { VERSION } from '../../version.ts';
import { opening, type Converter } from './conversion.ts';

/** `--to sentence-transformers`. */
export const sentenceTransformers: Converter = {
  takes: async ({ to }) => to === 'sentence-transformers',
  plan: ({ input, file, pooling, dtype, maxShardBytes, container }) => opening(async (keep) => {
    const base = keep(await openCheckpoint(input, file === undefined ? {} : { file })), trained = await trainedWith(base);
    return planSentenceTransformers(base, {
      version: VERSION, ...(dtype && { dtype }), ...(maxShardBytes && { maxShardBytes }), ...(container && { container }),
      ...(pooling === undefined ? {} : { pooling: pooling as Pooling }), ...(trained === undefined ? {} : { trained }),
    });
  }),
};

/** What FlagEmbedding's own training arguments say; their class is never loaded. */
async function trainedWith({ folder }: Checkpoint): Promise<EmbeddingOptions['trained']> {
  const entry = (await folder.list()).find(({ path, kind, unusable }) => path === 'training_args.bin' && kind === 'file' && unusable === undefined);
  if (entry === undefined) return undefined;
  const source = await folder.open(entry.path);
  try {
    const opened = await openContainer(source), root = 'root' in opened ? (opened as TorchFile).root : undefined, state = root instanceof PyCall ? root.state : undefined;
    const method = item(state, 'sentence_pooling_method'), normalize = item(state, 'normalize_embeddings'), word = method === 'last_token' ? 'lasttoken' : method;
    const pooling = POOLINGS.find((known) => known === word);
    return pooling === undefined ? undefined : { pooling, ...(typeof normalize === 'boolean' ? { normalize } : {}) };
  } catch (error) {
    // What cannot be read there says nothing; the family decides.
    if (isTemperError(error)) return undefined;
    throw error;
  } finally {
    await source.close();
  }
}

/** `--to huggingface` of weights whose names have a wrapper of training before them. */
export const unwrapped: Converter = {
  takes: async ({ to, recursive }) => to === 'huggingface' && !recursive,
  plan: ({ input, file, dtype, maxShardBytes, container, single }) => opening(async (keep) => {
    const base = keep(await openCheckpoint(input, file === undefined ? {} : { file })), names = wrapperNames([...base.tensors.keys()], (await readConfig(base))?.fields);
    const how = { version: VERSION, ...(dtype && { dtype }), ...(maxShardBytes && { maxShardBytes }), ...(container && { container }), ...(single && { single }) };
    return names.renamed.size === 0 ? planConvert(base, how) : withHeads(await planStateModel(base, { ...how, names }), base);
  }),
};
