/**
 * @module
 * Builds files that are too large or too dull to keep: parts written one after another, as the README of the container
 * fixtures describes them. Holes stay holes where the file system has them.
 */
import fs from 'node:fs';

type Field = { b64: string } | { dec: { mul: number; add: number; pad: number } } | { u32: { mul: number; add: number } };
type Part = { b64: string } | { zeros: number } | { repeat: { b64: string; times: number } } | { each: { from: number; to: number; fields: Field[] } };

/** A recipe file, parsed. */
export interface Recipe {
  readonly out?: string;
  readonly size: number;
  readonly parts: readonly Part[];
}

function fieldBytes(field: Field, i: number): Buffer {
  if ('b64' in field) return Buffer.from(field.b64, 'base64');
  if ('dec' in field) return Buffer.from(String(field.dec.mul * i + field.dec.add).padStart(field.dec.pad, '0'));
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(field.u32.mul * i + field.u32.add);
  return bytes;
}

/** The pieces of a part: bytes, or a number of zeros. */
function* pieces(part: Part): Generator<Buffer | number> {
  if ('zeros' in part) yield part.zeros;
  else if ('repeat' in part) yield Buffer.concat(Array.from({ length: part.repeat.times }, () => Buffer.from(part.repeat.b64, 'base64')));
  else if ('b64' in part) yield Buffer.from(part.b64, 'base64');
  else {
    const { from, to, fields } = part.each;
    for (let start = from; start < to; start += 4096) {
      const round: Buffer[] = [];
      for (let i = start; i < Math.min(start + 4096, to); i++) for (const field of fields) round.push(fieldBytes(field, i));
      yield Buffer.concat(round);
    }
  }
}

/** Writes what the recipe describes to `path`. */
export function writeRecipe(recipe: Recipe, path: string): void {
  const file = fs.openSync(path, 'wx');
  let at = 0;
  for (const part of recipe.parts) {
    for (const piece of pieces(part)) {
      if (typeof piece !== 'number') fs.writeSync(file, piece, 0, piece.length, at);
      at += typeof piece === 'number' ? piece : piece.length;
    }
  }
  fs.ftruncateSync(file, at);
  fs.closeSync(file);
  if (at !== recipe.size) throw new Error(`the recipe made ${at} bytes, not ${recipe.size}`);
}
