/**
 * @module
 * What a producer contributes: a program that leaves directories behind. One file under `systems/` each; the survey asks
 * them all.
 */
import type { Text } from '../findings/index.ts';
import type { RoleRule } from './roles.ts';
import type { FolderView } from './view.ts';

/** That a program wrote a tree, its version where something tells it, and what gave it away. */
export interface Evidence {
  /** The part of the program that it was, where that can be told. */
  readonly name?: string;
  readonly version?: string;
  readonly why: Text;
}

/** The folders of a tree that its producer wrote: bases that lie beside them are somebody else's. */
export interface Written {
  readonly root: FolderView;
  readonly folders: readonly FolderView[];
  /** What training_args.bin holds, when there is one: the class of the object, its fields, and the classes it mentions. */
  readonly trainingArguments?: { readonly path: string; readonly class: string; readonly fields: readonly string[]; readonly classes: readonly string[] };
  /** Text of all model cards. */
  readonly cards: string;
}

/** A program. */
export interface System {
  /** Its name, as its users write it. */
  readonly name: string;
  /**
   * `program` is what somebody ran, of which the first that is recognised counts; `library` is what it used, and is named
   * after it.
   */
  readonly layer: 'program' | 'library';
  /** Roles of files that only this program writes. They come before the general ones. */
  readonly roles?: readonly RoleRule[];
  /** What a folder is, as far as this program knows. Its sub-folders have their kinds; those of systems before it are in `here.kinds`. */
  readonly kinds?: (here: FolderView) => Promise<readonly string[]>;
  /** Whether it wrote the tree. */
  readonly wrote?: (tree: Written) => Promise<Evidence | undefined>;
}
