/**
 * @module
 * The files beside the weights that make a directory deployable: tokenizer, chat template, processor, generation
 * config, remote code. The adapter's where it has them, for training may have changed them; the base's otherwise.
 */
import { listRecursively, type Folder, type FolderEntry } from '../bytes/index.ts';
import type { Text } from '../findings/index.ts';
import { CARRIED_FOLDERS, isCarried, roleOf } from '../producers/roles.ts';

/** A file to carry over. */
export interface Companion { readonly folder: Folder; readonly from: string; readonly path: string; readonly role: string; readonly why: Text; readonly modifiedMs?: number }

/** Largest file that is carried over by its name alone; a vocabulary or a kernel stays far below. */
export const COMPANION_BYTES_MAX: number = 512 * 1024 * 1024;

/** Roles that an adapter directory may override. Code and processors come from the base: training does not change them. */
const OVERRIDABLE: ReadonlySet<string> = new Set(['tokenizer', 'tokenizer-config', 'chat-template', 'processor-config', 'generation-config']);

const FROM_BASE: Text = { en: 'of the base', zh: '来自基座' };
const FROM_ADAPTER: Text = { en: 'of the adapter: it was saved with the trained weights', zh: '来自适配器：与训练后的权重一同保存' };

/** Companions of base and adapters, later adapters first in what may be overridden. `found.tokenizer` says whose it is. */
export async function findCompanions(base: Folder, adapters: readonly { role: string; folder: Folder }[]): Promise<{ companions: Companion[]; tokenizer: string }> {
  const chosen = new Map<string, Companion>();
  for (const entry of await carried(base)) {
    chosen.set(entry.path, { folder: base, from: 'base', path: entry.path, role: roleOf(entry.path).role, why: FROM_BASE, ...time(entry) });
  }
  let tokenizer = 'base';
  for (const { role: from, folder } of adapters) {
    const own = (await folder.list()).filter((entry) => usable(entry) && OVERRIDABLE.has(roleOf(entry.path).role));
    const roles = new Map(own.map((entry) => [entry.path, roleOf(entry.path).role]));
    const brings = (role: string) => [...roles.values()].includes(role);
    if (brings('tokenizer')) {
      tokenizer = from;
      // Side files of the base's tokenizer would contradict the adapter's vocabulary.
      drop(chosen, (companion) => companion.role === 'tokenizer-config' || (companion.role === 'tokenizer' && /tokenizer\.json$|added_tokens/.test(companion.path)));
    }
    if (brings('chat-template') || await hasInlineTemplate(folder, roles)) drop(chosen, (companion) => companion.role === 'chat-template');
    for (const entry of own) {
      const role = roles.get(entry.path)!;
      // Half a tokenizer (a config without a vocabulary) does not replace a whole one.
      if (role === 'tokenizer-config' && !brings('tokenizer') && chosen.has(entry.path)) continue;
      chosen.set(entry.path, { folder, from, path: entry.path, role, why: FROM_ADAPTER, ...time(entry) });
    }
  }
  return { companions: [...chosen.values()], tokenizer };
}

const time = (entry: FolderEntry) => (entry.modifiedMs === undefined ? {} : { modifiedMs: entry.modifiedMs });
const usable = (entry: FolderEntry) => entry.kind === 'file' && entry.unusable === undefined && entry.bytes <= COMPANION_BYTES_MAX;

function drop(chosen: Map<string, Companion>, test: (companion: Companion) => boolean): void {
  for (const [path, companion] of chosen) if (test(companion)) chosen.delete(path);
}

async function carried(folder: Folder): Promise<FolderEntry[]> {
  const found: FolderEntry[] = [];
  for (const entry of await folder.list()) {
    if (entry.kind === 'folder' && CARRIED_FOLDERS.test(entry.path)) found.push(...(await listRecursively(folder, entry.path)).filter(usable));
    else if (usable(entry) && isCarried(entry.path)) found.push(entry);
  }
  return found;
}

/** A chat template inside tokenizer_config.json, as transformers 4 wrote it. */
async function hasInlineTemplate(folder: Folder, roles: ReadonlyMap<string, string>): Promise<boolean> {
  if (!roles.has('tokenizer_config.json')) return false;
  const source = await folder.open('tokenizer_config.json');
  try {
    const bytes = new Uint8Array(Math.min(source.size, 16 << 20));
    await source.read(0, bytes);
    return new TextDecoder().decode(bytes).includes('"chat_template"');
  } finally {
    await source.close();
  }
}
