/**
 * @module
 * Values of options: from the text that was typed to what the commands work with.
 */
import type { Text } from '../findings/index.ts';
import type { ValueKind } from './command.ts';

/** A share of the work: `index` of `count`, from 1. */
export interface Part { readonly index: number; readonly count: number }

/** A value that was read. */
export type Value = boolean | string | number | Part;

/** A value, or what would have been right, for the message. */
export type Read = { readonly value: Value } | { readonly wanted: Text };

const UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1], ['b', 1],
  ['k', 1e3], ['kb', 1e3], ['m', 1e6], ['mb', 1e6], ['g', 1e9], ['gb', 1e9], ['t', 1e12], ['tb', 1e12],
  ['ki', 2 ** 10], ['kib', 2 ** 10], ['mi', 2 ** 20], ['mib', 2 ** 20], ['gi', 2 ** 30], ['gib', 2 ** 30], ['ti', 2 ** 40], ['tib', 2 ** 40],
]);

/** `5GB`, `1.5 GiB`, `100000`; decimal units as on the Hub, binary ones with an i. Undefined when it is neither, or not positive. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = match === null ? undefined : UNITS.get(match[2]!.toLowerCase());
  if (unit === undefined) return undefined;
  const bytes = Math.round(Number(match![1]) * unit);
  return bytes >= 1 && Number.isSafeInteger(bytes) ? bytes : undefined;
}

const FLAGS: ReadonlyMap<string, boolean> = new Map([['true', true], ['yes', true], ['1', true], ['on', true], ['false', false], ['no', false], ['0', false], ['off', false]]);

/** Reads a value. */
export function readValue(kind: ValueKind, text: string): Read {
  const accept = (value: Value | undefined, wanted: Text): Read => (value === undefined ? { wanted } : { value });
  switch (kind.kind) {
    case 'flag': return accept(FLAGS.get(text.toLowerCase()), { en: 'true or false', zh: ' true 或 false' });
    case 'text': return accept(text === '' ? undefined : text, { en: 'a value', zh: '一个值' });
    case 'bytes': return accept(parseBytes(text), { en: 'a size such as 5GB or 512MiB', zh: '一个大小，例如 5GB 或 512MiB' });
    case 'number': return accept(text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined, { en: 'a number', zh: '一个数' });
    case 'count': {
      const value = /^\d+$/.test(text) ? Number(text) : NaN;
      return accept(value >= kind.least && Number.isSafeInteger(value) ? value : undefined, {
        en: `a whole number of at least ${kind.least}`, zh: `不小于 ${kind.least} 的整数`,
      });
    }
    case 'part': {
      const match = /^(\d{1,9})\/(\d{1,9})$/.exec(text);
      const [index, count] = match === null ? [0, 0] : [Number(match[1]), Number(match[2])];
      return accept(index >= 1 && index <= count ? { index, count } : undefined, { en: 'a share such as 2/8, from 1/8 to 8/8', zh: '一个份额，例如 2/8（从 1/8 到 8/8）' });
    }
    case 'choice': {
      const lower = text.toLowerCase();
      const value = kind.choices.find((one) => one.toLowerCase() === lower) ?? (kind.also !== undefined && Object.hasOwn(kind.also, lower) ? kind.also[lower] : undefined);
      return accept(value, { en: `one of ${kind.choices.join(', ')}`, zh: `以下之一：${kind.choices.join('、')}` });
    }
  }
}
