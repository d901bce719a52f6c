/**
 * @module
 * What can be put right without a choice to make: an index built anew from the shards, a stale index, vocab_size, a twin that
 * holds the same again. Each is plain data: what becomes of which file. Nothing is written here.
 */
import { closeCheckpoint, indexDocument, openCheckpoint, TENSOR_IN_TWO_SHARDS, type IndexedShard } from '../checkpoints/index.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { isTemperError, type Finding, type Text } from '../findings/index.ts';
import type { Folder } from '../bytes/index.ts';
import { subFolder } from '../bytes/index.ts';
import { editConfig, fieldPaths } from '../plans/config.ts';
import { readJson, type JsonValue } from '../containers/index.ts';
import { elementCount } from '../tensors/index.ts';
import { nameOf, parentOf } from './paths.ts';
import { TWINS_EQUAL } from './rules/twins.ts';
import { VOCAB_SIZE_DIFFERS } from './rules/vocabulary.ts';

/** What becomes of one file: written with new text, or moved into the backup. */
export interface Fix {
  readonly path: string;
  readonly action: 'write' | 'remove';
  readonly text?: string;
  readonly why: Text;
  /** Codes of the findings that are gone afterwards. */
  readonly codes: readonly string[];
}

/** Codes that a new index settles: the tensors are all there, only the map is wrong. */
const INDEX_CODES: ReadonlySet<string> = new Set(['total-size-wrong', 'total-size-absent', 'index-metadata-absent', 'index-extra-tensor', 'index-extra-tensors', 'index-duplicate-tensor', 'index-bom', 'no-index', 'shard-count-differs']);
/** Codes under which an index cannot be trusted at all, whatever else is wrong. */
const NOT_SAFE: ReadonlySet<string> = new Set(['index-missing-tensor', 'index-missing-tensors', 'missing-shard', 'incomplete-shards', 'index-shard-name', 'index-invalid', TENSOR_IN_TWO_SHARDS.code, 'tensor-twice', 'model-tensor-unexpected', 'shard-count-differs']);

/** Every safe fix for these findings. */
export async function planFixes(folder: Folder, findings: readonly Finding[]): Promise<readonly Fix[]> {
  const fixes = new Map<string, Fix>(), add = (fix: Fix) => { if (!fixes.has(fix.path)) fixes.set(fix.path, fix); };
  for (const one of findings) {
    const path = one.path ?? '';
    if (one.code === 'stale-index') add({ path, action: 'remove', codes: [one.code], why: { en: 'no loader reads it, and the shards it names are not there', zh: '没有加载器读取它，它所列的分片也不存在' } });
    if (one.code === TWINS_EQUAL.code) for (const twin of await twinFiles(folder, path)) add({ path: twin, action: 'remove', codes: [one.code], why: { en: 'the same tensors are in the file that is loaded', zh: '相同的张量已在实际加载的文件中' } });
    if (one.code === VOCAB_SIZE_DIFFERS.code && typeof one.expected === 'number') add(await withVocabulary(folder, path, one.expected));
  }
  for (const directory of new Set(findings.filter(({ code }) => INDEX_CODES.has(code)).map(({ path = '.' }) => (path === '.' ? '' : /\.(?:json|safetensors|bin)$/.test(path) ? parentOf(path) : path)))) {
    const here = findings.filter(({ path = '.' }) => (path === '.' ? '' : path) === directory || parentOf(path) === directory && path !== '.');
    if (here.some(({ code }) => NOT_SAFE.has(code))) continue;
    const fix = await newIndex(folder, directory, here.filter(({ code }) => INDEX_CODES.has(code)).map(({ code }) => code));
    if (fix !== undefined) add(fix);
  }
  return [...fixes.values()];
}

/** A twin is one file, or an index and what it names. */
async function twinFiles(folder: Folder, path: string): Promise<string[]> {
  if (!path.endsWith('.json')) return [path];
  const directory = parentOf(path), stem = /^(.+?)\.(safetensors|bin)\.index\.json$/.exec(nameOf(path)), entries = await folder.list(directory);
  if (stem === null) return [path];
  const shard = new RegExp(`^${stem[1]}-\\d{5}-of-\\d{5}\\.${stem[2]}$`);
  return [path, ...entries.filter((entry) => entry.kind === 'file' && shard.test(nameOf(entry.path))).map((entry) => entry.path)];
}

async function withVocabulary(folder: Folder, path: string, rows: number): Promise<Fix> {
  const source = await folder.open(path);
  try {
    const { value } = await readJson(source, { python: true }), bytes = new Uint8Array(source.size);
    for (let at = 0; at < bytes.length;) at += Math.max(1, await source.read(at, bytes.subarray(at)));
    const config = value instanceof Map ? value as ReadonlyMap<string, JsonValue> : undefined;
    const text = editConfig(new TextDecoder().decode(bytes), fieldPaths(config, 'vocab_size').map((field) => ({ path: field, value: rows })));
    return { path, action: 'write', text, codes: [VOCAB_SIZE_DIFFERS.code], why: { en: `vocab_size becomes ${rows}, the rows of the embedding`, zh: `vocab_size 改为 ${rows}，即嵌入的行数` } };
  } finally {
    await source.close();
  }
}

async function newIndex(folder: Folder, directory: string, codes: readonly string[]): Promise<Fix | undefined> {
  let checkpoint: Checkpoint;
  try {
    checkpoint = await openCheckpoint(directory === '' ? folder : subFolder(folder, directory), { prefer: 'model', tolerant: true });
  } catch (error) {
    if (!isTemperError(error)) throw error;
    return undefined;
  }
  try {
    const { files, tensors } = checkpoint, [first] = files;
    if (first === undefined || checkpoint.index === undefined && files.length < 2) return undefined;
    const shards: IndexedShard[] = files.map(({ path }, file) => ({ path, names: [...tensors.values()].filter((tensor) => tensor.file === file).map(({ name }) => name) }));
    const total = [...tensors.values()].reduce((sum, { bytes }) => sum + bytes, 0), parameters = [...tensors.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0), name = checkpoint.index ?? `${/^(.+)-\d{5}-of-\d{5}(\.\w+)$/.exec(first.path)?.slice(1).join('') ?? 'model.safetensors'}.index.json`;
    return {
      path: directory === '' ? name : `${directory}/${name}`, action: 'write', text: indexDocument(shards, total, [['total_parameters', parameters]]), codes: [...new Set(codes)],
      why: { en: `built from the ${files.length} shards: ${tensors.size} tensors, total_size ${total}`, zh: `由 ${files.length} 个分片重建：${tensors.size} 个张量，total_size ${total}` },
    };
  } finally {
    await closeCheckpoint(checkpoint);
  }
}
