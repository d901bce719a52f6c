/** @module Files of a user's directory that are changed in place: the new content appears at once, the old one stays beside it. */
import fs from 'node:fs';
import path from 'node:path';
import { CANNOT_WRITE } from '../bytes/index.ts';
import { refuse } from '../findings/index.ts';
import { reasonOf } from './files.ts';

/**
 * Puts `content` in place of `target` with one rename, after what was there is copied to `backup`; without content, moves
 * what was there to `backup`. `label` is for messages.
 */
export function putInPlace(target: string, backup: string | undefined, content: Uint8Array | string | undefined, label: string): void {
  const fresh = `${target}.temper-new`;
  try {
    if (backup !== undefined) fs.mkdirSync(path.dirname(backup), { recursive: true });
    if (content === undefined) fs.renameSync(target, backup!);
    else {
      fs.writeFileSync(fresh, content, { flag: 'wx' });
      if (backup !== undefined) fs.copyFileSync(target, backup, fs.constants.COPYFILE_EXCL);
      fs.renameSync(fresh, target);
    }
  } catch (error) {
    fs.rmSync(fresh, { force: true });
    refuse(CANNOT_WRITE, { file: label, reason: reasonOf(error) }, { path: label }, { cause: error });
  }
}

/** The first of `place`, `place.2`, `place.3` … that is free: earlier backups stay. */
export function freePlace(place: string): string {
  let free = place;
  for (let n = 2; fs.existsSync(free); n++) free = `${place}.${n}`;
  return free;
}

/**
 * Puts `bytes` in place of `file`, below `root`, and keeps what was there as `file.bak` (or the next free number). Returns
 * the name of the backup relative to `root`; undefined when there was no such file.
 */
export function replaceFile(root: string, file: string, bytes: Uint8Array): string | undefined {
  const target = path.join(root, file), backup = fs.existsSync(target) ? freePlace(`${target}.bak`) : undefined;
  putInPlace(target, backup, bytes, file);
  return backup === undefined ? undefined : path.relative(root, backup).split(path.sep).join('/');
}
