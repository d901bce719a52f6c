/**
 * @module
 * What lies in an adapter's directory: the folder itself or one below it, its configuration or what the tensors and the
 * user say in its place, and an embedding that was saved beside it.
 */
import { subFolder, type Folder } from '../bytes/index.ts';
import { openCheckpoint } from '../checkpoints/index.ts';
import type { Checkpoint, CheckpointTensor } from '../checkpoints/checkpoint.ts';
import { finding, isTemperError, refuse, type Finding } from '../findings/index.ts';
import { rebind } from '../tensors/index.ts';
import { ADAPTER_IN_SUBFOLDER, ALPHA_UNKNOWN, CONFIG_SYNTHESISED, NO_ADAPTER_CONFIG, SEVERAL_ADAPTERS } from './codes.ts';
import { ADAPTER_CONFIG, readAdapterConfig, type AdapterConfig } from './config.ts';
import { PEFT_PREFIX } from './keys.ts';
import { loraFacts, loraFields } from './lora-facts.ts';
import { ADAPTER_IS_MODEL } from './opening-codes.ts';
import { findConfig, openTensors, type AdapterTensors, type TensorsOptions } from './weights.ts';

/** Levels below the given folder that are searched: `checkpoint-N/pt_lora_model/pt_lora_model` is the deepest known. */
const LEVELS_MAX = 3;

/** The folder itself, or the one below it that holds an adapter with a name. Checkpoints of a run are never chosen. */
export async function adapterFolder(folder: Folder): Promise<{ folder: Folder; findings: Finding[] }> {
  const holders = await holdersIn(folder, '', LEVELS_MAX), [first] = holders;
  if (first === undefined || first === '') return { folder, findings: [] };
  if (holders.length === 1 && !/(?:^|\/)checkpoint-\d+$/.test(first)) return { folder: subFolder(folder, first), findings: [finding(ADAPTER_IN_SUBFOLDER, { folder: first }, { path: first })] };
  return refuse(SEVERAL_ADAPTERS, { folder: folder.label, names: holders.join(', '), first }, { path: '.' });
}

/** Paths of the folders that hold a configuration; nothing is searched below one that does. */
async function holdersIn(folder: Folder, path: string, levels: number): Promise<string[]> {
  const entries = await folder.list(path), prefix = path === '' ? '' : `${path}/`;
  if (entries.some((entry) => entry.path === `${prefix}${ADAPTER_CONFIG}`)) return [path];
  if (levels === 0) return [];
  const inner = entries.filter((entry) => entry.kind === 'folder' && entry.unusable === undefined && !entry.link);
  return (await Promise.all(inner.map((entry) => holdersIn(folder, entry.path, levels - 1)))).flat();
}

/** An adapter's files: configuration and tensors. */
export interface AdapterFiles extends AdapterTensors { readonly config: AdapterConfig }

/** Opens configuration and tensors. A configuration that was lost follows from the tensors, but for alpha, which the user must say. */
export async function openFiles(folder: Folder, options: TensorsOptions & { readonly loraAlpha?: number }): Promise<AdapterFiles> {
  const { loraAlpha: alpha } = options, beside = await findConfig(folder, options.state?.tag ?? '');
  if (beside !== undefined && (options.state !== undefined || beside.path === ADAPTER_CONFIG)) {
    const config = await readAdapterConfig(beside.folder);
    return { config, ...await openTensors(folder, options, config) };
  }
  const lost = (): never => refuse(NO_ADAPTER_CONFIG, { folder: folder.label }, { path: '.' });
  let opened: AdapterTensors;
  try {
    opened = await openTensors(folder, options, undefined);
  } catch (error) {
    if (isTemperError(error, 'no-weights')) return lost();
    throw error;
  }
  const { checkpoint } = opened, facts = loraFacts(checkpoint.tensors.values()), file = checkpoint.files[0]?.path ?? '.';
  if (facts === undefined) {
    const isModel = (await folder.list()).some((entry) => entry.kind === 'file' && entry.path === 'config.json') && ![...checkpoint.tensors.keys()].some((name) => name.startsWith(PEFT_PREFIX));
    return isModel ? refuse(ADAPTER_IS_MODEL, { folder: folder.label, file, count: checkpoint.tensors.size }, { path: file }) : lost();
  }
  const modules = facts.targetModules.join(', ');
  if (alpha === undefined) refuse(ALPHA_UNKNOWN, { folder: folder.label, file, r: facts.r, modules }, { path: file });
  const config: AdapterConfig = { path: ADAPTER_CONFIG, fields: loraFields(facts, { alpha }) };
  return { config, ...opened, findings: [...opened.findings, finding(CONFIG_SYNTHESISED, { file, r: facts.r, alpha, modules }, { path: file })] };
}

/** Where FlagEmbedding puts the embedding of a model that it added tokens to: a whole pickled nn.Embedding. */
export const ADDED_EMBEDDING = 'embedding/emb.pth';

/** The embedding beside the adapter, as one more file of its checkpoint; undefined when there is none. */
export async function addedEmbedding(folder: Folder, checkpoint: Checkpoint): Promise<{ checkpoint: Checkpoint; tensor: CheckpointTensor } | undefined> {
  const [directory] = ADDED_EMBEDDING.split('/');
  if (!(await folder.list()).some((entry) => entry.kind === 'folder' && entry.path === directory)) return undefined;
  if (!(await folder.list(directory)).some((entry) => entry.kind === 'file' && entry.path === ADDED_EMBEDDING)) return undefined;
  const own = await openCheckpoint(folder, { file: ADDED_EMBEDDING }), first = checkpoint.files.length;
  const found = [...own.tensors.values()].find(({ shape }) => shape.length === 2);
  if (found === undefined) { for (const file of own.files) await file.source.close(); return undefined; }
  const tensor: CheckpointTensor = { ...found, name: `${ADDED_EMBEDDING}:${found.name}`, file: first, expression: rebind(found.expression, () => first) };
  return { tensor, checkpoint: { ...checkpoint, files: [...checkpoint.files, ...own.files], tensors: new Map([...checkpoint.tensors, [tensor.name, tensor]]) } };
}
