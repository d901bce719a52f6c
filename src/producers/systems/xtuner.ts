/** @module XTuner: work directories of mmengine (0.1, 0.2) and of v1, exports of `pth_to_hf`, projectors of LLaVA. */
import { entriesOf, item } from '../../containers/torch/index.ts';
import { rule } from '../roles.ts';
import type { Evidence, System, Written } from '../system.ts';
import { textIn, topKeys, type FileView, type FolderView } from '../view.ts';
import { isTag } from './deepspeed.ts';
import { withVersion } from './trainer.ts';

const CHECKPOINT_NAME = /^(?:iter_\d+|epoch_\d+|best_.+|.+-[0-9a-f]{8})\.pth$/;
const RUN_FOLDER = /^\d{8}_?\d{6}$/;
const STEP_FOLDER = /^ckpt-step-\d+$/;

/** A checkpoint of mmengine has a `state_dict` beside what the runner knows. */
async function isMmengine(here: FolderView, file: FileView): Promise<boolean> {
  const keys = topKeys(await here.torch(file.name));
  return keys.includes('state_dict') && (keys.includes('message_hub') || keys.includes('meta'));
}

/** Whether a folder lies in one of the folders named by the time of a run, which hold logs. */
const inRunFolder = (here: FolderView | undefined): boolean => here !== undefined && (RUN_FOLDER.test(here.name) || inRunFolder(here.parent));
const isWorkFolder = (here: FolderView): boolean => here.has('last_checkpoint') || here.has('.xtuner') || here.matching(CHECKPOINT_NAME).length > 0 || here.folders.some((inner) => CHECKPOINT_NAME.test(inner.name));

async function kinds(here: FolderView): Promise<string[]> {
  const found: string[] = [];
  if (textIn(await here.json('config.json'), 'model_type') === 'projector') found.push('projector');
  if (here.has('xtuner_config.py')) found.push('xtuner-export');
  if (STEP_FOLDER.test(here.name) && (here.has('train_state.json') || here.folders.some((inner) => inner.name === 'weights'))) found.push('xtuner-checkpoint');
  if (here.has('.xtuner')) found.push('xtuner-workdir');
  else if (await hasCheckpoints(here)) found.push(hasRun(here) ? 'xtuner-workdir' : 'xtuner-checkpoint');
  return found;
}

async function hasCheckpoints(here: FolderView): Promise<boolean> {
  if (here.folders.some((inner) => CHECKPOINT_NAME.test(inner.name) && isTag(inner))) return true;
  const files = here.matching(/\.pth$/);
  if (files.some(({ name }) => CHECKPOINT_NAME.test(name)) && here.has('last_checkpoint')) return true;
  for (const file of files) if (await isMmengine(here, file)) return true;
  return false;
}

/** Whether more than a checkpoint of a run is here: where it stands, how it was configured, what it logged. */
const hasRun = (here: FolderView): boolean => here.has('last_checkpoint') || here.matching(/^(?!zero_to_fp32\.py$).*\.py$/).length > 0 || here.folders.some(({ name }) => RUN_FOLDER.test(name));

/** A LLaVA export is a model in parts, which its configuration puts together. */
const isInParts = (here: FolderView): boolean => here.folders.some((inner) => inner.kinds.has('projector') || /^(?:llm_adapter|visual_encoder(?:_adapter)?|projector)$/.test(inner.name));

/** The release that a log or the checkpoint's own configuration mentions. */
async function version({ folders }: Written): Promise<string | undefined> {
  for (const here of folders) {
    for (const { name } of here.matching(/\.log$/)) {
      const said = /xtuner[^\n]{0,40}?(\d+\.\d+\.\d+)/i.exec(await here.text(name))?.[1];
      if (said !== undefined) return said;
    }
    for (const { name } of here.matching(/^(?:iter|epoch)_\d+\.pth$/).slice(0, 1)) {
      const meta = entriesOf(item((await here.torch(name))?.root, 'meta')) ?? [];
      const said = meta.find(([key]) => key === 'xtuner_version')?.[1];
      if (typeof said === 'string') return said;
    }
  }
  return folders.some((here) => here.has('.xtuner') || here.matching(/_rank\d+\.safetensors$/).length > 0) ? '1.x' : undefined;
}

/** XTuner. */
export const xtuner: System = {
  name: 'XTuner',
  layer: 'program',
  roles: [
    rule(/^xtuner_config\.py$/, 'xtuner-config', 'inference', isInParts),
    rule(/^xtuner_config\.py$/, 'xtuner-config', 'nothing'),
    rule(/^last_checkpoint$/, 'last-checkpoint', 'resume'),
    rule(/^\.xtuner$/, 'run-metadata', 'resume'),
    rule(/\.(?:py|json|jsonl|log|txt)$/, 'log', 'nothing', (here) => inRunFolder(here) && here.kinds.size === 0 && !inStep(here)),
    rule(/\.pth$/, 'mmengine-checkpoint', 'resume', async (here, file) => (CHECKPOINT_NAME.test(file.name) && (here.kinds.has('xtuner-workdir') || here.kinds.has('xtuner-checkpoint'))) || isMmengine(here, file)),
    rule(/^(?!zero_to_fp32\.py$).*\.py$/, 'training-config', 'merge', isWorkFolder),
    rule(/^(?:train_state\.json)$/, 'trainer-state', 'resume', (here) => STEP_FOLDER.test(here.name)),
    rule(/^trainer_config\.(?:json|bin)$/, 'training-args', 'resume', (here) => STEP_FOLDER.test(here.name)),
    rule(/^lr_scheduler$/, 'scheduler', 'resume', inStep),
    rule(/^(?:dataloader|sampler)$/, 'other', 'resume', inStep),
  ],
  kinds,
  wrote: async (tree) => {
    const mark = MARKS.find(([, test]) => tree.folders.some(test));
    return mark === undefined ? undefined : withVersion(await version(tree), mark[0]);
  },
};

/** What gives it away. */
const MARKS: readonly (readonly [Evidence['why'], (here: FolderView) => boolean])[] = [
  [{ en: 'xtuner_config.py', zh: '有 xtuner_config.py' }, (here) => here.kinds.has('xtuner-export')],
  [{ en: 'its run metadata (.xtuner)', zh: '有它的运行记录（.xtuner）' }, (here) => here.has('.xtuner') || here.kinds.has('xtuner-checkpoint')],
  [{ en: 'checkpoints of mmengine, which it runs on', zh: '有它所依赖的 mmengine 的检查点' }, (here) => here.kinds.has('xtuner-workdir')],
  [{ en: 'shards named by rank', zh: '分片按 rank 命名' }, (here) => here.matching(/^model-\d{4}-.*save_rank\d+\.safetensors$/).length > 0],
];

function inStep(here: FolderView): boolean {
  return STEP_FOLDER.test(here.name) || (here.parent !== undefined && inStep(here.parent));
}
