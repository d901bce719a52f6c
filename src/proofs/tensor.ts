/**
 * @module
 * The verdict of one tensor. First its bytes against the expected and the base's ones, at the speed of reading; only a
 * tensor that is neither is looked at element by element.
 */
import { cast, DTYPES, elementCount, sameShape, type DType, type Expression } from '../tensors/index.ts';
import type { Text } from '../findings/index.ts';
import { compareBytes, countDiffering } from './bytewise.ts';
import { claimsAbout, INFORMATIVE_POWER, judgeClaims } from './claims.ts';
import { fitFactor } from './fit.ts';
import { hasGrid } from './grid.ts';
import { partsOf, partsText } from './labels.ts';
import { absentNote, cannotCompareNote, dtypeNote, elementsNote, joinNotes, leaningNote, magnitudeNote, named, shapeNote, stepsNote, vocabularyNote } from './notes.ts';
import type { Compile } from './streams.ts';
import { Subject } from './subject.ts';
import { survey, type Survey } from './survey.ts';
import { measureSurvival, type Survival } from './survival.ts';
import type { TensorResult, TensorVerdict, VerifyTask } from './task.ts';
import type { Histogram } from './ulp.ts';

/** How to judge. */
export interface JudgeOptions {
  readonly signal?: AbortSignal;
  /** Elements per tensor from which the survival of right tensors is measured; 0 (the default) measures only where all are looked at anyway. */
  readonly survivalSample?: number;
}

/** What a verdict rests on. */
interface Finding {
  readonly verdict: TensorVerdict;
  readonly differing?: number;
  readonly maxUlp?: number;
  readonly histogram?: Histogram;
  readonly scale?: number;
  readonly note?: Text | undefined;
  readonly survival?: Survival;
}

/** Judges a tensor. `compile` is bound to the inputs that the task's expressions refer to. */
export async function judgeTensor(task: VerifyTask, compile: Compile, options: JudgeOptions = {}): Promise<TensorResult> {
  const found = await judge(task, compile, options), shape = (task.merged ?? task.value ?? task.base)?.shape ?? [];
  const { verdict, differing = 0, maxUlp = 0, note, ...rest } = found;
  const wider = task.merged !== undefined && task.base !== undefined && task.merged.dtype !== task.base.dtype && verdict !== 'extra' ? dtypeNote(task.merged.dtype, task.base.dtype) : undefined;
  const notes = joinNotes([note, wider]);
  return { name: task.name, kind: task.kind, verdict, elements: elementCount(shape), differing, maxUlp, ...rest, ...(notes === undefined ? {} : { note: notes }) };
}

async function judge(task: VerifyTask, compile: Compile, options: JudgeOptions): Promise<Finding> {
  const { merged, base, kind } = task;
  if (kind === 'extra') return { verdict: 'extra' };
  if (merged === undefined) return { verdict: 'missing' };
  const value = task.value ?? base;
  if (value === undefined) throw new Error(`nothing is known about ${task.name}`);
  const wrong = kind === 'untouched' ? 'changed' : 'other';
  if (!sameShape(merged.shape, value.shape)) return await judgeMisfit(task, merged, value, compile, options, wrong);
  if (!comparable(value.dtype, merged.dtype)) return { verdict: wrong, differing: elementCount(merged.shape), note: cannotCompareNote(merged.dtype) };
  const { same, sameAsBase, expectedIsBase } = await compareBytes({ merged, expected: cast(merged.dtype, value), ...(base === undefined || kind === 'untouched' ? {} : { base }) }, compile, options.signal);
  const histogram: Histogram = { counts: [elementCount(merged.shape)], nan: 0 };
  if (same) {
    const verdict = kind === 'untouched' ? 'untouched' : kind === 'full' ? 'replaced' : expectedIsBase ? 'no-effect' : 'exact';
    const sample = options.survivalSample ?? 0;
    const survival = verdict === 'exact' && sample > 0 && base !== undefined
      ? { survival: await measureSurvival({ base: task.start ?? base, value, stored: merged }, compile, { ...options, sample }) } : {};
    return { verdict, histogram, ...survival };
  }
  if (!hasGrid(merged.dtype) || !hasFloats(value.dtype)) return { verdict: sameAsBase ? 'base' : wrong, differing: await countDiffering(merged, cast(merged.dtype, value), compile, options.signal) };
  return await judgeElements(new Subject({ ...task, value, merged }, merged.dtype, compile), sameAsBase, options);
}

/** Whether the expected tensor can be had in the merged dtype: nothing to do, or a rounding that we know. */
function comparable(value: DType, merged: DType): boolean {
  return value === merged || (hasFloats(value) && hasGrid(merged));
}

const hasFloats = (dtype: DType): boolean => DTYPES[dtype].kind === 'float' && DTYPES[dtype].bits >= 8;

/** Another shape than expected: the base's own, where a larger vocabulary was not applied, or something else. */
async function judgeMisfit(task: VerifyTask, merged: Expression, value: Expression, compile: Compile, options: JudgeOptions, wrong: 'changed' | 'other'): Promise<Finding> {
  const { base } = task, rows = merged.shape.length === value.shape.length && sameShape(merged.shape.slice(1), value.shape.slice(1));
  const note = rows ? vocabularyNote(merged.shape, value.shape) : shapeNote(merged.shape, value.shape), differing = elementCount(merged.shape);
  if (base !== undefined && base !== value && sameShape(merged.shape, base.shape) && comparable(base.dtype, merged.dtype)) {
    const { same } = await compareBytes({ merged, expected: cast(merged.dtype, base) }, compile, options.signal);
    if (same) return { verdict: 'base', differing, note };
  }
  return { verdict: wrong, differing, note };
}

/** How far from chance differences must lean one way to be called another delta: by accident once in a hundred thousand tensors. */
const LEANING_SIGMAS = 4.4;
/** Elements that the delta surely changes from which on their number means something. */
const DECIDED_MIN = 8;

/** Where roundings alone could be to blame: whether something speaks against it. */
function objection({ leaning, decided, followed, lineFactors }: Survey): Text | undefined {
  if (leaning.sigmas > LEANING_SIGMAS) return leaningNote;
  if (decided >= DECIDED_MIN && followed < decided / 2) return absentNote;
  return lineFactors ? magnitudeNote : undefined;
}

async function judgeElements(subject: Subject, sameAsBase: boolean, { signal }: JudgeOptions): Promise<Finding> {
  const { task } = subject, found = await survey(subject, sameAsBase, signal), { differing, max: maxUlp, histogram } = found.steps;
  const facts = { differing, maxUlp, histogram, ...(task.kind === 'untouched' || task.base === undefined ? {} : { survival: found.survival.result() }) };
  const [rounding] = found.roundings;
  if (task.kind === 'untouched') {
    // Another dtype is another rounding of the same numbers; in its own dtype an untouched tensor has no reason to differ.
    const { merged, start } = subject.dtypes;
    return { ...facts, verdict: merged !== start && rounding !== undefined ? 'untouched' : 'changed' };
  }
  // Equal to the base, although the value rounded once is not. Within the error of a float32 evaluation it may still be right.
  if (found.isBase) return { ...facts, verdict: found.roundings.some(({ cut }) => !cut) ? 'no-effect' : 'base' };
  if (rounding !== undefined) return { ...facts, verdict: 'rounding', note: named(rounding.name) };
  const doubt = objection(found);
  if (found.outside === 0 && doubt === undefined) return { ...facts, verdict: 'rounding', note: stepsNote(maxUlp) };

  const fit = subject.linear ? await fitFactor(subject, signal) : undefined;
  const judged = fit === undefined ? [] : await judgeClaims(subject, claimsAbout(subject, fit), signal);
  const proven = judged.find((claim) => claim.proven);
  const parts = proven === undefined ? partsOf(found.labels, subject) : undefined;
  if (parts !== undefined) return { ...facts, verdict: 'partial', note: partsText(parts) };
  const claim = proven ?? (fit !== undefined && fit.power >= INFORMATIVE_POWER ? judged.find(({ plausible }) => plausible) : undefined);
  if (claim !== undefined) return { ...facts, verdict: claim.verdict, ...(claim.verdict === 'transposed' ? {} : { scale: claim.factor }) };
  return { ...facts, verdict: 'other', note: found.outside === 0 ? doubt : elementsNote(differing, subject.elements) };
}
