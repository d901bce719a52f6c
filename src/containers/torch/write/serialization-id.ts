/**
 * @module
 * `.data/serialization_id` as caffe2's writer computes it (caffe2/serialize/inline_container.cc): 20 digits over the
 * record names in the iteration order of a libstdc++ `unordered_set<string>`, 20 digits over the checksums. No reader
 * checks it; it is written so that a file is the same whoever wrote it.
 */

const MASK = 0xffffffffffffffffn;

/** c10's hash_combine on 64 bits. */
const fold = (seed: bigint, value: bigint): bigint => seed ^ ((value + 0x9e3779b9n + (seed << 6n) + (seed >> 2n)) & MASK);

const MULTIPLIER = 0xc6a4a7935bd1e995n, SEED = 0xc70f6907n;
const mix = (value: bigint): bigint => value ^ (value >> 47n);

/** libstdc++'s `_Hash_bytes` (libsupc++/hash_bytes.cc), the hash of `std::string`. */
export function hashBytes(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let hash = SEED ^ ((BigInt(bytes.length) * MULTIPLIER) & MASK), at = 0;
  for (; at + 8 <= bytes.length; at += 8) {
    const data = (mix((view.getBigUint64(at, true) * MULTIPLIER) & MASK) * MULTIPLIER) & MASK;
    hash = ((hash ^ data) * MULTIPLIER) & MASK;
  }
  if (at < bytes.length) {
    let data = 0n;
    for (let i = bytes.length - 1; i >= at; i--) data = (data << 8n) | BigInt(bytes[i]!);
    hash = ((hash ^ data) * MULTIPLIER) & MASK;
  }
  return mix((mix(hash) * MULTIPLIER) & MASK);
}

/** Bucket counts a growing set goes through (libstdc++ `__prime_list`, growth factor 2). */
const BUCKETS = [13, 29, 59, 127, 257, 541, 1109, 2357, 5087, 10273, 20753, 42043, 85229, 172933, 351061, 712697, 1447153];

/** Order in which `unordered_set<string>` iterates over hashes that were inserted in order. Indices into `hashes`. */
export function iterationOrder(hashes: readonly bigint[]): number[] {
  // One list; `next` of the head is at index -1 + 1. A bucket knows the node before its first one.
  const next = new Int32Array(hashes.length + 1).fill(-1), HEAD = 0;
  let buckets = 1, before = new Int32Array(1).fill(-1);
  const bucketOf = (node: number) => Number(hashes[node - 1]! % BigInt(buckets));
  const insert = (node: number) => {
    const bucket = bucketOf(node), previous = before[bucket]!;
    if (previous >= 0) {
      next[node] = next[previous]!;
      next[previous] = node;
      return;
    }
    next[node] = next[HEAD]!;
    next[HEAD] = node;
    const second = next[node] ?? -1;
    if (second >= 0) before[bucketOf(second)] = node;
    before[bucket] = HEAD;
  };
  for (let size = 0; size < hashes.length; size++) {
    if (size === 0 || size + 1 > buckets) {
      buckets = BUCKETS.find((count) => count > buckets && count > size) ?? 2 * buckets + 1;
      before = new Int32Array(buckets).fill(-1);
      let node = next[HEAD]!;
      next[HEAD] = -1;
      while (node >= 0) {
        const following = next[node]!;
        insert(node);
        node = following;
      }
    }
    insert(size + 1);
  }
  const order: number[] = [];
  for (let node = next[HEAD]!; node >= 0; node = next[node]!) order.push(node - 1);
  return order;
}

/** The forty digits: of record names (without the top directory, in order of writing) and of the checksums of non-empty records. */
export function serializationId(names: readonly string[], checksums: readonly number[]): string {
  const encoder = new TextEncoder(), hashes = names.map((name) => hashBytes(encoder.encode(name)));
  const byNames = iterationOrder(hashes).reduce((seed, i) => fold(seed, hashes[i]!), 0n);
  const bySums = checksums.reduce((seed, crc) => fold(seed, BigInt(crc)), 0n);
  return String(byNames).padStart(20, '0') + String(bySums).padStart(20, '0');
}
