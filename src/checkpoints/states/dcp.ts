/**
 * @module
 * A directory of torch.distributed.checkpoint (FSDP, accelerate, torchtitan) as a checkpoint of the model in it: the
 * optimizer's part and counters are left out, the key that wraps the model is taken off. In either storage: `.distcp` files
 * with `.metadata`, or safetensors parts.
 */
import { subFolder, type Folder, type FolderEntry } from '../../bytes/index.ts';
import { DCP_METADATA_NAME, isPartFile, openDcp, openSharded, type DcpCheckpoint, type DcpFile } from '../../containers/dcp/index.ts';
import { WRAPPER_KEYS } from '../../containers/torch/index.ts';
import { finding, isTemperError, refuse, TemperError } from '../../findings/index.ts';
import { rebind } from '../../tensors/index.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { STATE_DATA_FILE, STATE_LEFT_OUT, STATE_METADATA_ABSENT, STATE_NO_WEIGHTS, STATE_SIZES_FROM_PARTS } from './codes.ts';
import { StateFiles } from './files.ts';
import { inTag } from './ranks.ts';
import { StateTensors } from './tensors.ts';

/** Where trainers put the part of the model; accelerate numbers models. */
const MODEL_FOLDER = /^(?:pytorch_model_fsdp(?:_\d+)?|model|sharded)$/;
/** First keys of what is no weight. */
const NO_WEIGHT = /^(?:optim|lr_scheduler|scheduler|train_state|dataloader|rng)/;
/** Parts in safetensors, by rank. */
const PART_NAME = /^shard-(\d+)-.*\.safetensors$/;
/** Wrappers inside wrappers that are taken off; `app` is what torch's own tutorial calls its state. */
const WRAPPERS: readonly string[] = [...WRAPPER_KEYS, 'app'], WRAPPERS_MAX = 3;
/** What a data file is known by: the parts of tensors in it have headers all over. */
const HEADER_BYTES = 1 << 20;
/** Names that one finding spells out. */
const NAMES_SHOWN = 5;

const base = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Whether a path is that of a data file of a distributed checkpoint, in either storage. */
export const isDataFile = (path: string): boolean => path.endsWith('.distcp') || PART_NAME.test(base(path));

/** The directory of the model's part: the folder itself or one inside; undefined when there is none. */
export async function findDcp(folder: Folder): Promise<string | undefined> {
  const entries = await folder.list();
  if (await isDcp(folder, entries)) return '';
  const inside: string[] = [];
  for (const { path, kind, unusable } of entries) {
    if (kind === 'folder' && unusable === undefined && MODEL_FOLDER.test(path) && await isDcp(folder, await folder.list(path))) inside.push(path);
  }
  return inside[0];
}

async function isDcp(folder: Folder, entries: readonly FolderEntry[]): Promise<boolean> {
  const names = entries.filter(({ kind }) => kind === 'file').map(({ path }) => path);
  if (names.some((path) => base(path) === DCP_METADATA_NAME)) return true;
  const data = names.find((path) => path.endsWith('.distcp'));
  if (data !== undefined) {
    const directory = data.slice(0, -base(data).length).replace(/\/$/, '');
    refuse(STATE_METADATA_ABSENT, { folder: directory === '' ? folder.label : `${folder.label}/${directory}`, file: base(data) }, { path: directory === '' ? '.' : directory, expected: DCP_METADATA_NAME });
  }
  const part = names.find((path) => PART_NAME.test(base(path)));
  return part !== undefined && isPartFile(folder, part);
}

/** A name and the keys that lead to it. */
interface Keyed<T> { readonly name: string; readonly keys: readonly (string | number)[]; readonly of: T }

/** The tensors of the model, under the names that the model gives them, and the names of all others. */
export function modelPart<T>(all: readonly Keyed<T>[]): { taken: { name: string; of: T }[]; left: string[] } {
  let inside = all;
  for (let depth = 0; depth < WRAPPERS_MAX; depth++) {
    const wrapper = WRAPPERS.find((key) => inside.some(({ keys }) => keys.length > 1 && keys[0] === key));
    if (wrapper === undefined) break;
    inside = inside.filter(({ keys }) => keys.length > 1 && keys[0] === wrapper).map((one) => ({ ...one, keys: one.keys.slice(1) }));
  }
  const taken = inside.filter(({ keys }) => !NO_WEIGHT.test(String(keys[0]))), names = new Set(taken.map(({ name }) => name));
  return { taken: taken.map(({ keys, of }) => ({ name: keys.join('.'), of })), left: all.filter(({ name }) => !names.has(name)).map(({ name }) => name) };
}

/** Opens the part of the model in directory `directory` of a folder. */
export async function openDistributed(folder: Folder, directory: string): Promise<Checkpoint> {
  const inner = directory === '' ? folder : subFolder(folder, directory), files = new StateFiles(folder), names = await files.names(directory);
  const tensors = new StateTensors(files, [], inner.label), tell = (left: readonly string[]) => {
    if (left.length > 0) tensors.note(finding(STATE_LEFT_OUT, { folder: inner.label, count: left.length, names: [...left.slice(0, NAMES_SHOWN), ...left.length > NAMES_SHOWN ? ['…'] : []].join(', ') }, { path: directory === '' ? '.' : directory }));
  };
  try {
    if (names.includes(DCP_METADATA_NAME)) {
      const opened = await openParts(inner, directory), first = files.files.length;
      addFiles(files, directory, opened.files);
      for (const found of opened.findings) tensors.note(inFolder(found, directory));
      const { taken, left } = modelPart(opened.tensors.map((of) => ({ name: of.name, keys: opened.metadata.paths.get(of.name) ?? [of.name], of })));
      if (taken.length === 0) refuse(STATE_NO_WEIGHTS, { folder: inner.label }, { path: inTag(directory, DCP_METADATA_NAME) });
      for (const { name, of } of taken) tensors.add(name, rebind((await opened.tensor(of)).expression, (source) => first + source));
      tell([...left, ...opened.metadata.objects.map(({ name }) => name)]);
    } else {
      const parts = names.filter((name) => PART_NAME.test(name)), opened = await openSharded(inner, parts);
      tensors.note(finding(STATE_SIZES_FROM_PARTS, { folder: inner.label, count: parts.length, last: Number(PART_NAME.exec(parts.at(-1)!)?.[1]) }, { path: directory === '' ? '.' : directory }));
      addFiles(files, directory, opened.files);
      const { taken, left } = modelPart(opened.tensors.map((of) => ({ name: of.name, keys: [of.name], of })));
      if (taken.length === 0) refuse(STATE_NO_WEIGHTS, { folder: inner.label }, { path: directory === '' ? '.' : directory });
      for (const { name, of } of taken) tensors.add(name, of.expression);
      tell(left);
    }
    return tensors.checkpoint({ kind: 'dcp', tag: directory });
  } catch (error) {
    await files.close();
    throw error;
  }
}

/** Opens the directory; data files that are not there are said as such, before everything that follows from it. */
async function openParts(inner: Folder, directory: string): Promise<DcpCheckpoint> {
  try {
    return await openDcp(inner);
  } catch (error) {
    if (!isTemperError(error)) throw error;
    const absent = [...new Set(error.findings.filter(({ code, path }) => code === 'cannot-read' && path !== undefined).map(({ path }) => base(path!)))];
    if (absent.length === 0) throw error;
    throw new TemperError([finding(STATE_DATA_FILE, { folder: inner.label, files: absent.join(', ') }, { path: inTag(directory, absent[0]!) }), ...error.findings.map((one) => inFolder(one, directory))]);
  }
}

function addFiles(files: StateFiles, directory: string, opened: readonly DcpFile[]): void {
  for (const { path, source } of opened) {
    files.addOpened({ path: inTag(directory, path), bytes: source.size, format: 'dcp-shard', metadata: new Map(), headerRanges: [[0, Math.min(source.size, HEADER_BYTES)]], source, ...files.time(inTag(directory, path)) });
  }
}

const inFolder = <F extends { readonly path?: string }>(found: F, directory: string): F => (directory === '' || found.path === undefined || found.path.startsWith(`${directory}/`) ? found : { ...found, path: inTag(directory, found.path) });
