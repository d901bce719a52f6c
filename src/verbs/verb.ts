/**
 * @module
 * What every verb takes beside its own options, and what it gives back. The command line, the page and other people's
 * programs are all callers of the same functions.
 */
import type { Finding } from '../findings/index.ts';

/** What a verb is doing. `open` reads headers, `plan` works out the output, `digest` hashes, `finish` renames. */
export type Phase = 'open' | 'plan' | 'run' | 'verify' | 'compare' | 'extract' | 'digest' | 'finish';

/** What a verb says while it works. */
export type ProgressEvent =
  | { readonly kind: 'phase'; readonly phase: Phase }
  | {
    readonly kind: 'progress';
    readonly phase: Phase;
    /** Bytes of this phase, from 0 to `totalBytes`. Never goes back within a phase. */
    readonly doneBytes: number;
    readonly totalBytes: number;
    /** File or tensor in hand. */
    readonly current?: string;
  }
  | { readonly kind: 'finding'; readonly finding: Finding };

/** Given to every verb. */
export interface VerbContext {
  /** Aborting it ends the verb as soon as what is in hand is done; the verb throws the signal's reason. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: ProgressEvent) => void;
}

/** Exit statuses of the machine-readable contract: fine, the answer is bad, cannot run, interrupted by Ctrl-C, ended by SIGTERM. */
export type Exit = 0 | 1 | 2 | 130 | 143;

/**
 * What a verb answers. `body` has the snake_case keys of the contract and no language: a text for people in it is an
 * `{en, zh}` object, and reports show one of the two. What cannot be answered is thrown as a TemperError instead.
 */
export interface Answer<Body> {
  readonly schema: `temper.${string}/1`;
  readonly exit: Exit;
  readonly findings: readonly Finding[];
  readonly body: Body;
}
