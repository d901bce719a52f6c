/**
 * @module
 * The output directory on a disk: built as `.OUT.partial` beside the target, renamed when it is whole. What is not part
 * of the output (journal, stages) lies in `.OUT.partial/.temper` and is gone before the rename.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CANNOT_WRITE } from '../bytes/index.ts';
import { OUTPUT_EXISTS, PARTIAL_EXISTS, RUN_IN_PROGRESS } from '../engine/codes.ts';
import type { Segment, Workspace, WorkspaceMode } from '../engine/workspace.ts';
import { refuse } from '../findings/index.ts';
import { fileSink, fileSource, reasonOf } from './files.ts';

/** Folder of journal and stages inside the partial directory. */
const PRIVATE = '.temper';

/** How often a rename is tried again where Windows still holds a file (virus scanners, indexers), and the first wait. */
const RENAME_TRIES = 8, RENAME_WAIT_MS = 20;

/** Called before every change of the disk; tests make it fail. `torn` does half of what was asked, as a killed process would. */
export type FaultHook = (operation: 'create' | 'write' | 'append' | 'rename' | 'remove', name: string, torn?: () => void) => void;

/** A workspace on this machine, and where its files are. */
export interface NodeWorkspace extends Workspace {
  /** Absolute path of an output file under construction. */
  outputPath(name: string): string;
  /** Absolute path of a temporary file. */
  temporaryPath(name: string): string;
}

/** Beside output and mode. */
export interface WorkspaceOptions {
  readonly hook?: FaultHook;
  /** Name of the one file that is the output; the directory around it is left behind. */
  readonly single?: string;
  /** Several processes share the directory: which one this is. */
  readonly part?: number;
}

/** Names beside `output`. */
export function placesOf(output: string): { target: string; partial: string; replaced: string } {
  const target = path.resolve(output), parent = path.dirname(target), name = path.basename(target);
  return { target, partial: path.join(parent, `.${name}.partial`), replaced: path.join(parent, `.${name}.replaced`) };
}

/** Enters the workspace of `output`. */
export function enterWorkspace(output: string, mode: WorkspaceMode, { hook = () => {}, single, part }: WorkspaceOptions = {}): NodeWorkspace {
  const { target, partial, replaced } = placesOf(output), secret = path.join(partial, PRIVATE);
  const scratch = part === undefined ? secret : path.join(secret, `part-${part}`);
  const name = path.basename(target), label = path.join(path.dirname(output), path.basename(partial));
  const act = <T>(file: string, call: () => T): T => {
    try { return call(); } catch (error) { return refuse(CANNOT_WRITE, { file, reason: reasonOf(error) }, { path: file }, { cause: error }); }
  };
  if (fs.existsSync(target) && mode !== 'force') refuse(OUTPUT_EXISTS, { output: name }, { path: name });
  if (fs.existsSync(partial)) {
    if (mode === 'new') refuse(PARTIAL_EXISTS, { partial: label }, { path: label });
    const pid = owner(path.join(secret, 'pid'));
    if (pid !== undefined && mode !== 'join') refuse(RUN_IN_PROGRESS, { pid, partial: label }, { path: label });
    if (mode === 'force') act(label, () => fs.rmSync(partial, { recursive: true, force: true }));
  }
  act(label, () => {
    hook('create', label);
    fs.mkdirSync(secret, { recursive: true });
    fs.writeFileSync(path.join(secret, 'pid'), `${process.pid} ${processMark(process.pid) ?? ''} ${os.hostname()}`);
    // After a restart of the machine, bytes that the journal believes written may never have reached the disk.
    const boot = path.join(secret, 'boot');
    if (fs.existsSync(boot) && fs.readFileSync(boot, 'utf8') !== bootMark()) for (const journal of journalNames()) fs.rmSync(path.join(secret, journal));
    fs.writeFileSync(boot, bootMark());
  });
  function journalNames(): string[] {
    return fs.existsSync(secret) ? fs.readdirSync(secret).filter((file) => file.startsWith('journal-')) : [];
  }

  const place = (folder: string) => ({
    create: async (file: string, bytes: number, known: readonly Segment[]) => act(file, () => {
      hook('create', file);
      const full = path.join(folder, file);
      fs.mkdirSync(path.dirname(full), { recursive: true });
      fs.rmSync(full, { force: true });
      const sink = fileSink(full, file);
      for (const segment of known) {
        hook('write', file, () => sink.write(segment.offset, segment.bytes.subarray(0, segment.bytes.length >> 1)));
        sink.write(segment.offset, segment.bytes);
      }
      sink.close();
      // The size last: a file with its size has its header.
      fs.truncateSync(full, bytes);
    }),
    has: async (file: string, bytes: number) => fs.existsSync(path.join(folder, file)) && fs.statSync(path.join(folder, file)).size === bytes,
    sink: (file: string) => fileSink(path.join(folder, file), file, 'reopen'),
    source: (file: string) => fileSource(path.join(folder, file), file),
  });
  return {
    label, target: name, ...place(partial), temporary: place(scratch),
    outputPath: (file) => path.join(partial, file),
    temporaryPath: (file) => path.join(scratch, file),
    freeBytes: async () => { try { const { bavail, bsize } = fs.statfsSync(partial); return bavail * bsize; } catch { return undefined; } },
    journals: async () => journalNames().map((file) => file.slice('journal-'.length)),
    readJournal: async (journal) => {
      const file = path.join(secret, `journal-${journal}`);
      if (!fs.existsSync(file)) return [];
      const text = fs.readFileSync(file, 'utf8');
      // A line without its end was torn by the kill; the work it told of is done again.
      const whole = text.slice(0, text.lastIndexOf('\n') + 1);
      if (whole.length < text.length) fs.writeFileSync(file, whole);
      return whole.split('\n').filter((line) => line !== '');
    },
    appendJournal: async (journal, lines) => act(`journal-${journal}`, () => {
      const file = path.join(secret, `journal-${journal}`), text = lines.map((line) => `${line}\n`).join('');
      hook('append', journal, () => fs.appendFileSync(file, text.slice(0, text.length >> 1)));
      fs.appendFileSync(file, text);
    }),
    sync: async () => act(label, () => {
      for (const file of fs.readdirSync(partial, { recursive: true, withFileTypes: true })) {
        if (file.isFile()) syncPath(path.join(file.parentPath, file.name));
      }
      syncPath(partial);
    }),
    commit: async () => {
      act(label, () => { hook('remove', PRIVATE); fs.rmSync(secret, { recursive: true, force: true }); });
      if (fs.existsSync(target)) {
        if (mode !== 'force') refuse(OUTPUT_EXISTS, { output: name }, { path: name });
        act(name, () => fs.rmSync(replaced, { recursive: true, force: true }));
        await rename(target, replaced, name);
      }
      await rename(single === undefined ? partial : path.join(partial, single), target, name);
      act(name, () => { if (single !== undefined) fs.rmSync(partial, { recursive: true, force: true }); });
      act(name, () => { if (fs.existsSync(replaced)) { hook('remove', name); fs.rmSync(replaced, { recursive: true, force: true }); } });
    },
    close: async () => {
      // Without a journal nothing was begun: there is nothing to go on with.
      if (journalNames().length === 0) fs.rmSync(partial, { recursive: true, force: true });
      fs.rmSync(path.join(secret, 'pid'), { force: true });
    },
  };

  async function rename(from: string, to: string, file: string): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        hook('rename', file);
        return fs.renameSync(from, to);
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (tries >= RENAME_TRIES || !['EPERM', 'EACCES', 'EBUSY'].includes(code ?? '')) refuse(CANNOT_WRITE, { file, reason: reasonOf(error) }, { path: file }, { cause: error });
        await new Promise((done) => { setTimeout(done, RENAME_WAIT_MS * 2 ** tries); });
      }
    }
  }
}

function syncPath(file: string): void {
  const descriptor = fs.openSync(file, 'r');
  try { fs.fsyncSync(descriptor); } finally { fs.closeSync(descriptor); }
}

/** The process that is writing, when it lives and is on this machine. A number that another process got since does not count. */
function owner(file: string): number | undefined {
  let text: string;
  try { text = fs.readFileSync(file, 'utf8'); } catch { return undefined; }
  const [pid = '', mark = '', host = ''] = text.split(' ');
  if (host !== os.hostname() || Number(pid) === process.pid) return undefined;
  try { process.kill(Number(pid), 0); } catch { return undefined; }
  return mark === (processMark(Number(pid)) ?? '') ? Number(pid) : undefined;
}

/** When a process started, in ticks since boot, or `dead` for one that is only waiting to be reaped; undefined without /proc. */
function processMark(pid: number): string | undefined {
  try {
    const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? 'dead' : fields[19];
  } catch {
    return undefined;
  }
}

/** The same until the machine restarts: the kernel's own mark, or the minute it started. */
function bootMark(): string {
  try { return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(); } catch { return String(Math.round((Date.now() / 1000 - os.uptime()) / 120)); }
}
