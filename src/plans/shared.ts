/**
 * @module
 * Names that share a storage in a torch file. safetensors has no sharing, so all but one of them are left out and written
 * down in the metadata as `removed: kept`, as safetensors' own `save_model` does (`_remove_duplicate_names`). Views that
 * merely overlap are written out each: upstream refuses them, or loses them. A torch file goes on sharing.
 */
import type { Checkpoint, CheckpointTensor } from '../checkpoints/checkpoint.ts';
import type { TorchNamed } from '../containers/torch/listing.ts';
import { EMBEDDING_ENDINGS, findEmbedding, findHead, tiedHeadName, tieFlag } from '../families/embeddings.ts';
import { elementCount } from '../tensors/index.ts';
import type { Shared } from './plan.ts';

/** What an identical view has in common; undefined for what shares nothing. */
function placeOf({ file, shape, expression }: CheckpointTensor): string | undefined {
  if ((expression.op !== 'stored' && expression.op !== 'strided') || elementCount(shape) === 0) return undefined;
  return [file, expression.offset, expression.dtype, shape, expression.op === 'strided' ? expression.strides : ''].join(':');
}

/** What views of the same bytes have in common, whatever their shape. */
function bytesOf(tensor: CheckpointTensor): string | undefined {
  const { file, expression, bytes } = tensor;
  return expression.op === 'stored' && bytes > 0 ? [file, expression.offset, expression.dtype, bytes].join(':') : placeOf(tensor);
}

const isTorch = (base: Checkpoint, { file }: CheckpointTensor): boolean => base.files[file]!.format.startsWith('torch');

/**
 * Which of several names is kept: the one that architectures tie the others to. T5, BART and Marian tie to `shared`, and
 * everything else to its input embedding; never to a head.
 */
function rankOf(name: string, head: string | undefined): number {
  const ends = (ending: string) => name === ending || name.endsWith(`.${ending}`);
  if (name === head || ends('lm_head.decoder.weight')) return 3;
  return ends('shared.weight') ? 0 : EMBEDDING_ENDINGS.some(ends) ? 1 : 2;
}

/**
 * Names to leave out, and the name that is kept for each. The head is never the one that is kept, for loaders tie it to the
 * embedding and not the other way round; where config.json denies the tie, it stays as it is.
 */
export function sharedNames(base: Checkpoint, config: ReadonlyMap<string, unknown> | undefined): Map<string, string> {
  const groups = new Map<string, string[]>(), removed = new Map<string, string>(), head = findHead(base.tensors);
  for (const tensor of base.tensors.values()) {
    const place = isTorch(base, tensor) ? placeOf(tensor) : undefined;
    if (place === undefined || (tensor.name === head && tieFlag(config) === false)) continue;
    const group = groups.get(place);
    if (group === undefined) groups.set(place, [tensor.name]); else group.push(tensor.name);
  }
  for (const group of groups.values()) {
    const [kept] = [...group].sort((a, b) => rankOf(a, head) - rankOf(b, head) || (a < b ? -1 : 1));
    for (const name of group) if (name !== kept) removed.set(name, kept!);
  }
  return removed;
}

/** Names whose bytes an earlier name has already, for a container that knows sharing: one object stays one object. */
export function sharedTensors(base: Checkpoint): Map<string, Shared> {
  const first = new Map<string, string>(), shared = new Map<string, Shared>();
  for (const tensor of base.tensors.values()) {
    const bytes = isTorch(base, tensor) ? bytesOf(tensor) : undefined;
    if (bytes === undefined) continue;
    const before = first.get(bytes), { sameAs } = tensor as Partial<TorchNamed>;
    if (before === undefined) first.set(bytes, tensor.name);
    else shared.set(tensor.name, sameAs === undefined || base.tensors.get(sameAs)?.file !== tensor.file ? { name: before, object: false } : { name: sameAs, object: true });
  }
  return shared;
}

/** Names that an earlier conversion left out, as the metadata says, and the name that stands for each. */
export function recordedNames(base: Checkpoint): Map<string, string> {
  const recorded = new Map<string, string>();
  for (const [index, { format, metadata }] of base.files.entries()) {
    if (format !== 'safetensors') continue;
    for (const [name, kept] of [...metadata, ...base.indexTexts ?? []]) if (!base.tensors.has(name) && base.tensors.get(kept)?.file === index) recorded.set(name, kept);
  }
  return recorded;
}

/** Decoders whose head has this very name; those of other models lie deeper or are called differently. */
const PLAIN_DECODER = /(?:ForCausalLM|LMHeadModel)$/;
/** Those of them that tie where config.json says nothing (the defaults of transformers' configuration classes). */
const TIED_BY_DEFAULT = /^(?:GPT2|GPTNeoFor|GPTBigCode|OPT|Bloom|Gemma|Cohere|CTRL|XGLM|BioGpt|Falcon|MptFor)/;

/**
 * The head that the model's configuration ties to the embedding and that the files leave out, with the embedding's name:
 * transformers drops it from safetensors without a note, and writes it into a .bin.
 */
export function tiedHead(base: Checkpoint, config: ReadonlyMap<string, unknown> | undefined): readonly [head: string, embedding: string] | undefined {
  const head = tiedHeadName(config), embedding = findEmbedding(base.tensors.keys()), architectures = config?.get('architectures');
  const [first] = Array.isArray(architectures) ? architectures as unknown[] : [];
  // Without a prefix it is the bare model, which has no head.
  if (head === undefined || embedding === undefined || embedding.split('.').length < 3 || findHead(base.tensors) !== undefined) return undefined;
  if (typeof first !== 'string' || !PLAIN_DECODER.test(first) || !(tieFlag(config) ?? TIED_BY_DEFAULT.test(first))) return undefined;
  return [head, embedding];
}
