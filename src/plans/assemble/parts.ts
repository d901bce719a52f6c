/**
 * @module
 * The parts of a model that lie in folders of their own, as XTuner leaves them (producers: `xtuner convert pth_to_hf`):
 * the language model or its adapter, the visual encoder or its adapter, the projector between the two.
 */
import type { Folder, FolderEntry } from '../../bytes/index.ts';
import { roleOf } from '../../producers/index.ts';

/** What a base can be the base of. */
export const BASE_ROLES = ['llm', 'visual_encoder'] as const;
/** One of them. */
export type BaseRole = (typeof BASE_ROLES)[number];

/** A part. */
export interface Part {
  readonly role: BaseRole | 'projector';
  readonly form: 'adapter' | 'model';
  /** Folder in the tree; '' is its root. */
  readonly path: string;
}

/** Folders by name. In the root, what is there decides. */
const FOLDERS: readonly (Part & { readonly path: string })[] = [
  { role: 'llm', form: 'adapter', path: 'llm_adapter' },
  { role: 'llm', form: 'model', path: 'llm' },
  { role: 'visual_encoder', form: 'adapter', path: 'visual_encoder_adapter' },
  { role: 'visual_encoder', form: 'model', path: 'visual_encoder' },
  { role: 'projector', form: 'model', path: 'projector' },
];

/** Names of the folders, for messages. */
export const PART_FOLDERS: readonly string[] = FOLDERS.map(({ path }) => `${path}/`);

/** Roles of files in the root of a tree that belong to the model as a whole. */
const CARRIED: ReadonlySet<string> = new Set(['xtuner-config', 'generation-config', 'tokenizer', 'tokenizer-config', 'chat-template', 'processor-config', 'remote-code', 'remote-code-native', 'license', 'model-card']);

/** What lies in a tree. */
export interface TreeParts {
  readonly parts: readonly Part[];
  /** Files of the root that are carried along. */
  readonly files: readonly FolderEntry[];
  /** What is neither. */
  readonly strangers: readonly string[];
}

/** Sorts a tree. */
export async function partsOf(tree: Folder): Promise<TreeParts> {
  const entries = (await tree.list()).filter((entry) => entry.unusable === undefined), parts: Part[] = [], strangers: string[] = [], files: FolderEntry[] = [];
  const names = new Set(entries.filter(({ kind }) => kind === 'file').map(({ path }) => path));
  const weights = [...names].some((name) => ['weights', 'weights-index'].includes(roleOf(name).role));
  if (names.has('adapter_config.json')) parts.push({ role: 'llm', form: 'adapter', path: '' });
  else if (weights) parts.push({ role: 'llm', form: 'model', path: '' });
  for (const entry of entries) {
    const part = FOLDERS.find(({ path }) => path === entry.path);
    if (entry.kind === 'folder' && part !== undefined) parts.push(part);
    else if (entry.kind === 'folder') strangers.push(`${entry.path}/`);
    else if (CARRIED.has(roleOf(entry.path).role)) files.push(entry);
    else if (!ROOT_PART.has(roleOf(entry.path).role) || parts.every(({ path }) => path !== '')) strangers.push(entry.path);
  }
  return { parts, files, strangers };
}

/** Roles of files that are the language model or the adapter in the root. */
const ROOT_PART: ReadonlySet<string> = new Set(['weights', 'weights-index', 'adapter-weights', 'adapter-config', 'model-config', 'manifest']);
