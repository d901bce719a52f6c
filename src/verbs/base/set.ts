/**
 * @module
 * base set: another base_model_name_or_path in one adapter or in all of a tree. Only that field changes, every other byte
 * is kept, and the file as it was stays beside it.
 */
import { listRecursively, readBytes, type Folder } from '../../bytes/index.ts';
import { parseJson } from '../../containers/index.ts';
import { refuse, type Text } from '../../findings/index.ts';
import { frontMatterOf } from '../../producers/index.ts';
import { editConfig } from '../../plans/index.ts';
import type { Answer } from '../verb.ts';
import { CONFIG_NOT_EDITABLE, NO_ADAPTER_CONFIG } from './codes.ts';
import { ADAPTER_CONFIG } from './show.ts';

/** What to write where. */
export interface BaseSetRequest {
  readonly folder: Folder;
  readonly path: string;
  /** The new value for the adapter in `place`; a path may be another one from there. */
  readonly value: (place: string) => string;
  readonly revision?: string;
  /** Write it into the front matter of README.md too, where that names a base. */
  readonly card?: boolean;
  readonly dryRun?: boolean;
  /** Puts a new content in place of a file at once, keeps the old one, and says under which name. */
  readonly replace: (path: string, bytes: Uint8Array) => Promise<string>;
}

/** One file that was changed. */
export interface ChangedBase { readonly path: string; readonly before: string | null; readonly after: string; readonly backup: string | null }

/** Body of the answer. */
export interface BaseSetBody { readonly path: string; readonly changed: readonly ChangedBase[]; readonly unchanged: readonly string[]; readonly dry_run?: true }

const NOT_OBJECT: Text = { en: 'it is not a JSON object', zh: '不是 JSON 对象' };

/** Changes every adapter_config.json below the folder. All of them are read, and refused, before one is written. */
export async function baseSet(request: BaseSetRequest): Promise<Answer<BaseSetBody>> {
  const { folder, path } = request, entries = await listRecursively(folder);
  const files = entries.filter(({ kind, unusable }) => kind === 'file' && unusable === undefined).map((entry) => entry.path);
  const configs = files.filter((file) => file === ADAPTER_CONFIG || file.endsWith(`/${ADAPTER_CONFIG}`));
  if (configs.length === 0) refuse(NO_ADAPTER_CONFIG, { path }, { path: '.' });
  const edits: { file: string; before: string | null; after: string; text: string }[] = [], unchanged: string[] = [];
  for (const file of configs) {
    const place = file.slice(0, -ADAPTER_CONFIG.length).replace(/\/$/, ''), after = request.value(place), text = await textOf(folder, file), fields = parseJson(new TextEncoder().encode(text), file, { python: true });
    if (!(fields instanceof Map)) return refuse(CONFIG_NOT_EDITABLE, { file, problem: NOT_OBJECT }, { path: file });
    const before = fields.get('base_model_name_or_path'), { revision } = request;
    if (before === after && (revision === undefined || fields.get('revision') === revision)) unchanged.push(file);
    else {
      const changes = [{ path: ['base_model_name_or_path'], value: after }, ...(revision === undefined ? [] : [{ path: ['revision'], value: revision }])];
      edits.push({ file, before: typeof before === 'string' ? before : null, after, text: editConfig(text, changes) });
    }
    const card = place === '' ? 'README.md' : `${place}/README.md`;
    if (!request.card || !files.includes(card)) continue;
    const edited = editCard(await textOf(folder, card), after);
    if (edited !== undefined) edits.push({ file: card, ...edited, after });
  }
  const changed: ChangedBase[] = [];
  for (const { file, before, after, text } of edits) {
    changed.push({ path: file, before, after, backup: request.dryRun ? null : await request.replace(file, new TextEncoder().encode(text)) });
  }
  return { schema: 'temper.base-set/1', exit: 0, findings: [], body: { path, changed, unchanged, ...(request.dryRun ? { dry_run: true as const } : {}) } };
}

async function textOf(folder: Folder, file: string): Promise<string> {
  const source = await folder.open(file);
  try { return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await readBytes(source, 0, source.size)); } finally { await source.close(); }
}

/** A model card with another `base_model:` in its front matter; undefined where it names none on one line, or the same. */
function editCard(text: string, after: string): { before: string; text: string } | undefined {
  const front = frontMatterOf(text), [line, key, before] = front === undefined ? [] : /^(base_model:[ \t]*)(\S.*?)[ \t]*$/m.exec(front) ?? [];
  if (front === undefined || line === undefined || key === undefined || before === undefined || unquoted(before) === after) return undefined;
  const value = /^[\w][\w./-]*$/.test(after) ? after : JSON.stringify(after);
  return { before: unquoted(before), text: text.replace(front, () => front.replace(line, () => `${key}${value}`)) };
}

const unquoted = (value: string): string => value.replace(/^(['"])(.*)\1$/, '$2');
