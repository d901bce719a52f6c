/**
 * @module
 * Whether a conversion is plainly one: another container, dtype or shards of a model that lies there as save_pretrained
 * leaves it. Nothing that a special conversion looks for is there, so none of them needs to be loaded: 30 ms of a start.
 */
import type { ConvertRequest } from '../convert.ts';

/** Targets that are nothing but another container. */
export const CONTAINERS_ONLY: ReadonlySet<string | undefined> = new Set([undefined, 'safetensors', 'bin']);

/** Weights under the names of loaders, and files that are no weights under any. */
const PLAIN_FILE = /^(?:(?:model|pytorch_model|adapter_model)(?:-\d{5}-of-\d{5})?\.(?:safetensors|bin)|[^.].*\.(?:json|md|txt|jinja|tiktoken|py|spm)|tokenizer\.model|LICENSE|NOTICE|\.gitattributes)$/;

/** Whether no special conversion can take this request: `findConverter` would say undefined. */
export async function isPlain({ input, file, to, recursive, shards, pooling, saveFormat, asAdapter, excludeFrozen, tag, worldSize, buffers }: ConvertRequest): Promise<boolean> {
  if (!CONTAINERS_ONLY.has(to) || file !== undefined || recursive || [shards, pooling, saveFormat, asAdapter, excludeFrozen, tag, worldSize, buffers].some((option) => option !== undefined)) return false;
  const entries = await input.list();
  return entries.some(({ path }) => /^(?:model|pytorch_model|adapter_model)\b/.test(path)) && entries.every(({ path, kind, unusable }) => kind === 'file' && unusable === undefined && PLAIN_FILE.test(path) && path !== 'params.json');
}
