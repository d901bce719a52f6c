/** @module Members of JSON objects, read for what they should be. */
import type { JsonValue } from '../containers/index.ts';

/** Members of a JSON object. */
export type Members = ReadonlyMap<string, JsonValue>;

/** A member that is an integer. */
export function integer(members: Members | undefined, key: string): number | undefined {
  const value = members?.get(key);
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}

/** A member that is text. */
export function text(members: Members | undefined, key: string): string | undefined {
  const value = members?.get(key);
  return typeof value === 'string' ? value : undefined;
}

/** A member that is an object. */
export function member(members: Members | undefined, key: string): Members | undefined {
  const value = members?.get(key);
  return value instanceof Map ? value : undefined;
}
