/** @module How a value of base_model_name_or_path points. */

/** A hub id, a path, or nowhere. */
export function valueClass(value: string | null): string {
  if (value === null || value === '') return 'missing';
  if (/^[A-Za-z]:[\\/]|^\\\\/.test(value)) return 'absolute-path';
  if (value.startsWith('/') || value.startsWith('~')) return 'absolute-path';
  if (value.startsWith('.') || value.includes('\\') || value.split('/').length > 2) return 'relative-path';
  return /^[\w.-]+(?:\/[\w.-]+)?$/.test(value) ? 'hub-id' : 'unclear';
}
