/**
 * @module
 * The configuration of a training run as XTuner keeps it: Python text in `meta.cfg` of the checkpoint, or a file beside it.
 */
import { readBytes, type Folder } from '../../bytes/index.ts';
import { openContainer } from '../../containers/index.ts';
import { item } from '../../containers/torch/dict.ts';
import type { TorchFile } from '../../containers/torch/index.ts';
import { CONFIG_TEXT_MAX } from '../../producers/python/config.ts';

/** Files of a state that hold the client state, `meta` among it: the checkpoint itself, or DeepSpeed's model states. */
const HOLDERS: readonly RegExp[] = [/^mp_rank_00_model_states\.pt$/, /^zero_pp_rank_0_mp_rank_00_model_states\.pt$/];

/** Names of the text beside a state. */
const BESIDE = /^(?:xtuner_config|config)\.py$/;

/** `meta.cfg` of a torch file; empty for a checkpoint of mmengine that has none, undefined for any other file. */
export async function configInside(folder: Folder, path: string): Promise<string | undefined> {
  const source = await folder.open(path);
  try {
    const opened = await openContainer(source);
    const root = 'root' in opened ? (opened as TorchFile).root : undefined, meta = item(root, 'meta'), text = item(meta, 'cfg');
    if (typeof text === 'string') return text;
    return item(meta, 'mmengine_version') === undefined && item(root, 'message_hub') === undefined ? undefined : '';
  } finally {
    await source.close();
  }
}

/** The text that belongs to a state: in the file given, in the states of the first rank, or in a file beside them. */
export async function runConfig(folder: Folder, file: string | undefined): Promise<string | undefined> {
  if (file !== undefined) return configInside(folder, file);
  const entries = (await folder.list()).filter((entry) => entry.kind === 'file' && entry.unusable === undefined);
  for (const test of HOLDERS) {
    const holder = entries.find(({ path }) => test.test(path)), text = holder === undefined ? undefined : await configInside(folder, holder.path);
    if (text !== undefined) return text;
  }
  const beside = entries.find(({ path, bytes }) => BESIDE.test(path) && bytes <= CONFIG_TEXT_MAX);
  if (beside === undefined) return undefined;
  const source = await folder.open(beside.path);
  try { return new TextDecoder().decode(await readBytes(source, 0, source.size)); } finally { await source.close(); }
}
