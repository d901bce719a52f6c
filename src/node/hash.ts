/** @module Node's own SHA-256, piece by piece. */
import { createHash } from 'node:crypto';
import type { Hash } from '../engine/index.ts';

/** A fresh hash. */
export function sha256(): Hash {
  const hash = createHash('sha256');
  return { update: (bytes) => { hash.update(bytes); }, hex: () => hash.digest('hex') };
}
