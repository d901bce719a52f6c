/**
 * @module
 * Which directory of a training run holds the state: what `latest` (DeepSpeed) or `last_checkpoint` (mmengine, of XTuner)
 * names, or the only one that is there.
 */
import { readBytes, type Folder } from '../../bytes/index.ts';
import { refuse } from '../../findings/index.ts';
import { STATE_TAG_ABSENT, STATE_TAG_AMBIGUOUS, STATE_TAG_NAME } from './codes.ts';
import { isTag } from './names.ts';

/** Files that name a tag. The second may hold the path of another machine; its last part counts. */
const POINTERS = [{ name: 'latest', path: false }, { name: 'latest_universal', path: false }, { name: 'last_checkpoint', path: true }] as const;

/** Longest text of such a file that is read: a path. */
const POINTER_BYTES_MAX = 4096;

/** `global_step9` before `global_step10`. */
const natural = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

/** Directories inside that are tags. */
export async function tagsOf(folder: Folder): Promise<string[]> {
  const tags: string[] = [];
  for (const { path, kind, unusable } of await folder.list()) {
    if (kind === 'folder' && unusable === undefined && await isTagFolder(folder, path)) tags.push(path);
  }
  return tags.sort(natural);
}

/** Whether a directory is a tag: of ZeRO by its names, or a universal checkpoint. */
export async function isTagFolder(folder: Folder, path: string): Promise<boolean> {
  const entries = await folder.list(path), base = (name: string) => name.slice(path === '' ? 0 : path.length + 1);
  if (isTag(entries.filter(({ kind }) => kind === 'file').map((entry) => base(entry.path)))) return true;
  return isUniversal(folder, path);
}

/** Whether a directory holds `zero/NAME/fp32.pt`. */
export async function isUniversal(folder: Folder, path: string): Promise<boolean> {
  const zero = path === '' ? 'zero' : `${path}/zero`;
  if (!(await folder.list(path)).some((entry) => entry.path === zero && entry.kind === 'folder')) return false;
  for (const entry of await folder.list(zero)) {
    if (entry.kind === 'folder') return (await folder.list(entry.path)).some(({ path: inner }) => inner === `${entry.path}/fp32.pt`);
  }
  return false;
}

const isName = (tag: string): boolean => tag !== '' && tag !== '.' && tag !== '..' && !/[/\\:\0]/.test(tag);

/**
 * The tag to take, relative to the folder; '' is the folder itself; undefined when it holds no state of DeepSpeed. `given`
 * is what the user asked for. Refuses what leads nowhere, and a choice that nobody made.
 */
export async function findTag(folder: Folder, given?: string): Promise<string | undefined> {
  const entries = await folder.list(), names = new Set(entries.filter(({ kind }) => kind === 'file').map(({ path }) => path));
  if (given === undefined && await isTagFolder(folder, '')) return '';
  const tags = await tagsOf(folder), present = tags.join(', ') || '–';
  const absent = (file: string, tag: string): never => refuse(STATE_TAG_ABSENT, { file, tag, present }, { path: file, found: tag, expected: present });
  if (given !== undefined) {
    const wanted = given.replace(/\/+$/, '');
    if (!isName(wanted)) refuse(STATE_TAG_NAME, { file: '--tag', tag: JSON.stringify(given) }, { path: '.', found: given });
    return tags.includes(wanted) ? wanted : absent('--tag', wanted);
  }
  const pointer = POINTERS.find(({ name }) => names.has(name));
  if (pointer !== undefined) {
    const text = await readText(folder, pointer.name), tag = pointer.path ? text.split(/[/\\]/).filter((part) => part !== '').at(-1) ?? '' : text;
    if (!isName(tag)) return refuse(STATE_TAG_NAME, { file: pointer.name, tag: JSON.stringify(text.slice(0, 80)) }, { path: pointer.name, found: text.slice(0, 80) });
    if (tags.includes(tag)) return tag;
    // A checkpoint of mmengine that is one file is no business of this module.
    if (pointer.path && (names.has(tag) || tags.length === 0)) return undefined;
    // Other programs have a file of this name too.
    return tags.length > 0 || names.has('zero_to_fp32.py') ? absent(pointer.name, tag) : undefined;
  }
  if (tags.length > 1) return refuse(STATE_TAG_AMBIGUOUS, { folder: folder.label, present }, { path: '.', found: present });
  return tags[0];
}

async function readText(folder: Folder, path: string): Promise<string> {
  const source = await folder.open(path);
  try {
    return new TextDecoder().decode(await readBytes(source, 0, Math.min(source.size, POINTER_BYTES_MAX))).trim();
  } finally {
    await source.close();
  }
}
