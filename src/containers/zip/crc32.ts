/**
 * @module
 * CRC-32 as zip has it (polynomial 0xEDB88320, reflected), eight bytes a step, and the CRC of two pieces joined, so
 * that tiles written out of order can be summed up at the end.
 */

/** `TABLES[k * 256 + b]`: what byte `b` contributes when `k` more bytes follow in the same step. */
const TABLES = /* @__PURE__ */ ((): Int32Array => {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (-(crc & 1) & 0xedb88320);
    tables[byte] = crc;
  }
  for (let k = 1; k < 8; k++) {
    for (let byte = 0; byte < 256; byte++) {
      const before = tables[(k - 1) * 256 + byte]!;
      tables[k * 256 + byte] = (before >>> 8) ^ tables[before & 0xff]!;
    }
  }
  return tables;
})();

/** CRC-32 of `bytes`, continuing from `crc` (0 at the start). An unsigned 32-bit number. */
export function crc32(bytes: Uint8Array, crc: number = 0): number {
  const t = TABLES;
  let c = ~crc, i = 0;
  for (const end = bytes.length - 7; i < end; i += 8) {
    c ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    c = t[1792 + (c & 0xff)]! ^ t[1536 + ((c >>> 8) & 0xff)]! ^ t[1280 + ((c >>> 16) & 0xff)]! ^ t[1024 + (c >>> 24)]!
      ^ t[768 + bytes[i + 4]!]! ^ t[512 + bytes[i + 5]!]! ^ t[256 + bytes[i + 6]!]! ^ t[bytes[i + 7]!]!;
  }
  for (; i < bytes.length; i++) c = (c >>> 8) ^ t[(c ^ bytes[i]!) & 0xff]!;
  return ~c >>> 0;
}

/** A linear map on 32-bit vectors over GF(2), one row per bit, applied to `vector`. */
function times(matrix: Int32Array, vector: number): number {
  let sum = 0;
  for (let row = 0; vector !== 0; row++, vector >>>= 1) if (vector & 1) sum ^= matrix[row]!;
  return sum;
}

const square = (matrix: Int32Array): Int32Array => matrix.map((row) => times(matrix, row));

/**
 * CRC-32 of two pieces laid end to end, from their own CRCs and the length of the second in bytes. As in zlib: appending
 * zeros is a linear map, raised to the length by squaring.
 */
export function joinCrc32(first: number, second: number, secondLength: number): number {
  const oneZeroBit = new Int32Array(32);
  oneZeroBit[0] = 0xedb88320 | 0;
  for (let row = 1; row < 32; row++) oneZeroBit[row] = 1 << (row - 1);
  let power = square(square(square(oneZeroBit))), crc = first | 0;
  for (let left = secondLength; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) crc = times(power, crc);
    power = square(power);
  }
  return (crc ^ second) >>> 0;
}
