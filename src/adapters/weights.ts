/**
 * @module
 * Where the tensors of an adapter lie: in files of their own, or in the training state that they were trained in.
 */
import { subFolder, type Folder } from '../bytes/index.ts';
import { closeCheckpoint, findState, openCheckpoint, openState, type StateOptions } from '../checkpoints/index.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { STATE_INSTEAD_OF_HOLLOW } from '../checkpoints/states/codes.ts';
import { finding, isTemperError, type Finding } from '../findings/index.ts';
import { ADAPTER_CONFIG, textField, type AdapterConfig } from './config.ts';
import { adapterPart, type AdapterPart } from './memory.ts';
import { methodOf } from './methods/index.ts';

/** Tensors of an adapter, and what of a training state is not of it. */
export interface AdapterTensors { readonly checkpoint: Checkpoint; readonly findings: readonly Finding[]; readonly dropped: AdapterPart['dropped'] }

/** The training state that is meant. */
export interface TensorsOptions { readonly state?: StateOptions }

/** adapter_config.json beside a training state, in it, or in the one folder below that has one (`pt_lora_model/`). */
export async function findConfig(folder: Folder, tag: string): Promise<{ readonly folder: Folder; readonly path: string } | undefined> {
  const inside = (path: string) => (path === '' ? ADAPTER_CONFIG : `${path}/${ADAPTER_CONFIG}`);
  const holds = async (path: string) => (await folder.list(path)).some((entry) => entry.kind === 'file' && entry.unusable === undefined && entry.path === inside(path));
  const at = (path: string) => ({ folder: path === '' ? folder : subFolder(folder, path), path: inside(path) });
  if (await holds('')) return at('');
  const below: string[] = [];
  for (const { path, kind, unusable } of await folder.list()) if (kind === 'folder' && unusable === undefined && await holds(path)) below.push(path);
  if (below.includes(tag)) return at(tag);
  return below.length === 1 ? at(below[0]!) : undefined;
}

/** The tensors of the adapter: in files of their own, or in a training state where there are none, or where it was asked for. */
export async function openTensors(folder: Folder, { state }: TensorsOptions, config: AdapterConfig | undefined): Promise<AdapterTensors> {
  const methodHere = () => methodOf((config === undefined ? undefined : textField(config, 'peft_type')) ?? 'LORA') ?? methodOf('LORA')!;
  const fromState = (opened: Checkpoint): AdapterTensors => { const { checkpoint, dropped } = adapterPart(opened, methodHere(), config); return { checkpoint, dropped, findings: checkpoint.findings }; };
  if (state !== undefined) {
    const opened = await openState(folder, state);
    if (opened !== undefined) return closing(opened, fromState);
  }
  let checkpoint: Checkpoint;
  try {
    checkpoint = await openCheckpoint(folder, { prefer: 'adapter' });
  } catch (error) {
    const opened = isTemperError(error, 'no-weights') ? await openState(folder) : undefined;
    if (opened === undefined) throw error;
    return closing(opened, fromState);
  }
  const hollow = [...checkpoint.tensors.values()].filter(({ name, shape }) => shape.length === 1 && shape[0] === 0 && name.includes('lora_')), file = checkpoint.files[0]?.path ?? '.';
  const place = hollow.length === 0 ? undefined : await findState(folder);
  if (place === undefined) return { checkpoint, findings: checkpoint.findings, dropped: [] };
  await closeCheckpoint(checkpoint);
  const instead = await closing((await openState(folder))!, fromState);
  return { ...instead, findings: [finding(STATE_INSTEAD_OF_HOLLOW, { file, state: place.tag }, { path: file }), ...instead.findings] };
}

/** Closes a state when nothing comes of it. */
async function closing<T>(opened: Checkpoint, use: (opened: Checkpoint) => T): Promise<T> {
  try {
    return use(opened);
  } catch (error) {
    await closeCheckpoint(opened);
    throw error;
  }
}
