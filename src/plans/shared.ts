/**
 * @module
 * Names that share a storage in a torch file. safetensors has no sharing, so all but one of them are left out and written
 * down in the metadata as `removed: kept`, as safetensors' own `save_model` does (`_remove_duplicate_names`). Views that
 * merely overlap are written out each.
 */
import type { Checkpoint, CheckpointTensor } from '../checkpoints/checkpoint.ts';
import { findHead, tieFlag } from '../families/index.ts';
import { elementCount } from '../tensors/index.ts';

/** What an identical view has in common; undefined for what shares nothing. */
function placeOf({ file, shape, expression }: CheckpointTensor): string | undefined {
  if ((expression.op !== 'stored' && expression.op !== 'strided') || elementCount(shape) === 0) return undefined;
  return [file, expression.offset, expression.dtype, shape, expression.op === 'strided' ? expression.strides : ''].join(':');
}

/**
 * Names to leave out, and the name that is kept for each. The head is never the one that is kept, for loaders tie it to the
 * embedding and not the other way round; where config.json denies the tie, it stays as it is.
 */
export function sharedNames(base: Checkpoint, config: ReadonlyMap<string, unknown> | undefined): Map<string, string> {
  const groups = new Map<string, string[]>(), removed = new Map<string, string>(), head = findHead(base.tensors);
  for (const tensor of base.tensors.values()) {
    const place = base.files[tensor.file]!.format.startsWith('torch') ? placeOf(tensor) : undefined;
    if (place === undefined || (tensor.name === head && tieFlag(config) === false)) continue;
    const group = groups.get(place);
    if (group === undefined) groups.set(place, [tensor.name]); else group.push(tensor.name);
  }
  for (const group of groups.values()) {
    const [kept] = [...group].sort((a, b) => Number(a === head) - Number(b === head) || (a < b ? -1 : 1));
    for (const name of group) if (name !== kept) removed.set(name, kept!);
  }
  return removed;
}
