/**
 * @module
 * diff: which tensors of two checkpoints differ, by how much, and of what rank. Shards, dtypes, containers, tied tensors and
 * the way experts are stored make no difference of their own.
 */
import type { Folder } from '../bytes/index.ts';
import { closeCheckpoint, openModel, type Checkpoint } from '../checkpoints/index.ts';
import { findEmbedding, findHead } from '../families/index.ts';
import type { Text } from '../findings/index.ts';
import { readConfig } from '../plans/index.ts';
import { compareTensors, pairTensors, type Difference, type DiffStatus, type Pair } from '../proofs/diff/index.ts';
import { proofCompiler } from '../proofs/index.ts';
import { elementCount } from '../tensors/index.ts';
import type { Answer, VerbContext } from './verb.ts';

/** What to compare. */
export interface DiffRequest {
  readonly a: Folder;
  readonly aFile?: string;
  readonly b: Folder;
  readonly bFile?: string;
  /** Work out the rank of every change. */
  readonly rank?: boolean;
  readonly memoryBytes?: number;
}

/** One tensor of the answer. */
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
  /** No element is more than one step of the dtype off. */
  readonly rounding_only?: boolean;
  readonly effective_rank?: number;
  /** The rank that it could have: the shorter side. */
  readonly full_rank?: number;
  /** The rank is at least this; it was not looked further. */
  readonly effective_rank_is_at_least?: boolean;
  /** Both, where they differ or where there is only one of them. */
  readonly dtype_a?: string;
  readonly dtype_b?: string;
  readonly shape_a?: readonly number[];
  readonly shape_b?: readonly number[];
  readonly name_in_b?: string;
  readonly note?: Text;
}

/** Body of the answer (INTERFACE.md). */
export interface DiffBody {
  readonly summary: Readonly<Record<DiffStatus, number>>;
  readonly tensors: readonly DiffedTensor[];
}

/** Memory for programs when nothing else is said. */
const MEMORY_BYTES: number = 256 * 1024 * 1024;
/** Progress is counted in elements; most are two bytes. */
const BYTES_SHOWN = 2;

/** Compares. Exit 0 when every tensor has the same values, shape and dtype under a name of its own, 1 otherwise. */
export async function diff(request: DiffRequest, context: VerbContext = {}): Promise<Answer<DiffBody>> {
  context.onEvent?.({ kind: 'phase', phase: 'open' });
  const opened: Checkpoint[] = [];
  try {
    const [a, b] = [await openModel(request.a, request.aFile === undefined ? {} : { file: request.aFile }), await openModel(request.b, request.bFile === undefined ? {} : { file: request.bFile })];
    opened.push(a, b);
    const configs = [await configBeside(a, request.aFile), await configBeside(b, request.bFile)] as const;
    const pairs = pairTensors({ checkpoint: a, config: configs[0] }, { checkpoint: b, config: configs[1] });
    const sources = opened.flatMap((checkpoint) => checkpoint.files.map((file) => file.source));
    const compile = proofCompiler({ source: (i) => sources[i]!, stages: [], memoryBytes: request.memoryBytes ?? MEMORY_BYTES });
    const vocabulary = new Set([a, b].flatMap((checkpoint) => [findEmbedding(checkpoint.tensors.keys()), findHead(checkpoint.tensors)]).filter((name) => name !== undefined));
    const isVocabulary = ({ name, nameInB }: Pair) => vocabulary.has(name) || (nameInB !== undefined && vocabulary.has(nameInB));
    const totalBytes = BYTES_SHOWN * pairs.reduce((sum, pair) => sum + elementCount((pair.a ?? pair.b)!.shape), 0);
    const tensors: DiffedTensor[] = [];
    let done = 0;
    context.onEvent?.({ kind: 'phase', phase: 'compare' });
    for (const pair of pairs) {
      const before = done;
      const found = await compared(pair, () => compareTensors(pair.a!, pair.b!, compile, {
        vocabulary: isVocabulary(pair), rank: request.rank !== false && !isVocabulary(pair),
        ...(context.signal === undefined ? {} : { signal: context.signal }),
        onTile: (elements) => { done += elements; context.onEvent?.({ kind: 'progress', phase: 'compare', doneBytes: Math.min(BYTES_SHOWN * done, totalBytes), totalBytes, current: pair.name }); },
      }));
      // Tiles that were looked at twice, or not at all, do not count.
      done = before + elementCount((pair.a ?? pair.b)!.shape);
      tensors.push(show(pair, found));
    }
    const summary: Record<DiffStatus, number> = { added: 0, removed: 0, changed: 0, same: 0, dtype_changed: 0, shape_changed: 0 };
    for (const { status } of tensors) summary[status]++;
    return { schema: 'temper.diff/1', exit: summary.same === tensors.length ? 0 : 1, findings: opened.flatMap(({ findings }) => findings), body: { summary, tensors } };
  } finally {
    for (const checkpoint of opened) await closeCheckpoint(checkpoint);
  }
}

/** config.json of a directory; a single file may belong to anything that lies beside it. */
async function configBeside(checkpoint: Checkpoint, file: string | undefined) {
  return file === undefined ? (await readConfig(checkpoint))?.fields : undefined;
}

function compared(pair: Pair, both: () => Promise<Difference>): Promise<Difference> | Difference {
  const only = pair.a === undefined ? pair.b! : pair.b === undefined ? pair.a : undefined;
  if (only === undefined) return both();
  const elements = elementCount(only.shape);
  return { status: pair.a === undefined ? 'added' : 'removed', elements, differing: elements };
}

function show({ name, a, b, nameInB, why }: Pair, found: Difference): DiffedTensor {
  const { status, elements, differing, maxAbs, relativeNorm, notFinite, changedRows, roundingOnly, rank } = found, alone = a === undefined || b === undefined;
  return {
    name, status, elements, differing,
    max_abs: status === 'same' ? 0 : maxAbs ?? null, relative_norm: status === 'same' ? 0 : relativeNorm ?? null,
    ...(notFinite === undefined ? {} : { not_finite: notFinite }), ...(changedRows === undefined ? {} : { changed_rows: changedRows }), ...(roundingOnly ? { rounding_only: true } : {}),
    ...(rank === undefined ? {} : { effective_rank: rank.rank, full_rank: rank.of, ...(rank.least ? { effective_rank_is_at_least: true } : {}) }),
    ...(a !== undefined && (alone || a.dtype !== b?.dtype) ? { dtype_a: a.dtype } : {}), ...(b !== undefined && (alone || a?.dtype !== b.dtype) ? { dtype_b: b.dtype } : {}),
    ...(a !== undefined && (alone || String(a.shape) !== String(b?.shape)) ? { shape_a: a.shape } : {}), ...(b !== undefined && (alone || String(a?.shape) !== String(b.shape)) ? { shape_b: b.shape } : {}),
    ...(nameInB === undefined ? {} : { name_in_b: nameInB }), ...(why === undefined ? {} : { note: why }),
  };
}
