/**
 * @module
 * Names of a training engine turned into those that a loader of models knows: wrappers of training taken off, and the
 * attribute under which a trainer keeps the model (`self.model`).
 */
import { closeCheckpoint, type Checkpoint } from '../checkpoints/checkpoint.ts';
import { openCheckpoint } from '../checkpoints/open.ts';
import { chooseWeights } from '../checkpoints/precedence.ts';
import { isTemperError, type Text } from '../findings/index.ts';
import { readConfig } from './read-config.ts';
import type { Dropped } from './plan.ts';

/** Components that training puts into names. */
const WRAPPER = /^(?:_orig_mod|_forward_module|_fsdp_wrapped_module|_checkpoint_wrapped_module)$/;

const NO_PART: Text = { en: 'no part of the model that config.json describes', zh: '不属于 config.json 所描述的模型' };

/** New names of the tensors of a state, and those that are no part of the model. */
export interface EngineNames { readonly renamed: ReadonlyMap<string, string>; readonly dropped: readonly Dropped[] }

/** Prefixes that are tried, the shortest first. */
const PREFIXES = ['', 'module.', 'model.', 'module.model.', 'model.model.'];

/**
 * The names for transformers. Weights beside the state say which prefix is too much; without them an architecture that is a
 * bare model (`XLMRobertaModel`) does, for its names have none.
 */
export async function engineNames(state: Checkpoint): Promise<EngineNames> {
  const plain = new Map([...state.tensors.keys()].map((name) => [name, name.split('.').filter((part) => !WRAPPER.test(part)).join('.')]));
  const known = await namesBeside(state), names = [...plain.values()];
  const hits = (prefix: string) => names.filter((name) => name.startsWith(prefix) && known?.has(name.slice(prefix.length))).length;
  const prefix = known === undefined ? await prefixByConfig(state, names) : PREFIXES.reduce((best, one) => (hits(one) > hits(best) ? one : best), '');
  const renamed = new Map<string, string>(), dropped: Dropped[] = [];
  for (const [from, name] of plain) {
    // A part that trained beside the model (heads of retrieval) does not stand below the prefix.
    if (prefix !== '' && !name.startsWith(prefix)) dropped.push({ name: from, why: NO_PART });
    else if (name.slice(prefix.length) !== from) renamed.set(from, name.slice(prefix.length));
  }
  return { renamed, dropped };
}

/** Names in the weights beside a state; undefined where there are none, or none that open. */
async function namesBeside({ folder }: Checkpoint): Promise<ReadonlySet<string> | undefined> {
  const names = (await folder.list()).filter(({ kind }) => kind === 'file').map(({ path }) => path);
  if (chooseWeights(names, 'model').kind === 'none') return undefined;
  try {
    const beside = await openCheckpoint(folder, { prefer: 'model' });
    await closeCheckpoint(beside);
    return new Set(beside.tensors.keys());
  } catch (error) {
    if (!isTemperError(error)) throw error;
    return undefined;
  }
}

async function prefixByConfig(state: Checkpoint, names: readonly string[]): Promise<string> {
  const architectures = (await readConfig(state))?.fields.get('architectures'), bare = Array.isArray(architectures) && architectures.some((one) => typeof one === 'string' && /Model$/.test(one));
  const below = (prefix: string) => names.filter((name) => name.startsWith(prefix)).length;
  if (bare) return below('module.model.') > 0 ? 'module.model.' : below('model.') > 0 ? 'model.' : below('module.') === names.length ? 'module.' : '';
  // Data parallel, and nothing else, puts `module.` before everything.
  return below('module.') === names.length ? 'module.' : '';
}
