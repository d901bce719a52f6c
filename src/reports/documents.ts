/**
 * @module
 * Bodies of the answers, with the keys of the machine-readable contract. Texts for people are `Words`: a plain string,
 * or one text in every language of which the report shows one.
 */
import type { Severity } from '../findings/index.ts';
import type { Words } from './screen.ts';

/** A command worth running next. */
export interface NextStep { readonly command: string; readonly reason: Words }

/** `temper.inspect/1` */
export interface InspectBody {
  readonly kinds: readonly string[];
  /** Kinds of the folders inside, by relative path. */
  readonly directories: Readonly<Record<string, readonly string[]>>;
  readonly files: readonly InspectedFile[];
  /** Per folder, the files that a loader really reads, in order. Empty: no usable weights. */
  readonly effective_weights: Readonly<Record<string, readonly string[]>>;
  readonly producer?: ProducerPart & { readonly parts?: readonly ProducerPart[] } | null;
  /** The folder that the run was for. */
  readonly result?: { readonly path: string; readonly kind: string; readonly why: Words } | null;
  /** How far the run came, and what it was started with. */
  readonly training?: {
    readonly progress?: { readonly path: string; readonly step: number; readonly max_steps?: number; readonly epoch?: number; readonly loss?: number | string };
    readonly arguments?: { readonly path: string; readonly class: string; readonly values: Readonly<Record<string, string | number | boolean>> };
  };
  /** Why files are as large as they are. */
  readonly sizes?: readonly SizeNote[];
  readonly adapters: readonly InspectedAdapter[];
  /** For a single file: what its content is. */
  readonly format?: string;
  /** What the effective weights hold. */
  readonly summary?: TensorSummary;
  /** With `--tensors`. */
  readonly tensors?: readonly InspectedTensor[];
  readonly next: readonly NextStep[];
}
/** A program, and what gave it away. */
export interface ProducerPart { readonly system: string; readonly version?: string; readonly why: Words }
/** Files, and what their bytes are: parameters times bytes of each. */
export interface SizeNote { readonly paths: readonly string[]; readonly bytes: number; readonly parameters: number; readonly bytes_each: number; readonly frozen?: number; readonly what: Words }
/** One file and what it is for. */
export interface InspectedFile {
  readonly path: string;
  readonly role: string;
  readonly format: string;
  readonly needed_for: readonly string[];
  readonly bytes: number;
}
/** One adapter found. Further keys are those of its adapter_config.json. */
export interface InspectedAdapter {
  readonly path: string;
  readonly peft_type: string;
  readonly r?: number | null;
  readonly lora_alpha?: number | null;
  readonly parameters?: number;
  readonly dtypes?: readonly string[];
  readonly base_model_name_or_path?: string | null;
  readonly value_class?: string;
  readonly revision?: string | null;
  readonly [key: string]: unknown;
}
/** Sums over the tensors of the effective weights. */
export interface TensorSummary {
  readonly tensors: number;
  readonly parameters: number;
  readonly bytes: number;
  readonly dtypes: Readonly<Record<string, { readonly tensors: number; readonly parameters: number; readonly bytes: number }>>;
}
/** One tensor. */
export interface InspectedTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly file: string;
  readonly bytes: number;
  readonly sha256?: string;
}

/** Verdicts of a scan, from harmless to worst. */
export type ScanVerdict = 'data-only' | 'benign-framework' | 'finding' | 'unknown' | 'refuse' | 'dangerous';
/** `temper.scan/1` */
export interface ScanBody {
  readonly path: string;
  readonly verdict: ScanVerdict;
  /** Every class and function that any file names. */
  readonly globals: readonly string[];
  readonly files: readonly ScannedEntry[];
  readonly next: readonly NextStep[];
}
/** One scanned file. */
export interface ScannedEntry {
  readonly path: string;
  readonly verdict: ScanVerdict;
  readonly format: string;
  readonly globals: readonly string[];
  readonly weights_only?: { readonly loads: boolean; readonly reason?: string; readonly offset?: number };
}

/** `temper.check/1` */
export interface CheckBody {
  /** What was given. */
  readonly path: string;
  readonly kinds: readonly string[];
  readonly producer: { readonly system: string; readonly version?: string; readonly why: Words } | null;
  readonly profiles: readonly string[];
  /** Severity from which the exit status is 1. */
  readonly fail_on: Severity;
  readonly checked: { readonly folders: number; readonly files: number; readonly bytes: number };
  readonly counts: Readonly<Record<Severity, number>>;
  /** Findings that the baseline knows, left out. */
  readonly known: number;
  /** With `--fix`. */
  readonly fixes?: readonly CheckFix[];
}
/** Something that can be put right without a choice. */
export interface CheckFix { readonly path: string; readonly action: 'write' | 'remove'; readonly why: Words; readonly applied: boolean }

/** `temper.merge/1`, `temper.convert/1` */
export interface WrittenBody {
  /** Where the output is, or would be. */
  readonly output: string;
  readonly files: readonly WrittenFile[];
  readonly tensors: { readonly copied: number; readonly computed: number; readonly renamed: number; readonly dropped: readonly DroppedTensor[] };
  /** With `--dry-run`. */
  readonly plan?: PlanBody;
  /** False after one of several parts. */
  readonly complete?: boolean;
  readonly survival?: Survival;
  /** What reading the output again said. */
  readonly verified?: { readonly verdict: string; readonly counts: object };
  /** Of a conversion: sizes of the weight files. */
  readonly size?: SizeBody;
  readonly next?: readonly NextStep[];
}
/** Sizes before and after; the changes add up to the difference. */
export interface SizeBody { readonly input_bytes: number; readonly output_bytes: number; readonly changes: readonly { readonly bytes: number; readonly why: Words }[] }
/** One output file. */
export interface WrittenFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256?: string;
  /** Why it is there when it is no weights file: `from the adapter: it has the added tokens`. */
  readonly why?: Words;
}
/** What was left out. */
export interface DroppedTensor { readonly name: string; readonly why: Words }
/** How much of the change is still there after rounding. */
export interface Survival {
  /** Stored elements that are not the base's. */
  readonly changed_elements: number;
  /** Elements with a delta whose stored value is the base's all the same. */
  readonly lost_elements: number;
  /** Between the intended and the realised change. */
  readonly cosine: number;
  readonly per_module?: readonly ModuleSurvival[];
}
/** Survival in one tensor. */
export interface ModuleSurvival { readonly name: string; readonly changed_elements: number; readonly lost_elements: number; readonly cosine: number }

/** The plan as `--dry-run` shows it. */
export interface PlanBody {
  readonly files: readonly PlanFileBody[];
  readonly bytes_to_read: number;
  readonly bytes_to_write: number;
  readonly peak_memory_bytes: number;
  readonly disk_bytes: number;
}
/** One file of a plan. */
export interface PlanFileBody { readonly path: string; readonly bytes?: number; readonly why?: Words; readonly tensors?: readonly PlanTensorBody[] }
/** One tensor of a plan. */
export interface PlanTensorBody {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly formula: string;
  readonly sources: readonly string[];
  readonly scale?: number;
  readonly scale_from?: string;
  readonly why?: Words;
}

/** Verdicts of one tensor, in the order of the contract. */
export type TensorVerdict = 'exact' | 'rounding' | 'untouched' | 'replaced' | 'no-effect' | 'base' | 'twice' | 'scaled'
  | 'transposed' | 'partial' | 'changed' | 'other' | 'missing' | 'extra';
/** Verdicts of a whole merge. */
export type MergeVerdict = 'incomplete' | 'wrong-base' | 'no-effect' | 'not-merged' | 'merged' | 'merged-with-rounding'
  | 'altered' | 'merged-twice' | 'wrong-scale' | 'partly-merged' | 'unrelated';
/** `temper.verify/1` */
export interface VerifyBody {
  readonly verdict: MergeVerdict;
  readonly counts: Readonly<Partial<Record<TensorVerdict, number>>>;
  readonly tensors: readonly VerifiedTensor[];
  readonly survival?: Survival;
}
/** One tensor of a verification. */
export interface VerifiedTensor {
  readonly name: string;
  readonly verdict: TensorVerdict;
  readonly elements?: number;
  readonly differing?: number;
  readonly max_ulp?: number | string;
  readonly scale?: number;
  readonly note?: Words;
  /** Elements by their distance from the exact value: `counts[0]` none, then 1, 2, 3–4, 5–8 … steps. */
  readonly histogram?: { readonly counts: readonly number[]; readonly nan: number };
}

/** `temper.explain/1`: one code, or all of them. */
export interface ExplainBody {
  readonly code?: string;
  readonly severity?: string;
  readonly message?: Words;
  readonly why?: Words;
  readonly fix?: Words;
  /** Markdown. */
  readonly page?: Words;
  readonly codes?: readonly { readonly code: string; readonly severity: string; readonly message: Words }[];
}

/** `temper.doctor/1` */
export interface DoctorBody { readonly version: string; readonly checks: readonly DoctorCheck[] }
/** One line of the doctor. */
export interface DoctorCheck {
  readonly check: string;
  readonly title: Words;
  readonly value: Words;
  readonly status: 'ok' | 'note' | 'warning' | 'error';
  readonly recommendation?: Words;
}

/** What became of a tensor from A to B. */
export type DiffStatus = 'added' | 'removed' | 'changed' | 'same' | 'dtype_changed' | 'shape_changed';
/** `temper.diff/1` */
export interface DiffBody {
  readonly summary: Readonly<Record<DiffStatus, number>>;
  readonly tensors: readonly DiffedTensor[];
}
/** One tensor of two checkpoints. */
export interface DiffedTensor {
  readonly name: string;
  readonly status: DiffStatus;
  /** null where there are no common elements. */
  readonly max_abs: number | null;
  readonly relative_norm: number | null;
  readonly elements: number;
  readonly differing: number;
  readonly not_finite?: number;
  readonly changed_rows?: number;
  readonly rounding_only?: boolean;
  readonly effective_rank?: number;
  readonly full_rank?: number;
  readonly effective_rank_is_at_least?: boolean;
  readonly dtype_a?: string;
  readonly dtype_b?: string;
  readonly shape_a?: readonly number[];
  readonly shape_b?: readonly number[];
  readonly name_in_b?: string;
  readonly note?: Words;
}

/** `temper.extract/1` */
export interface ExtractBody extends WrittenBody {
  readonly extracted: {
    readonly modules: readonly { readonly module: string; readonly rank: number; readonly energy_kept: number; readonly relative_error: number }[];
    readonly energy_kept: number;
    readonly full_tensors: readonly string[];
    readonly left_out: readonly { readonly name: string; readonly why: Words }[];
  };
}

/** `temper.base-show/1` */
export interface BaseShowBody { readonly path: string; readonly adapters: readonly ShownBase[] }
/** One adapter and the base that it names. */
export interface ShownBase {
  readonly path: string;
  readonly value: string | null;
  readonly value_class: string;
  readonly revision: string | null;
  /** null where nobody can tell. */
  readonly exists: boolean | null;
  readonly stands_for?: { readonly id: string; readonly revision: string };
  readonly quantised?: string;
  readonly readme_base_model?: string;
  readonly agrees_with: readonly string[];
  readonly disagrees_with: readonly { readonly path: string; readonly value: string | null }[];
  readonly why: Words;
}
/** `temper.base-set/1` */
export interface BaseSetBody {
  readonly changed: readonly { readonly path: string; readonly before: string | null; readonly after: string; readonly backup: string | null }[];
  readonly unchanged: readonly string[];
  readonly dry_run?: true;
}
/** How well a base fits. */
export interface FitBody {
  readonly path: string;
  readonly names: { readonly found: number; readonly of: number };
  readonly shapes: { readonly fitting: number; readonly of: number };
  readonly layers: { readonly base: number; readonly adapter: number };
  readonly vocabulary: { readonly base: number | null; readonly adapter: number | null };
  readonly ignored: readonly { readonly name: string; readonly why: Words }[];
  readonly content: 'equal' | 'different' | 'unknown' | 'partly';
  readonly same_content?: { readonly equal: number; readonly of: number };
  readonly verdict: 'fits' | 'misfit' | 'other-weights';
}
/** `temper.base-match/1` */
export interface BaseMatchBody {
  readonly path: string;
  readonly subject: 'adapter' | 'model';
  readonly candidates: readonly (Partial<FitBody> & Pick<FitBody, 'path' | 'verdict'> & { readonly problems: readonly Words[] })[];
  readonly best: string | null;
}
/** `temper.base-verify/1` */
export interface BaseVerifyBody extends FitBody { readonly adapter: string; readonly snippet?: string; readonly recorded?: string }

/** `temper.combine/1` */
export interface CombineBody extends WrittenBody {
  readonly combined: {
    readonly method: string;
    readonly weights: readonly number[];
    readonly rank: number | null;
    readonly distance: number | null;
    readonly modules: readonly { readonly module: string; readonly sources: number; readonly distance: number | null }[];
  };
}
