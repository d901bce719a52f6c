/**
 * @module
 * Damaged files: bytes flipped, cut, doubled, moved, opcodes swapped in. Whatever comes out, opening and scanning it
 * either works or refuses; nothing else may happen.
 */
import { memorySource } from '../../src/bytes/index.ts';
import { readWeightsIndex } from '../../src/checkpoints/index.ts';
import { scanFile, VERDICTS } from '../../src/checks/scan/index.ts';
import { openContainer } from '../../src/containers/index.ts';
import { isTemperError } from '../../src/findings/index.ts';

/** Numbers from a seed, the same on every machine (mulberry32). */
export function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Bytes that mean something in these formats. */
const TELLING = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x28, 0x29, 0x2e, 0x30, 0x32, 0x51, 0x52, 0x5d, 0x62, 0x63, 0x64, 0x65, 0x68, 0x6a, 0x71, 0x72, 0x73, 0x74, 0x75, 0x7d, 0x81, 0x85, 0x86, 0x8a, 0x8c, 0x93, 0x94, 0x95];

/** One to eight damages. */
export function mutate(bytes: Uint8Array, next: (below: number) => number): Uint8Array {
  let damaged = bytes.slice();
  for (let count = 1 + next(8); count > 0 && damaged.length > 0; count--) {
    const at = next(damaged.length), length = 1 + next(Math.min(64, damaged.length - at));
    switch (next(7)) {
      case 0: damaged[at]! ^= 1 << next(8); break;
      case 1: damaged[at] = TELLING[next(TELLING.length)]!; break;
      case 2: damaged[at] = next(256); break;
      case 3: damaged = new Uint8Array([...damaged.subarray(0, at), ...damaged.subarray(at + length)]); break;
      case 4: damaged = new Uint8Array([...damaged.subarray(0, at + length), ...damaged.subarray(at)]); break;
      case 5: damaged.copyWithin(next(damaged.length), at, at + length); break;
      default: if (next(8) === 0) damaged = damaged.slice(0, at); else damaged.fill(TELLING[next(TELLING.length)]!, at, at + length);
    }
  }
  return damaged;
}

/** Opens and scans; says which it was. Throws what must not be thrown, and says what was wrong with the answer. */
export async function probe(name: string, bytes: Uint8Array): Promise<'opened' | 'refused'> {
  const source = memorySource(name, bytes);
  if (name.endsWith('.index.json')) return readWeightsIndex(source).then(() => 'opened', refused);
  const scanned = await scanFile(source);
  if (!VERDICTS.includes(scanned.verdict)) throw new Error(`no verdict: ${scanned.verdict}`);
  try {
    const { tensors } = await openContainer(source);
    for (const { expression, shape, bytes: size } of tensors) {
      if (!Number.isSafeInteger(size) || size < 0 || shape.some((side) => !Number.isSafeInteger(side) || side < 0)) throw new Error(`an impossible tensor of ${size} bytes`);
      // Whatever a tensor claims, its bytes lie in the file; views reach no further than their strides say.
      if (expression.op === 'stored' && size > 0 && scanned.format !== 'torch-zip' && expression.offset + size > bytes.length) throw new Error('a tensor outside of the file');
    }
    return 'opened';
  } catch (error) {
    return refused(error);
  }
}

function refused(error: unknown): 'refused' {
  if (!isTemperError(error)) throw error;
  return 'refused';
}
