/**
 * @module
 * One folder of a tree, once everybody has said what it is: what a loader reads there, and of every file its role and needs.
 */
import { neededFor } from './needs.ts';
import { ROLES, ruleFor } from './roles.ts';
import { SYSTEMS } from './systems/index.ts';
import { CHECKPOINT_NAME } from './systems/trainer.ts';
import type { TreeDirectory, TreeFile } from './tree.ts';
import type { FolderView } from './view.ts';
import { areHollow, pickAdapter, pickModel, type Picked } from './weights.ts';

/** What a folder cannot tell by itself. */
export interface Surroundings {
  /** It is, or lies in, the base of a merge. */
  readonly isBase: boolean;
  /** Somewhere in the tree lies an engine state, which has the values of placeholders. */
  readonly hasState: boolean;
}

const RULES = [...SYSTEMS.flatMap((system) => system.roles ?? []), ...ROLES];

/** Weights of one purpose in a folder. */
interface Weights {
  readonly chosen: readonly string[];
  readonly effective: readonly string[];
  /** They are placeholders without elements. */
  readonly isHollow: boolean;
  /** Placeholders beside a state that has the values: the wrong copy, with all that describes them. */
  readonly isWrongCopy: boolean;
}

async function weightsOf(here: FolderView, picked: Picked | undefined, hasState: boolean): Promise<Weights> {
  const isHollow = await areHollow(here, picked), isWrongCopy = hasState && isHollow;
  return { isHollow, isWrongCopy, chosen: isWrongCopy ? [] : picked?.chosen ?? [], effective: isWrongCopy ? [] : picked?.effective ?? [] };
}

/** Describes a folder whose kinds are known. */
export async function describe(here: FolderView, { isBase, hasState }: Surroundings): Promise<TreeDirectory> {
  const kinds = [...here.kinds], is = (...any: string[]) => any.some((kind) => here.kinds.has(kind));
  const isModel = is('full-model', 'llama-pth', 'projector'), isAdapter = is('adapter'), isState = is('accelerate-state');
  const model = await weightsOf(here, await pickModel(here), hasState), adapter = await weightsOf(here, await pickAdapter(here), hasState);
  const effective = [...isModel ? model.effective : [], ...isAdapter ? adapter.effective : []];
  const checkpoint = is('trainer-checkpoint') || CHECKPOINT_NAME.test(here.name);
  // Weights in a folder that is nothing are a wrapper's or a leftover: no loader would look there.
  const isLoaded = isModel || isAdapter || isState || is('trainer-checkpoint');
  const ownVocabulary = isAdapter && here.has('tokenizer.json') && await hasOwnRows(here, adapter.effective[0]);

  const isSuperseded = (role: string, name: string): boolean => {
    if (role === 'adapter-config') return adapter.isWrongCopy;
    // save_state numbers the models of a run; each is read again.
    if (isState && NUMBERED.test(name)) return false;
    // An adapter beside a model's weights is not second to them.
    const isOwn = role === 'adapter-weights' && (adapter.chosen.length > 0 || isModel), first = isOwn ? adapter.chosen : [...model.chosen, ...adapter.chosen];
    if (first.includes(name)) return !isLoaded;
    return first.length > 0 || (role === 'adapter-weights' ? adapter : model).isWrongCopy;
  };

  const files: TreeFile[] = [];
  for (const file of here.files) {
    const rule = await ruleFor(here, file, RULES), { role } = rule;
    files.push({
      ...file, directory: here.path, role,
      neededFor: neededFor(rule, {
        checkpoint, base: isBase, stateOnly: isState && !isModel && !isAdapter, ownVocabulary,
        // Another engine reads GGUF, beside anything.
        superseded: SUPERSEDABLE.has(role) && file.format !== 'gguf' && isSuperseded(role, file.name),
        resumed: checkpoint && (role !== 'adapter-weights' || adapter.chosen.includes(file.name)),
      }),
    });
  }
  const isExpected = isModel || isAdapter || is('trainer-output', 'trainer-checkpoint');
  return { path: here.path, kinds, files, folders: here.folders.map(({ name }) => name), servesAsBase: isBase, isHollow: (isModel && model.isHollow) || (isAdapter && adapter.isHollow), ...(isExpected ? { weights: effective } : {}) };
}

/** How accelerate calls the second model of a run and those after it. */
const NUMBERED = /^(?:model|pytorch_model)_\d+\.(?:safetensors|bin)$/;
/** Roles of which another file can take the place. */
const SUPERSEDABLE: ReadonlySet<string> = new Set(['weights', 'weights-index', 'adapter-weights', 'adapter-config']);

/** Whether an adapter holds whole embeddings: then its tokenizer is the one that fits them. */
async function hasOwnRows(here: FolderView, weights: string | undefined): Promise<boolean> {
  const names = weights === undefined ? undefined : await here.tensorNames(weights);
  return names?.names.some((name) => /(?:embed_tokens|wte|word_embeddings|embed_in|tok_embeddings|lm_head)\.(?:modules_to_save\.\w+\.)?weight$/.test(name)) ?? false;
}
