/**
 * @module
 * The base of an adapter, where it is at hand: the one the user names, the one its config leads to inside the tree, or the
 * only folder of the tree that its tensors belong to.
 */
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import type { CheckContext, Weights } from './context.ts';
import { text } from './members.ts';
import { join, resolveWithin } from './paths.ts';

const PREFIX = 'base_model.model.';

/** Name of the base's tensor that a whole tensor of an adapter replaces; undefined for factors. */
export function targetOf(name: string): string | undefined {
  if (!name.startsWith(PREFIX) || /\.(?:lora_|hada_|lokr_|original_module\.)/.test(name)) return undefined;
  return name.slice(PREFIX.length).replace(/\.modules_to_save(?:\.default)?(?=\.)/, '').replace(/\.base_layer(?=\.)/, '');
}

/** Module of the base that a factor belongs to. */
function moduleOf(name: string): string | undefined {
  const at = /^(?:base_model\.model\.)?(.+?)(?:\.base_layer)*\.(?:lora_|hada_|lokr_|ia3_|oft_|vera_|hra_|boft_)/.exec(name);
  return at?.[1];
}

/** The base of the adapter in a folder. */
export async function baseOf(context: CheckContext, { directory, checkpoint }: Weights): Promise<Checkpoint | undefined> {
  const given = await context.givenBase();
  if (given !== undefined) return given;
  const value = text(await context.object(join(directory.path, 'adapter_config.json')), 'base_model_name_or_path');
  const path = value === undefined || value === '' || /^(?:[/~]|[A-Za-z]:)/.test(value) ? undefined : resolveWithin(directory.path, value);
  const led = path === undefined ? undefined : context.tree.directories.get(path);
  if (led !== undefined && led.kinds.includes('full-model')) return (await context.weightsOf(led))?.checkpoint;
  const candidates: Checkpoint[] = [];
  for (const one of context.directories('full-model')) {
    if (!one.servesAsBase) continue;
    const weights = await context.weightsOf(one);
    if (weights !== undefined && fits(checkpoint, weights.checkpoint)) candidates.push(weights.checkpoint);
  }
  return candidates.length === 1 ? candidates[0] : undefined;
}


/** Whether every name of the adapter has a home in the base; shapes are the business of a merge. */
function fits(adapter: Checkpoint, base: Checkpoint): boolean {
  const modules = new Set([...base.tensors.keys()].map((name) => name.replace(/\.(?:weight|bias)$/, '')));
  for (const name of adapter.tensors.keys()) {
    const module = moduleOf(name) ?? targetOf(name)?.replace(/\.(?:weight|bias)$/, '');
    if (module === undefined || !modules.has(module)) return false;
  }
  return adapter.tensors.size > 0;
}
