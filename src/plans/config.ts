/**
 * @module
 * config.json with only the fields that must change: every other byte is kept. JSON.parse and stringify would turn
 * 1e-05 into 0.00001 and 10000.0 into 10000, and other loaders care.
 */
import { applyEdits, modify, type JSONPath } from 'jsonc-parser';

/** A field and its new value; undefined takes the field away. */
export interface ConfigChange { readonly path: JSONPath; readonly value: string | number | boolean | readonly unknown[] | Readonly<Record<string, unknown>> | undefined }

/** The text with the changes made. Indentation of what is added follows the file. */
export function editConfig(text: string, changes: readonly ConfigChange[]): string {
  const indent = /\n([ \t]+)"/.exec(text)?.[1] ?? '  ';
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const formattingOptions = { insertSpaces: !indent.startsWith('\t'), tabSize: indent.startsWith('\t') ? 1 : indent.length, eol };
  return changes.reduce((current, { path, value }) => applyEdits(current, modify(current, path, value, { formattingOptions })), text);
}

/** Paths of `field` that exist: at the top, and in text_config. A field that is nowhere is added at the top. */
export function fieldPaths(config: ReadonlyMap<string, unknown> | undefined, field: string): JSONPath[] {
  const paths: JSONPath[] = [];
  if (config?.has(field)) paths.push([field]);
  const text = config?.get('text_config');
  if (text instanceof Map && text.has(field)) paths.push(['text_config', field]);
  return paths.length > 0 ? paths : [[field]];
}

/** Takes away what says that the weights are quantised: a loader would believe it. */
export function withoutQuantisation(config: ReadonlyMap<string, unknown> | undefined): ConfigChange[] {
  return fieldPaths(config, QUANTISATION).filter(([first, second]) => second !== undefined || config?.has(String(first))).map((path) => ({ path, value: undefined }));
}

/** The field that transformers reads before it loads a weight. */
const QUANTISATION = 'quantization_config';
