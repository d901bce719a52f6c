/**
 * @module
 * A surveyed directory tree: what every folder is, what every file is for. Producers fill it in, `inspect` prints it, rules
 * judge by it. Vocabulary of kinds, roles and formats: docs/roles.md.
 */
import type { Text } from '../findings/index.ts';
import type { NeededFor } from './roles.ts';

/** One file of a tree. */
export interface TreeFile {
  /** Relative to the root of the tree, with `/`. */
  readonly path: string;
  /** Its base name. */
  readonly name: string;
  /** The folder it lies in; '' is the root. */
  readonly directory: string;
  readonly bytes: number;
  /** What its content is: `safetensors`, `torch-zip`, `json`, `lfs-pointer`, `html`, `empty` … */
  readonly format: string;
  /** What it is for: `weights`, `adapter-config`, `optimizer` … */
  readonly role: string;
  /** What needs it, in its place. */
  readonly neededFor: readonly NeededFor[];
}

/** One folder of a tree. */
export interface TreeDirectory {
  /** Relative to the root; '' is the root. */
  readonly path: string;
  /** What it is: `full-model`, `adapter`, `trainer-output` …; several at once are possible. */
  readonly kinds: readonly string[];
  /** Its files, those of sub-folders not among them. */
  readonly files: readonly TreeFile[];
  /** Base names of its sub-folders. */
  readonly folders: readonly string[];
  /**
   * The files a loader really reads, in order, an index first when it is used, relative to this folder; empty when it should
   * have usable weights and has none; undefined when no loader would look here.
   */
  readonly weights?: readonly string[];
  /** Whether it only serves as the base of a merge in this tree, and is not judged as a deployment. */
  readonly servesAsBase: boolean;
  /** Whether its weights are placeholders without elements, as ZeRO-3 leaves them where nobody gathered. */
  readonly isHollow: boolean;
}

/** One program, its version where something tells it, and what gave it away. */
export interface ProducerPart { readonly system: string; readonly version?: string; readonly why: Text }

/** Which program wrote a tree, and how that was recognised; with the libraries that it used, ` + ` between their names. */
export interface Producer extends ProducerPart {
  /** The program and the libraries one by one. */
  readonly parts: readonly ProducerPart[];
}

/** A surveyed tree. */
export interface Tree {
  /** By path; '' is the root. */
  readonly directories: ReadonlyMap<string, TreeDirectory>;
  /** By path. */
  readonly files: ReadonlyMap<string, TreeFile>;
  readonly producer?: Producer;
}
