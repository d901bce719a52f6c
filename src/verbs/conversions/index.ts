/** @module Conversions that do more than write the same tensors in another container. */
import { refuse } from '../../findings/index.ts';
import type { ConvertRequest } from '../convert.ts';
import { OPTION_WITHOUT_TARGET } from './codes.ts';
import { adapterExport, adapterImport } from './adapters.ts';
import type { Converter } from './conversion.ts';
import { sentenceTransformers, unwrapped } from './embedding.ts';
import { llamaExport, llamaImport } from './llama.ts';
import { asAdapter, xtunerParts } from './xtuner.ts';
import { trainingState } from './state.ts';

export * from './conversion.ts';

/** Every kind; the first that takes a request does it. */
const CONVERTERS: readonly Converter[] = [llamaImport, llamaExport, adapterExport, adapterImport, xtunerParts, sentenceTransformers, trainingState, asAdapter, unwrapped];

/** Options that belong to one target. */
const OF_TARGET = [['shards', '--shards', 'llama-pth'], ['pooling', '--pooling', 'sentence-transformers']] as const;

/** The kind of conversion that is meant, or undefined for a plain one. */
export async function findConverter(request: ConvertRequest): Promise<Converter | undefined> {
  for (const [field, option, target] of OF_TARGET) if (request[field] !== undefined && request.to !== target) refuse(OPTION_WITHOUT_TARGET, { option, target: `--to ${target}` }, { path: '.' });
  for (const converter of CONVERTERS) if (await converter.takes(request)) return converter;
  return undefined;
}
