/**
 * @module
 * The pieces of a sentencepiece model. The file is a protobuf, `ModelProto` (sentencepiece_model.proto): field 1, repeated,
 * is a piece, whose own field 1 is its text. Nothing else of it is read.
 */

/** Wire types that a ModelProto uses. */
const VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5;

/** Texts of all pieces, in the order of their ids; undefined when the bytes are no such protobuf. */
export function readPieces(bytes: Uint8Array): string[] | undefined {
  const decoder = new TextDecoder(), pieces: string[] = [];
  const end = walk(bytes, 0, bytes.length, (field, start, stop) => {
    if (field !== 1) return;
    let piece: string | undefined;
    walk(bytes, start, stop, (inner, from, to) => { if (inner === 1) piece ??= decoder.decode(bytes.subarray(from, to)); });
    pieces.push(piece ?? '');
  });
  return end === bytes.length && pieces.length > 0 ? pieces : undefined;
}

/** Calls `see` for every length-delimited field between `at` and `end`; gives back where it stopped. */
function walk(bytes: Uint8Array, at: number, end: number, see: (field: number, start: number, end: number) => void): number {
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35 && at < end; shift += 7) {
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return NaN;
  };
  while (at < end) {
    const start = at, tag = varint(), wire = tag % 8, field = Math.floor(tag / 8);
    if (Number.isNaN(tag) || field === 0) return start;
    if (wire === BYTES) {
      const length = varint();
      if (!(at + length <= end)) return start;
      see(field, at, at + length);
      at += length;
    } else if (wire === VARINT) {
      // Ids and flags; negative ones take ten bytes.
      let count = 0;
      while (at < end && bytes[at]! >= 0x80 && count++ < 10) at++;
      at++;
    } else if (wire === FIXED32) at += 4;
    else if (wire === FIXED64) at += 8;
    else return start;
  }
  return at;
}
