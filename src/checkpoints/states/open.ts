/**
 * @module
 * Whether a directory or a file is a training state, and the state as a checkpoint.
 */
import { subFolder, type Folder } from '../../bytes/index.ts';
import { isTemperError, refuse } from '../../findings/index.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { openCheckpoint } from '../open.ts';
import { findDcp, openDistributed } from './dcp.ts';
import { STATE_LOCAL_SHARD } from './codes.ts';
import { isLocalShard, isModelStates, shardRank } from './names.ts';
import type { StateFacts, StateOptions } from './options.ts';
import { findTag, isUniversal } from './tag.ts';
import { openUniversal } from './universal.ts';
import { openModule, openZero } from './zero.ts';

/** Where a state lies. */
export interface StatePlace {
  readonly kind: StateFacts['kind'];
  /** Directory, relative to the folder; '' is the folder itself. */
  readonly tag: string;
  /** The one file that holds it. */
  readonly file?: string;
}

/** The whole state dict of FSDP in one file, as accelerate calls it; it numbers models. */
const WHOLE_FILE = /^pytorch_model_fsdp(?:_\d+)?\.bin$/;

/** Finds the state in a folder, by names only; undefined when there is none. Refuses a tag that leads nowhere. */
export async function findState(folder: Folder, options: Pick<StateOptions, 'tag'> = {}): Promise<StatePlace | undefined> {
  const distributed = options.tag === undefined ? await findDcp(folder) : await dcpOfTag(folder, options.tag);
  if (distributed === '' || (distributed !== undefined && options.tag !== undefined)) return { kind: 'dcp', tag: distributed };
  const tag = await findTag(folder, options.tag);
  if (tag === undefined) return distributed === undefined ? wholeFile(folder) : { kind: 'dcp', tag: distributed };
  return { kind: await isUniversal(folder, tag) ? 'universal' : 'zero', tag };
}

async function wholeFile(folder: Folder): Promise<StatePlace | undefined> {
  const names = (await folder.list()).filter(({ kind }) => kind === 'file').map(({ path }) => path), file = names.find((name) => WHOLE_FILE.test(name)), local = names.find(isLocalShard);
  if (file === undefined && local !== undefined) refuse(STATE_LOCAL_SHARD, { file: local }, { path: local });
  return file === undefined ? undefined : { kind: 'fsdp', tag: '', file };
}

/** A distributed checkpoint in the directory that was asked for. */
async function dcpOfTag(folder: Folder, tag: string): Promise<string | undefined> {
  if (!(await folder.list()).some(({ path, kind, unusable }) => path === tag && kind === 'folder' && unusable === undefined)) return undefined;
  const inner = await findDcp(subFolder(folder, tag));
  return inner === undefined ? undefined : inner === '' ? tag : `${tag}/${inner}`;
}

/** Folders directly below that hold a state: checkpoints of a run. A broken one counts too. */
export async function statesBelow(folder: Folder): Promise<string[]> {
  const found: string[] = [];
  for (const { path, kind, unusable } of await folder.list()) {
    if (kind !== 'folder' || unusable !== undefined) continue;
    try {
      if (await findState(subFolder(folder, path)) !== undefined) found.push(path);
    } catch (error) {
      if (!isTemperError(error)) throw error;
      found.push(path);
    }
  }
  return found.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/** Opens the state in a folder; undefined when there is none. Throws with everything that stands against it. */
export async function openState(folder: Folder, options: StateOptions = {}): Promise<Checkpoint | undefined> {
  const place = await findState(folder, options);
  switch (place?.kind) {
    case undefined: return undefined;
    case 'zero': return openZero(folder, place.tag, options);
    case 'universal': return openUniversal(folder, place.tag, options);
    case 'dcp': return openDistributed(folder, place.tag);
    case 'fsdp': return { ...await openCheckpoint(folder, { file: place.file! }), state: { kind: 'fsdp', tag: '' } };
  }
}

/** Whether a file is one of a state, by its name. */
export function isStateFile(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return isModelStates(name) || shardRank(name) !== undefined || isLocalShard(name);
}

/** Opens one file of a state on its own; undefined when its name is not that of one. */
export async function openStateFile(folder: Folder, file: string, options: StateOptions = {}): Promise<Checkpoint | undefined> {
  if (isLocalShard(file.slice(file.lastIndexOf('/') + 1))) refuse(STATE_LOCAL_SHARD, { file }, { path: file });
  return openModule(folder, file, options);
}

/** The model in a folder or a file: weights that a loader takes; where there are none, the training state. */
export async function openModel(folder: Folder, options: { readonly file?: string } = {}): Promise<Checkpoint> {
  if (options.file !== undefined && isStateFile(options.file)) return (await openStateFile(folder, options.file))!;
  try {
    return await openCheckpoint(folder, options);
  } catch (error) {
    const state = isTemperError(error, 'no-weights') ? await openState(folder) : undefined;
    if (state === undefined) throw error;
    return state;
  }
}
