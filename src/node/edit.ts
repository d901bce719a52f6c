/** @module Files of a user's directory that are changed in place: the new content appears at once, the old one stays beside it. */
import fs from 'node:fs';
import path from 'node:path';
import { CANNOT_WRITE } from '../bytes/index.ts';
import { refuse } from '../findings/index.ts';
import { reasonOf } from './files.ts';

/** Backups that a file may have: `.bak`, `.bak.2` … */
const BACKUPS_MAX = 1000;

/**
 * Puts `bytes` in place of `file`, below `root`, and keeps what was there as `file.bak` (or the next free number). Returns
 * the name of the backup relative to `root`; undefined when there was no such file.
 */
export function replaceFile(root: string, file: string, bytes: Uint8Array): string | undefined {
  const target = path.join(root, file), fresh = `${target}.temper-new`;
  try {
    const backup = fs.existsSync(target) ? freeBackup(target) : undefined;
    fs.writeFileSync(fresh, bytes, { flag: 'w' });
    if (backup !== undefined) fs.copyFileSync(target, backup, fs.constants.COPYFILE_EXCL);
    fs.renameSync(fresh, target);
    return backup === undefined ? undefined : path.relative(root, backup).split(path.sep).join('/');
  } catch (error) {
    fs.rmSync(fresh, { force: true });
    return refuse(CANNOT_WRITE, { file, reason: reasonOf(error) }, { path: file }, { cause: error });
  }
}

function freeBackup(target: string): string {
  for (let n = 1; n <= BACKUPS_MAX; n++) {
    const name = n === 1 ? `${target}.bak` : `${target}.bak.${n}`;
    if (!fs.existsSync(name)) return name;
  }
  throw new Error(`${BACKUPS_MAX} backups of ${path.basename(target)} lie there already`);
}
