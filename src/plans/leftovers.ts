/**
 * @module
 * What else lies in a folder whose weights are converted: the card and files that nobody knows go along, for they are still
 * true of the same weights; training state, logs and other weights do not, and are named.
 */
import type { Folder, FolderEntry } from '../bytes/index.ts';
import { roleOf } from '../producers/roles.ts';
import { COMPANION_BYTES_MAX } from './companions.ts';

/** Roles of files that go along. */
const CARRIED = new Set(['model-card', 'other']);

/** Endings of weights, states and archives: what has one is never carried over by not being known. */
const STATE = /\.(?:safetensors|bin|pt|pth|ckpt|pkl|pickle|npy|npz|gguf|h5|msgpack|onnx|ot|distcp|tar|gz|zip|tmp|partial)$/i;

/** The manifest of the run that wrote the input; this run writes its own. */
export const OLD_MANIFEST = 'temper.json';

/** What the rest of a folder comes to. */
export interface Leftovers {
  readonly carry: readonly FolderEntry[];
  /** Names of files and, with a slash behind them, of folders. */
  readonly left: readonly string[];
}

/** Sorts the entries of a folder that are not `taken` already. */
export async function leftovers(folder: Folder, taken: ReadonlySet<string>): Promise<Leftovers> {
  const carry: FolderEntry[] = [], left: string[] = [];
  for (const entry of await folder.list()) {
    const { path, kind, unusable, bytes } = entry;
    if (taken.has(path) || path === OLD_MANIFEST) continue;
    if (kind === 'folder') {
      if (![...taken].some((one) => one.startsWith(`${path}/`))) left.push(`${path}/`);
    } else if (unusable === undefined && bytes <= COMPANION_BYTES_MAX && CARRIED.has(roleOf(path).role) && !STATE.test(path)) carry.push(entry);
    else left.push(path);
  }
  return { carry, left };
}
