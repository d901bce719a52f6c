/** A host in memory: what a command line prints, without a process. */
import type { NodeVerbs } from '../../src/cli/door.ts';
import { run } from '../../src/cli/run.ts';
import type { Host } from '../../src/cli/shell.ts';

export interface Ran { readonly status: number; readonly out: string; readonly err: string }

export interface HostOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly verbs?: Partial<NodeVerbs>;
  readonly signal?: AbortSignal;
  readonly exists?: (path: string) => boolean;
  readonly columns?: number;
  readonly terminal?: boolean;
}

/** Runs a command line and gives all that it printed. */
export async function temper(words: readonly string[], options: HostOptions = {}): Promise<Ran> {
  let out = '', err = '';
  const { columns, terminal = false } = options, size = columns === undefined ? {} : { columns };
  const host: Host = {
    environment: options.environment ?? {},
    stdout: { write: async (text) => { out += text; }, terminal, ...size },
    stderr: { write: async (text) => { err += text; }, terminal, ...size },
    signal: options.signal ?? new AbortController().signal,
    systemLocale: () => 'en-US',
    exists: options.exists ?? (() => false),
    verbs: async () => (options.verbs ?? {}) as NodeVerbs,
  };
  const status = await run(words, host);
  return { status, out, err };
}
