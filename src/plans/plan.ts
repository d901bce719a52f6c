/**
 * @module
 * A plan: plain data that says every byte of the output before one is written. Made from headers; complete; it can be
 * shown, saved, sent to another machine, and run.
 */
import type { Finding, Text } from '../findings/index.ts';
import type { DType, Expression, Shape } from '../tensors/index.ts';

/** A file that the plan reads. Expressions refer to it by its index. */
export interface PlanInput {
  /** Which directory it lies in: `base`, `adapter`, `adapter-2` … Roots are bound to real places when a plan is run. */
  readonly role: string;
  /** Path relative to that directory. */
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970. Checked on this machine only; not part of the plan's digest. */
  readonly modifiedMs?: number;
  /** SHA-256 of the ranges that describe the tensors; of the whole file for files without tensors. */
  readonly headerSha256: string;
  /** SHA-256 of a fixed sample of blocks (`sampledDigest`). */
  readonly sampledSha256: string;
}

/** A tensor to write. */
export interface PlannedTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly expression: Expression;
  /** copied: the input's bytes. computed: at least one element is rounded anew. */
  readonly action: 'copied' | 'computed';
  /** How a person would write it: `W + 2·B·A`. */
  readonly formula: string;
  /** Names of the tensors it is made of, `role:name`. */
  readonly from: readonly string[];
  /** Factor of the delta and where it came from (`lora_alpha 16 / r 8`). */
  readonly scale?: number;
  readonly scaleFrom?: string;
  /** Name in the base when it differs. */
  readonly renamedFrom?: string;
  /** Why the tensor is there when that is not plain: `untied from model.embed_tokens.weight`. */
  readonly why?: Text;
  /** An earlier tensor of the file whose bytes these are: written once. Only where the container knows sharing. */
  readonly shares?: Shared;
}

/** What a tensor has in common with another. */
export interface Shared {
  readonly name: string;
  /** They are one object, not two on one storage. */
  readonly object: boolean;
}

/** A weights file to write, tensors in file order. */
export interface WeightsFile {
  readonly kind: 'weights';
  readonly path: string;
  /** `verbatim`: a file copied as it is by the lanes; its one tensor is the whole of it. */
  readonly container: 'safetensors' | 'torch-zip' | 'torch-legacy' | 'gguf' | 'verbatim';
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly PlannedTensor[];
  /** Why it is there, of a verbatim one. */
  readonly why?: Text;
}
/** A file carried over byte for byte. */
export interface CopiedFile { readonly kind: 'copy'; readonly path: string; readonly input: number; readonly why: Text }
/** A small file whose content was worked out while planning. */
export interface TextFile { readonly kind: 'text'; readonly path: string; readonly text: string; readonly why: Text }
/** Any file of the output. */
export type PlannedFile = WeightsFile | CopiedFile | TextFile;

/** Something computed once before the tensors that need it; `stage` nodes refer to it by index. Always F64. */
export interface PlannedStage { readonly shape: Shape; readonly expression: Expression; readonly why: Text }

/** What is left out, and why. */
export interface Dropped { readonly name: string; readonly why: Text }

/** The whole. */
export interface Plan {
  readonly schema: 'temper.plan/1';
  readonly verb: 'merge' | 'convert' | 'assemble' | 'extract' | 'combine';
  readonly version: string;
  readonly inputs: readonly PlanInput[];
  readonly stages: readonly PlannedStage[];
  readonly files: readonly PlannedFile[];
  readonly dropped: readonly Dropped[];
  readonly findings: readonly Finding[];
}
