/**
 * @module
 * The record of an adapter's base: a small file beside adapter_config.json that says which weights it was trained on, for
 * every later merge to be held against.
 */
import type { Folder } from '../../bytes/index.ts';
import { fingerprint, type Checkpoint } from '../../checkpoints/index.ts';
import { readJson } from '../../containers/index.ts';
import { finding, refuse, type Finding, type Text } from '../../findings/index.ts';
import { BASE_FINGERPRINT_DIFFERS, RECORD_INVALID } from './codes.ts';

/** Name of the record. */
export const BASE_RECORD = 'temper-base.json';
const SCHEMA = 'temper.base-record/1';

/** What is recorded. */
export interface BaseRecord { readonly fingerprint: string; readonly tensors: number; readonly name?: string }

/** Text of the record of a base. */
export function recordText({ fingerprint: sha256, tensors, name }: BaseRecord): string {
  return `${JSON.stringify({ schema: SCHEMA, fingerprint: sha256, tensors, ...(name === undefined ? {} : { name }) }, null, 2)}\n`;
}

/** The record in an adapter's folder; undefined when there is none. Refuses one that says nothing. */
export async function readRecord(folder: Folder): Promise<BaseRecord | undefined> {
  const entry = (await folder.list()).find(({ path, kind, unusable }) => path === BASE_RECORD && kind === 'file' && unusable === undefined);
  if (entry === undefined) return undefined;
  const source = await folder.open(BASE_RECORD);
  try {
    const { value } = await readJson(source), field = (name: string) => (value instanceof Map ? value.get(name) : undefined);
    const sha256 = field('fingerprint'), tensors = field('tensors'), name = field('name');
    const bad = (problem: Text): never => refuse(RECORD_INVALID, { file: BASE_RECORD, problem }, { path: BASE_RECORD });
    if (field('schema') !== SCHEMA) return bad({ en: `its schema is not ${SCHEMA}`, zh: `其 schema 不是 ${SCHEMA}` });
    if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256) || typeof tensors !== 'number') return bad({ en: 'it has no fingerprint', zh: '其中没有指纹' });
    return { fingerprint: sha256, tensors, ...(typeof name === 'string' ? { name } : {}) };
  } finally {
    await source.close();
  }
}

/** How a base compares with what is recorded. */
export type ContentVerdict = 'equal' | 'different' | 'unknown';

/** Holds a base against the record of an adapter. A difference is a finding. */
export async function compareRecord(adapter: Folder, base: Checkpoint): Promise<{ readonly content: ContentVerdict; readonly findings: readonly Finding[] }> {
  const record = await readRecord(adapter);
  if (record === undefined) return { content: 'unknown', findings: [] };
  const found = await fingerprint(base);
  if (found === undefined) return { content: 'unknown', findings: [] };
  if (found.sha256 === record.fingerprint) return { content: 'equal', findings: [] };
  const parameters = { file: BASE_RECORD, found: found.sha256.slice(0, 16), expected: record.fingerprint.slice(0, 16) };
  return { content: 'different', findings: [finding(BASE_FINGERPRINT_DIFFERS, parameters, { path: BASE_RECORD })] };
}
