/** @module DeepSpeed: tags (`global_stepN/`, or `iter_N.pth/` of XTuner) with the states of every rank. */
import { rule } from '../roles.ts';
import type { System, Written } from '../system.ts';
import { textMember, topKeys, type FolderView } from '../view.ts';
import { isZeroTag } from '../zero.ts';
import { entriesOf, item, itemsOf } from '../../containers/torch/index.ts';

const MODEL_STATES = /^(?:zero_pp_rank_\d+_)?mp_rank_\d+_?model_states\.pt$|^layer_\d+_expert_\d+_mp_rank_\d+_model_states\.pt$/;
const OPTIMIZER_STATES = /^(?:(?:bf16|fp16)_)?(?:zero_pp_rank_\d+|expp_rank_\d+)_mp_rank_\d+_?optim_states\.pt$/;

/** Layers of a pipeline-parallel engine, which nobody here puts together. */
const PIPELINE_LAYER = /^layer_\d+-model_\d+-model_states\.pt$/;
/** A universal checkpoint keeps every parameter in a folder of its own under `zero/`. */
const inUniversal = (here: FolderView): boolean => here.name === 'zero' ? here.parent !== undefined && isTag(here.parent) : here.parent !== undefined && inUniversal(here.parent);

/** Whether a folder is a tag itself, by its names. */
export const isTag = (here: FolderView): boolean => isZeroTag(here.files.map(({ name }) => name));

/** A tag holds weights, or says what is partitioned; an emptied one is only a leftover. */
async function isFilledTag(here: FolderView): Promise<boolean> {
  if (here.matching(OPTIMIZER_STATES).length > 0 || here.matching(PIPELINE_LAYER).length > 0) return true;
  const [first] = here.matching(MODEL_STATES);
  if (first === undefined) return false;
  const opened = await here.torch(first.name);
  // A damaged one is what its name says; that it is damaged is for others to say.
  if (opened === undefined) return true;
  const shapes = item(opened.root, 'param_shapes');
  return opened.tensors.length > 0 || [...itemsOf(shapes) ?? [shapes]].some((group) => (entriesOf(group)?.length ?? 0) > 0);
}

/** The version that a state records. */
async function versionOf({ folders }: Written): Promise<string | undefined> {
  for (const here of folders) {
    for (const file of [...here.matching(MODEL_STATES), ...here.matching(OPTIMIZER_STATES)].slice(0, 1)) {
      const opened = await here.torch(file.name);
      if (topKeys(opened).includes('ds_version')) return textMember(opened?.root, 'ds_version');
    }
  }
  return undefined;
}

/** DeepSpeed. */
export const deepspeed: System = {
  name: 'DeepSpeed',
  layer: 'library',
  roles: [
    rule(/^latest$/, 'deepspeed-latest', 'resume'),
    rule(MODEL_STATES, 'deepspeed-model-states', 'resume'),
    rule(OPTIMIZER_STATES, 'deepspeed-optimizer-shard', 'resume'),
    rule(/^(?:fp32|exp_avg|exp_avg_sq|step)\.pt$/, 'deepspeed-optimizer-shard', 'resume', inUniversal),
    rule(PIPELINE_LAYER, 'other', 'resume'),
  ],
  kinds: async (here) => (await isFilledTag(here) || here.folders.some((inner) => inner.kinds.has('deepspeed') && isTag(inner)) ? ['deepspeed'] : []),
  wrote: async (tree) => {
    if (!tree.folders.some((here) => here.kinds.has('deepspeed'))) return undefined;
    const version = await versionOf(tree);
    return { ...(version === undefined ? {} : { version }), why: { en: 'states of its ranks', zh: '有其各 rank 的状态文件' } };
  },
};
