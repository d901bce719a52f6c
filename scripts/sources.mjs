/**
 * @module
 * One digest of everything the build reads. Contents rather than times: a checkout changes times, and a revert does not.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/** What the build is made from, relative to the root; folders count with all that is in them. */
const SOURCES = ['src', 'kernels', 'scripts/build.mjs', 'tsconfig.json', 'package.json', 'package-lock.json'];

/** Files at `place` or below it, relative to `root`, in a fixed order. */
function* filesBelow(root, place) {
  const full = path.join(root, place);
  if (!fs.existsSync(full)) return;
  if (!fs.statSync(full).isDirectory()) { yield place; return; }
  for (const name of fs.readdirSync(full).sort()) yield* filesBelow(root, path.join(place, name));
}

/** SHA-256, in hexadecimal, of names and contents of everything the build reads. */
export function sourcesDigest(root) {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    for (const file of filesBelow(root, source)) {
      const bytes = fs.readFileSync(path.join(root, file));
      hash.update(`${file}\0${bytes.length}\0`).update(bytes);
    }
  }
  return hash.digest('hex');
}
