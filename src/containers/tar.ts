/** @module Members of tar archives, and the checkpoints that torch wrote as such before 0.2. */
import { readBytes, type ByteSource } from '../bytes/index.ts';

const BLOCK = 512;

/** A member: where its bytes lie. */
export interface TarMember { readonly name: string; readonly offset: number; readonly size: number }

/** Members in order. Stops at the first header that makes no sense. */
export async function* tarMembers(source: ByteSource): AsyncGenerator<TarMember> {
  for (let at = 0; at + BLOCK <= source.size;) {
    const header = await readBytes(source, at, BLOCK);
    if (header.every((byte) => byte === 0)) return;
    const text = (from: number, length: number) => new TextDecoder().decode(header.subarray(from, from + length)).replace(/\0.*$/s, '').trim();
    const size = /^[0-7]{1,12}$/.test(text(124, 12)) ? Number.parseInt(text(124, 12), 8) : NaN;
    if (!(at + BLOCK + size <= source.size)) return;
    yield { name: text(0, 100).replace(/^\.\//, ''), offset: at + BLOCK, size };
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
}

/** Members of torch's own. */
const TORCH_MEMBERS = ['sys_info', 'pickle', 'storages', 'tensors'];

/** Whether these members make a checkpoint of torch. */
export const isTorchTar = (names: Iterable<string>): boolean => {
  const all = new Set(names);
  return TORCH_MEMBERS.every((name) => all.has(name));
};
