/** @module FlagEmbedding: encoders, M3 with its heads, rerankers, and LLM embedders with added tokens. */
import { rule } from '../roles.ts';
import type { System } from '../system.ts';
import { transformersVersion, withVersion } from './trainer.ts';

/** FlagEmbedding. */
export const flagEmbedding: System = {
  name: 'FlagEmbedding',
  layer: 'program',
  roles: [
    rule(/^(?:colbert|sparse)_linear\.pt$/, 'retrieval-head', 'inference'),
    rule(/^emb\.pth$/, 'added-embedding', 'merge', (here) => here.name === 'embedding'),
  ],
  wrote: async (tree) => {
    const { folders, trainingArguments } = tree;
    if (trainingArguments?.class.startsWith('FlagEmbedding.')) return withVersion(undefined, { en: `training_args.bin holds its ${trainingArguments.class.split('.').at(-1)!}`, zh: `training_args.bin 中是它的 ${trainingArguments.class.split('.').at(-1)!}` });
    const head = folders.find((here) => here.has('colbert_linear.pt') || here.has('sparse_linear.pt') || (here.name === 'embedding' && here.has('emb.pth')));
    return head === undefined ? undefined : withVersion(await transformersVersion(tree), { en: 'the heads or added rows that only it writes', zh: '只有它才会写出的检索头或新增词向量' });
  },
};
