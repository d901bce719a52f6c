/**
 * @module
 * base show, base audit: where base_model_name_or_path of every adapter in a tree points, how it came to say that, and
 * what else in the tree says otherwise.
 */
import { listRecursively, readBytes, type ByteSource, type Folder } from '../../bytes/index.ts';
import { readJson } from '../../containers/index.ts';
import { refuse, type Finding, type Text } from '../../findings/index.ts';
import { BASE_VALUE_ORIGINS, readBaseValue, type BaseValueClass } from '../../producers/base-value.ts';
import { baseOfCard } from '../../producers/model-card.ts';
import { attempt } from '../attempt.ts';
import type { Answer } from '../verb.ts';
import { NO_ADAPTER_CONFIG } from './codes.ts';

/** Name of the file with the field. */
export const ADAPTER_CONFIG = 'adapter_config.json';
const CARD = 'README.md';
/** Model cards are prose; a larger file is something else. */
const CARD_BYTES_MAX: number = 4 * 1024 * 1024;

/** Which tree, and what the machine around it knows. */
export interface BaseShowRequest {
  readonly folder: Folder;
  /** What the user named, for the answer. */
  readonly path: string;
  /** Whether `path` exists, relative ones as seen from `from`, a folder of the tree. */
  readonly exists?: (from: string, path: string) => boolean;
  /** Where a hub id lies in the local cache. */
  readonly cached?: (id: string, revision: string | undefined) => string | undefined;
}

/** One adapter. */
export interface ShownBase {
  readonly path: string;
  readonly value: string | null;
  readonly value_class: BaseValueClass;
  readonly revision: string | null;
  /** Whether the base is here: the path exists, or the id is in the local cache. null where nobody can tell. */
  readonly exists: boolean | null;
  /** What a path into a cache stands for. */
  readonly stands_for?: { readonly id: string; readonly revision: string };
  readonly quantised?: string;
  readonly readme_base_model?: string;
  /** Files and folders of the tree that name the same base. */
  readonly agrees_with: readonly string[];
  readonly disagrees_with: readonly { readonly path: string; readonly value: string | null }[];
  readonly why: Text;
}

/** Body of the answer. */
export interface BaseShowBody { readonly path: string; readonly adapters: readonly ShownBase[] }

/** Looks at every adapter_config.json below the folder. Refuses when there is none. */
export async function baseShow(request: BaseShowRequest): Promise<Answer<BaseShowBody>> {
  const { folder, path } = request, entries = await listRecursively(folder);
  const places = entries.filter(({ path: file, kind, unusable }) => kind === 'file' && unusable === undefined && baseName(file) === ADAPTER_CONFIG).map(({ path: file }) => parentOf(file));
  if (places.length === 0) refuse(NO_ADAPTER_CONFIG, { path }, { path: '.' });
  const read: (Read & { readonly place: string })[] = [], findings: Finding[] = [];
  for (const place of places) {
    const one = await readOne(folder, place, entries.some(({ path: file }) => file === within(place, CARD)), findings);
    if (one !== undefined) read.push({ place, ...one });
  }
  const adapters = read.map(({ place, value, revision, card }): ShownBase => {
    const known = readBaseValue(value, (name) => request.exists?.(place, name) ?? false);
    // Checkpoints of one run stand in it or beside each other.
    const family = read.filter((other) => other.place !== place && isKin(place, other.place));
    return {
      path: place === '' ? '.' : place, value: known.value, value_class: known.class, revision, exists: existsHere(known, revision, request),
      ...(known.standsFor === undefined ? {} : { stands_for: known.standsFor }), ...(known.quantised === undefined ? {} : { quantised: known.quantised }),
      ...(card === undefined ? {} : { readme_base_model: card }),
      agrees_with: [...card === value ? [within(place, CARD)] : [], ...family.filter((other) => other.value === value).map((other) => other.place || '.')],
      disagrees_with: [
        ...card !== undefined && card !== value ? [{ path: within(place, CARD), value: card }] : [],
        ...family.filter((other) => other.value !== value).map((other) => ({ path: other.place || '.', value: other.value })),
      ],
      why: BASE_VALUE_ORIGINS[known.class],
    };
  });
  return { schema: 'temper.base-show/1', exit: 0, findings, body: { path, adapters } };
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const parentOf = (path: string): string => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '');
const within = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`);

/** One in the other, or checkpoints side by side. */
function isKin(a: string, b: string): boolean {
  const inside = (inner: string, outer: string) => parentOf(inner) === outer;
  return inside(a, b) || inside(b, a) || (parentOf(a) === parentOf(b) && [a, b].every((one) => /^checkpoint-\d+$/.test(baseName(one))));
}

function existsHere({ value, class: kind }: { value: string | null; class: BaseValueClass }, revision: string | null, { cached, exists }: BaseShowRequest): boolean | null {
  switch (kind) {
    case 'absolute-path-existing': case 'relative-path-existing': return true;
    case 'absolute-path': case 'relative-path': case 'hub-cache': return exists === undefined ? null : exists('', value!);
    case 'hub-id': return cached === undefined ? null : cached(value!, revision ?? undefined) !== undefined;
    default: return false;
  }
}

/** What stands in one adapter's folder. */
interface Read { readonly value: string | null; readonly revision: string | null; readonly card?: string }

/** The fields of one adapter, and what its model card says; undefined, and a finding, where its configuration cannot be read. */
async function readOne(folder: Folder, place: string, hasCard: boolean, findings: Finding[]): Promise<Read | undefined> {
  const [config] = await attempt(findings, '', () => reading(folder, within(place, ADAPTER_CONFIG), async (source) => (await readJson(source, { python: true })).value));
  if (config === undefined) return undefined;
  const field = (name: string) => { const value = config instanceof Map ? config.get(name) : undefined; return typeof value === 'string' ? value : null; };
  const [card] = hasCard ? await attempt(findings, '', () => reading(folder, within(place, CARD), async (source) => (source.size > CARD_BYTES_MAX ? undefined : baseOfCard(new TextDecoder().decode(await readBytes(source, 0, source.size)))))) : [];
  return { value: field('base_model_name_or_path'), revision: field('revision'), ...(card === undefined ? {} : { card }) };
}

async function reading<T>(folder: Folder, path: string, read: (source: ByteSource) => Promise<T>): Promise<T> {
  const source = await folder.open(path);
  try { return await read(source); } finally { await source.close(); }
}
