/**
 * @module
 * An output directory under construction, whatever holds it: `.OUT.partial` on a disk, memory in a test. Everything
 * that can fail while writing goes through here, which is where tests inject faults.
 */
import type { ByteSink, ByteSource } from '../bytes/index.ts';

/** Bytes and where they go in a file. */
export interface Segment { readonly offset: number; readonly bytes: Uint8Array }

/**
 * How to enter a workspace. new: nothing may be there. resume: go on with what an interrupted run left. force: start
 * afresh and replace the target. join: one of several processes that share it (`--part`, `--finish`).
 */
export type WorkspaceMode = 'new' | 'resume' | 'force' | 'join';

/** A directory that becomes visible only when it is whole. */
export interface Workspace {
  /** What to call it in messages: `.OUT.partial`. */
  readonly label: string;
  /** What to call the finished directory. */
  readonly target: string;
  /** Free bytes where it lies, or undefined when unknown. */
  freeBytes(): Promise<number | undefined>;
  /** Lines of a journal, without a torn last one; empty when there is none or it cannot be trusted any more. */
  readJournal(name: string): Promise<string[]>;
  /** Journals that exist. */
  journals(): Promise<string[]>;
  /** Appends lines in one write. */
  appendJournal(name: string, lines: readonly string[]): Promise<void>;
  /** Creates an output file of exactly `bytes` bytes, with what is known beforehand in its places; replaces what is there. */
  create(path: string, bytes: number, known: readonly Segment[]): Promise<void>;
  /** Whether an output file is there with exactly this size. */
  has(path: string, bytes: number): Promise<boolean>;
  /** Write access to an output file. */
  sink(path: string): ByteSink;
  /** Read access to an output file. */
  source(path: string): ByteSource;
  /** The same for temporary files, which are gone when the directory is committed. */
  readonly temporary: Pick<Workspace, 'create' | 'has' | 'sink' | 'source'>;
  /** Makes what was written survive a power failure; called before `commit` when asked for. */
  sync(): Promise<void>;
  /** Takes away journal and temporary files and puts the directory in place, in one rename. */
  commit(): Promise<void>;
  /** Closes what is open; leaves the files for a later `--resume`. */
  close(): Promise<void>;
}
