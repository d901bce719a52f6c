/**
 * @module
 * base verify, base match: whether an adapter or a model belongs to a base, by names, shapes, layers, vocabulary and, where
 * the weights themselves can tell, by content. What a merge would refuse is a misfit here: it is the same code that says so.
 */
import { openAdapter, type Adapter } from '../../adapters/index.ts';
import { Homes } from '../../adapters/match.ts';
import type { Folder } from '../../bytes/index.ts';
import { closeCheckpoint, fingerprint, openCheckpoint, type Checkpoint } from '../../checkpoints/index.ts';
import { findEmbedding, layerOf } from '../../families/index.ts';
import { isTemperError, type Finding, type Text } from '../../findings/index.ts';
import { applyAll, readConfig } from '../../plans/index.ts';
import { sameShape } from '../../tensors/index.ts';
import { compareRecord, type ContentVerdict } from './record.ts';

/** A base and what to call it. */
export interface BaseCandidate { readonly path: string; readonly folder: Folder; readonly file?: string }

/** How well one base fits. */
export interface Fit {
  readonly path: string;
  /** Modules and tensors that have a home in the base, of all. */
  readonly names: { readonly found: number; readonly of: number };
  /** Of those found, how many have the right shape. */
  readonly shapes: { readonly fitting: number; readonly of: number };
  readonly layers: { readonly base: number; readonly adapter: number };
  /** Rows of the embeddings; null where there is none. */
  readonly vocabulary: { readonly base: number | null; readonly adapter: number | null };
  /** Tensors that would not be used, and why. */
  readonly ignored: readonly { readonly name: string; readonly why: Text }[];
  /** By fingerprint: of the base against the adapter's record, or of the tensors that a model shares with the base. */
  readonly content: ContentVerdict | 'partly';
  /** Of a model: tensors with the same weights as in the base, of those of the same name and shape. */
  readonly same_content?: { readonly equal: number; readonly of: number };
  readonly verdict: 'fits' | 'misfit' | 'other-weights';
}

/** A fit and what was found on the way. */
export interface Fitting { readonly fit: Fit; readonly findings: readonly Finding[] }

const MISFIT_SHAPES: ReadonlySet<string> = new Set(['shape-mismatch', 'vocabulary-mismatch']);

/** Holds an adapter against a base, as a merge would. */
export async function fitAdapter(adapterFolder: Folder, base: BaseCandidate): Promise<Fitting> {
  const checkpoint = await openBase(base);
  let adapter: Adapter | undefined;
  try {
    adapter = await openAdapter(adapterFolder);
    const config = await readConfig(checkpoint), findings: Finding[] = [], ignored: { name: string; why: Text }[] = [];
    try {
      const { model } = await applyAll(checkpoint, [adapter], { config: config?.fields });
      findings.push(...model.findings);
      ignored.push(...model.dropped);
    } catch (error) {
      if (!isTemperError(error)) throw error;
      findings.push(...error.findings);
    }
    const { content, findings: recorded } = await compareRecord(adapterFolder, checkpoint);
    findings.push(...recorded);
    const names = countNames(adapter, checkpoint), misshapen = new Set(findings.filter(({ code }) => MISFIT_SHAPES.has(code)).map(({ tensor }) => tensor));
    const fits = !findings.some(({ severity, code }) => severity === 'error' && code !== 'base-fingerprint-differs');
    return {
      findings,
      fit: {
        path: base.path, names, shapes: { fitting: Math.max(0, names.found - misshapen.size), of: names.found },
        layers: { base: countLayers(checkpoint.tensors.keys()), adapter: countLayers(adapter.modules.map(({ path }) => `${path}.weight`)) },
        vocabulary: { base: rowsOf(checkpoint), adapter: adapter.full.find(({ target }) => findEmbedding([target]) !== undefined)?.tensor.shape[0] ?? null },
        ignored, content, verdict: !fits ? 'misfit' : content === 'different' ? 'other-weights' : 'fits',
      },
    };
  } finally {
    await closeCheckpoint(checkpoint);
    if (adapter !== undefined) await closeCheckpoint(adapter.checkpoint);
  }
}

/** Holds a whole model (merged, or tuned otherwise) against a base: what was not trained is the same in both. */
export async function fitModel(model: BaseCandidate, base: BaseCandidate): Promise<Fitting> {
  const tuned = await openBase(model), checkpoint = await openBase(base);
  try {
    const names = [...tuned.tensors.values()].filter(({ name }) => checkpoint.tensors.has(name));
    const shaped = names.filter(({ name, shape }) => sameShape(shape, checkpoint.tensors.get(name)!.shape));
    const [a, b] = [await fingerprint(tuned), await fingerprint(checkpoint)];
    const equal = shaped.filter(({ name }) => a?.tensors.get(name) === b?.tensors.get(name)).length, known = a !== undefined && b !== undefined;
    const whole = names.length === tuned.tensors.size && shaped.length === names.length;
    const content = !known || shaped.length === 0 ? 'unknown' : equal === shaped.length ? 'equal' : equal === 0 ? 'different' : 'partly';
    return {
      findings: [],
      fit: {
        path: base.path, names: { found: names.length, of: tuned.tensors.size }, shapes: { fitting: shaped.length, of: names.length },
        layers: { base: countLayers(checkpoint.tensors.keys()), adapter: countLayers(tuned.tensors.keys()) },
        vocabulary: { base: rowsOf(checkpoint), adapter: rowsOf(tuned) },
        ignored: [], content, ...(known ? { same_content: { equal, of: shaped.length } } : {}),
        verdict: !whole ? 'misfit' : content === 'different' ? 'other-weights' : 'fits',
      },
    };
  } finally {
    await closeCheckpoint(tuned);
    await closeCheckpoint(checkpoint);
  }
}

const openBase = ({ folder, file }: BaseCandidate): Promise<Checkpoint> => openCheckpoint(folder, file === undefined ? {} : { file });

function countNames(adapter: Adapter, base: Checkpoint): { found: number; of: number } {
  const homes = new Homes(base.tensors);
  const wanted = [...adapter.modules.map(({ path, parameter }) => [parameter ?? `${path}.weight`, path]), ...adapter.full.map(({ target }) => [target]), ...[...adapter.tokens.keys()].map((path) => [`${path}.weight`])];
  return { found: wanted.filter((names) => names.some((name) => homes.find(name).length > 0)).length, of: wanted.length };
}

/** Layers of the longest list. */
function countLayers(names: Iterable<string>): number {
  let count = 0;
  for (const name of names) count = Math.max(count, (layerOf(name)?.index ?? -1) + 1);
  return count;
}

function rowsOf(checkpoint: Checkpoint): number | null {
  const name = findEmbedding(checkpoint.tensors.keys());
  return name === undefined ? null : checkpoint.tensors.get(name)!.shape[0] ?? null;
}
