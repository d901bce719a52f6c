/** @module `check` over paths of this machine, and what puts right what it found. */
import fs from 'node:fs';
import path from 'node:path';
import { CANNOT_WRITE } from '../bytes/index.ts';
import { baselineText, readBaseline } from '../checks/baseline.ts';
import type { Fix } from '../checks/fixes.ts';
import type { Profile } from '../checks/index.ts';
import { BACKUP_FOLDER } from '../checks/view.ts';
import { refuse, type Severity } from '../findings/index.ts';
import { check, type CheckBody } from '../verbs/check.ts';
import type { Answer, VerbContext } from '../verbs/verb.ts';
import { reasonOf } from './files.ts';
import { freePlace, putInPlace } from './edit.ts';
import { existsFrom, openInput } from './folder.ts';
import { sha256 } from './hash.ts';
import { resolveModel } from './verbs.ts';

/** Options of a check on this machine. */
export interface CheckPathOptions {
  readonly profiles?: readonly Profile[];
  readonly failOn?: Severity;
  readonly updated?: readonly string[];
  readonly base?: string;
  readonly revision?: string;
  /** File of known findings. */
  readonly baseline?: string;
  /** Write the findings of this run there. */
  readonly writeBaseline?: string;
  /** Look at the code in the folder instead of models. */
  readonly code?: boolean;
  readonly fix?: boolean;
  /** Apply the fixes; without it they are only shown. */
  readonly yes?: boolean;
}

/** `check PATH`. */
export async function checkPath(given: string, options: CheckPathOptions = {}, context: VerbContext = {}): Promise<Answer<CheckBody>> {
  const root = path.resolve(resolveModel(given)), { folder, file } = openInput(root);
  const { profiles, failOn, updated, fix, code } = options, known = options.baseline === undefined ? undefined : readBaseline(readWhole(options.baseline), options.baseline);
  const request = {
    folder, path: given, ...(file === undefined ? {} : { file }), ...(profiles === undefined ? {} : { profiles }), ...(failOn === undefined ? {} : { failOn }), ...(updated === undefined ? {} : { updated }),
    ...(options.base === undefined ? {} : { base: openInput(resolveModel(options.base, options.revision)).folder }), ...(known === undefined ? {} : { known }), ...(fix === undefined ? {} : { fix }), ...(code === undefined ? {} : { code }),
    host: {
      sha256,
      exists: existsFrom(root),
    },
  };
  const { plan, all, ...answer } = await check(request, context);
  if (options.writeBaseline !== undefined) writeReport(options.writeBaseline, baselineText(all));
  if (!fix || !options.yes || plan.length === 0 || file !== undefined) return answer;
  for (const one of plan) apply(root, one);
  // What is left is told from the directory as it is now.
  const { plan: _plan, all: _all, ...after } = await check({ ...request, fix: false }, context);
  return { ...after, body: { ...after.body, fixes: plan.map(({ path: at, action, why }) => ({ path: at, action, why, applied: true })) } };
}

/** Keeps the original in the backup folder, and puts the new file in its place. */
function apply(root: string, { path: relative, action, text }: Fix): void {
  const target = path.join(root, relative), backup = freePlace(path.join(root, BACKUP_FOLDER, relative));
  putInPlace(target, action !== 'write' || fs.existsSync(target) ? backup : undefined, action === 'write' ? text! : undefined, relative);
}

/** A whole small file. */
function readWhole(file: string): Uint8Array {
  const { folder, file: name } = openInput(file);
  if (name === undefined) refuse(CANNOT_WRITE, { file, reason: { en: 'it is a directory', zh: '它是目录' } }, { path: file });
  const source = folder.open(name);
  try {
    const bytes = new Uint8Array(source.size);
    for (let at = 0; at < bytes.length;) at += Math.max(1, source.read(at, bytes.subarray(at)));
    return bytes;
  } finally {
    source.close();
  }
}

/** Writes a report or a baseline, over what is there. */
export function writeReport(file: string, text: string): void {
  try {
    fs.mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
    fs.writeFileSync(`${file}.temper-new`, text);
    fs.renameSync(`${file}.temper-new`, file);
  } catch (error) {
    refuse(CANNOT_WRITE, { file, reason: reasonOf(error) }, { path: file }, { cause: error });
  }
}
