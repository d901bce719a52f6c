/**
 * @module
 * adapter_config.json: read inertly, every field accounted for.
 */
import type { Folder } from '../bytes/index.ts';
import { readBytes } from '../bytes/index.ts';
import { parseJson, type JsonValue } from '../containers/json.ts';
import { finding, refuse, type Finding } from '../findings/index.ts';
import { BAD_ADAPTER_CONFIG, NO_ADAPTER_CONFIG, UNKNOWN_OPTION, UNKNOWN_OPTION_OFF } from './codes.ts';
import { fieldFinding, type FieldRule } from './fields.ts';

/** Name of the file. */
export const ADAPTER_CONFIG = 'adapter_config.json';

/** Largest adapter_config.json that is read: real ones stay far below 1 MB even with a pattern for every module. */
export const ADAPTER_CONFIG_BYTES_MAX: number = 16 * 1024 * 1024;

/** The fields as they stand in the file, in file order, with typed access. */
export interface AdapterConfig {
  readonly path: string;
  readonly fields: ReadonlyMap<string, JsonValue>;
}

/** Reads the config of the adapter in `folder`. */
export async function readAdapterConfig(folder: Folder): Promise<AdapterConfig> {
  const entry = (await folder.list()).find((e) => e.kind === 'file' && e.path === ADAPTER_CONFIG);
  if (entry === undefined) refuse(NO_ADAPTER_CONFIG, { folder: folder.label }, { path: '.' });
  const source = await folder.open(ADAPTER_CONFIG);
  try {
    if (source.size > ADAPTER_CONFIG_BYTES_MAX) bad('the file', `${source.size} bytes long`, `at most ${ADAPTER_CONFIG_BYTES_MAX} bytes`);
    const value = parseJson(await readBytes(source, 0, source.size), ADAPTER_CONFIG, { python: true });
    if (!(value instanceof Map)) bad('the file', show(value), 'a JSON object');
    return { path: ADAPTER_CONFIG, fields: value };
  } finally {
    await source.close();
  }
}

function bad(field: string, value: string, wanted: string): never {
  refuse(BAD_ADAPTER_CONFIG, { field, value, wanted }, { path: ADAPTER_CONFIG });
}

/** A JSON value as short text for messages. */
export function show(value: JsonValue | undefined): string {
  const text = JSON.stringify(value, (_, v: unknown) => (v instanceof Map ? Object.fromEntries(v) : typeof v === 'bigint' ? String(v) : v)) ?? 'absent';
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** Whether a value means "off": null, false, empty list, object or text. */
export function isOff(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || value === false || value === ''
    || (Array.isArray(value) && value.length === 0) || (value instanceof Map && value.size === 0);
}

/** A finite number, or `fallback` when the field is absent or null. */
export function numberField(config: AdapterConfig, field: string, fallback: number): number {
  const value = config.fields.get(field);
  if (value === undefined || value === null) return fallback;
  if (typeof value !== 'number' || !Number.isFinite(value)) bad(field, show(value), 'a number');
  return value;
}

/** true or false, or `fallback` when the field is absent or null. */
export function flagField(config: AdapterConfig, field: string, fallback = false): boolean {
  const value = config.fields.get(field);
  if (value === undefined || value === null) return fallback;
  if (typeof value !== 'boolean') bad(field, show(value), 'true or false');
  return value;
}

/** Text, or undefined when the field is absent or null. */
export function textField(config: AdapterConfig, field: string): string | undefined {
  const value = config.fields.get(field);
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') bad(field, show(value), 'text');
  return value;
}

/** Text, whatever kind of value stands there otherwise: for fields that hold true, false or the name of a variant. */
export function textOf(config: AdapterConfig, field: string): string | undefined {
  const value = config.fields.get(field);
  return typeof value === 'string' ? value : undefined;
}

/** A list of texts, or undefined when the field is absent or null. A single text becomes a list of one where `lift`. */
export function listField(config: AdapterConfig, field: string, lift = false): readonly string[] | undefined {
  const value = config.fields.get(field);
  if (value === undefined || value === null) return undefined;
  if (lift && typeof value === 'string') return [value];
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) bad(field, show(value), 'a list of names');
  return value;
}

/** A map from pattern to positive number, in file order. */
export function patternField(config: AdapterConfig, field: string): ReadonlyMap<string, number> {
  const value = config.fields.get(field);
  if (value === undefined || value === null) return new Map();
  if (!(value instanceof Map)) bad(field, show(value), 'an object of numbers');
  for (const [key, item] of value) if (typeof item !== 'number' || !Number.isFinite(item)) bad(`${field}[${key}]`, show(item), 'a number');
  return value as ReadonlyMap<string, number>;
}

/** Accounts for every field: refusals for what cannot be merged or is not known, notes for what is unknown but off. */
export function checkFields(config: AdapterConfig, rules: ReadonlyMap<string, FieldRule>): Finding[] {
  const findings: Finding[] = [], off: string[] = [];
  for (const [option, value] of config.fields) {
    const rule = rules.get(option);
    if (rule === undefined) {
      if (isOff(value)) off.push(option);
      else findings.push(finding(UNKNOWN_OPTION, { option, value: show(value) }, { path: config.path }));
    } else if (!isOff(value)) {
      const refusal = fieldFinding(option, rule, value, config.path);
      if (refusal !== undefined) findings.push(refusal);
    }
  }
  if (off.length > 0) findings.push(finding(UNKNOWN_OPTION_OFF, { options: off.join(', ') }, { path: config.path }));
  return findings;
}
