/** @module Folders as a check sees them: without what Temper itself keeps there, or with a single file. */
import type { Folder } from '../bytes/index.ts';

/** Where originals are kept that a fix replaced. */
export const BACKUP_FOLDER = '.temper-backup';

/** A folder without the backups of earlier fixes. */
export function withoutBackup(folder: Folder): Folder {
  return { ...folder, label: folder.label, list: async (path = '') => (await folder.list(path)).filter((entry) => entry.path !== BACKUP_FOLDER), open: (path) => folder.open(path) };
}

/** A folder that holds one of its files. */
export function onlyFile(folder: Folder, file: string): Folder {
  return { ...folder, label: folder.label, list: async (path = '') => (path === '' ? (await folder.list('')).filter((entry) => entry.path === file) : []), open: (path) => folder.open(path) };
}
