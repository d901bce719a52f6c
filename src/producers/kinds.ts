/**
 * @module
 * What can be done with a directory, and where its adapters point.
 */
import type { Text } from '../findings/index.ts';

/** How a value of base_model_name_or_path points: a hub id, a path, or nowhere. */
export function valueClass(value: string | null): string {
  if (value === null || value === '') return 'missing';
  if (/^[A-Za-z]:[\\/]|^\\\\/.test(value)) return 'absolute-path';
  if (value.startsWith('/') || value.startsWith('~')) return 'absolute-path';
  if (value.startsWith('.') || value.includes('\\') || value.split('/').length > 2) return 'relative-path';
  return /^[\w.-]+(?:\/[\w.-]+)?$/.test(value) ? 'hub-id' : 'unclear';
}

/** A command worth running next, and why. */
export interface Advice { readonly command: string; readonly reason: Text }

/** What to do with a directory of these kinds. */
export function nextCommands(path: string, kinds: readonly string[], bases: readonly (string | null)[]): Advice[] {
  const advice: Advice[] = [], quoted = /^[\w./~-]+$/.test(path) ? path : `'${path.replaceAll('\'', '\'\\\'\'')}'`;
  if (kinds.includes('adapter')) {
    const base = bases[0] !== undefined && bases[0] !== null && /^[\w./-]+$/.test(bases[0]) ? bases[0] : 'BASE';
    advice.push({ command: `temper merge ${base} ${quoted} -o merged`, reason: { en: 'one deployable directory out of base and adapter', zh: '把基座与适配器合成一个可部署的目录' } });
  } else if (kinds.includes('full-model')) {
    advice.push({ command: `temper inspect ${quoted} --tensors`, reason: { en: 'every tensor with dtype and shape', zh: '列出每个张量的类型和形状' } });
  }
  return advice;
}
