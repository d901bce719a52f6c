/** @module What a training state may be opened with, and what is known of one that was. */

/** Options of opening a state. */
export interface StateOptions {
  /** Directory of the state, instead of what `latest` names. */
  readonly tag?: string;
  /** Ranks to believe: files of higher ranks are left over from another run. */
  readonly worldSize?: number;
  /** Trained parameters only. */
  readonly excludeFrozen?: boolean;
  /** Buffers as they were, or float32 as zero_to_fp32.py leaves them. */
  readonly buffers?: 'keep' | 'float32';
}

/** What is known of a state that was opened. */
export interface StateFacts {
  readonly kind: 'zero' | 'universal' | 'dcp' | 'fsdp';
  /** Of ZeRO; 0 where nothing was partitioned. */
  readonly stage?: number;
  /** Ranks that wrote it. */
  readonly world?: number;
  /** Directory, relative to the folder; '' is the folder itself. */
  readonly tag: string;
  /** Names that were trained, where the state says. */
  readonly trained?: ReadonlySet<string>;
}
