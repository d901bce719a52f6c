/**
 * @module
 * The overall verdict: the first row of the table that holds.
 */
import type { TensorResult, TensorVerdict } from './task.ts';

/** Verdicts of a merged model. */
export type OverallVerdict = 'incomplete' | 'wrong-base' | 'no-effect' | 'not-merged' | 'merged' | 'merged-with-rounding' | 'altered'
  | 'merged-twice' | 'wrong-scale' | 'partly-merged' | 'unrelated';

/** The answer of `verify`. */
export interface Overall {
  readonly verdict: OverallVerdict;
  /** 0 merged, 1 not. */
  readonly exit: 0 | 1;
  /** How many tensors have which verdict. */
  readonly counts: Readonly<Partial<Record<TensorVerdict, number>>>;
}

/** Tensors that are as they should be. */
export const RIGHT: ReadonlySet<TensorVerdict> = new Set(['exact', 'rounding', 'untouched', 'replaced', 'no-effect']);

/** The verdicts, sorted by whether an adapter touches the tensor. Extra tensors change nothing. */
interface Groups { readonly all: readonly TensorVerdict[]; readonly touched: readonly TensorVerdict[]; readonly changed: number; readonly plain: number }

const only = (verdicts: readonly TensorVerdict[], ...allowed: readonly TensorVerdict[]): boolean => verdicts.every((verdict) => allowed.includes(verdict));
const right = (verdicts: readonly TensorVerdict[]): boolean => verdicts.every((verdict) => RIGHT.has(verdict));
/** Some are `wrong`, all others right. */
const onlyWrong = (verdicts: readonly TensorVerdict[], wrong: TensorVerdict): boolean =>
  verdicts.includes(wrong) && verdicts.every((verdict) => verdict === wrong || RIGHT.has(verdict));

/** In order: the first that holds is the answer. */
export const OVERALL_RULES: readonly { readonly verdict: OverallVerdict; readonly exit: 0 | 1; holds(groups: Groups): boolean }[] = [
  { verdict: 'incomplete', exit: 1, holds: ({ all }) => all.includes('missing') },
  { verdict: 'wrong-base', exit: 1, holds: ({ changed, plain }) => changed > plain / 2 },
  { verdict: 'no-effect', exit: 1, holds: ({ touched }) => only(touched, 'no-effect') },
  { verdict: 'not-merged', exit: 1, holds: ({ touched }) => only(touched, 'base', 'no-effect') },
  { verdict: 'merged', exit: 0, holds: ({ all }) => right(all) && !all.includes('rounding') },
  { verdict: 'merged-with-rounding', exit: 0, holds: ({ all }) => right(all) },
  { verdict: 'altered', exit: 1, holds: ({ touched, changed }) => right(touched) && changed > 0 },
  { verdict: 'merged-twice', exit: 1, holds: ({ all }) => onlyWrong(all, 'twice') },
  { verdict: 'wrong-scale', exit: 1, holds: ({ all }) => onlyWrong(all, 'scaled') },
  { verdict: 'partly-merged', exit: 1, holds: ({ touched }) => touched.some((verdict) => RIGHT.has(verdict)) && !right(touched) },
  { verdict: 'unrelated', exit: 1, holds: () => true },
];

/** The verdict of a model from those of its tensors. */
export function judgeModel(tensors: readonly Pick<TensorResult, 'kind' | 'verdict'>[]): Overall {
  const counts: Partial<Record<TensorVerdict, number>> = {};
  for (const { verdict } of tensors) counts[verdict] = (counts[verdict] ?? 0) + 1;
  const inside = tensors.filter(({ kind }) => kind !== 'extra');
  const touched = inside.filter(({ kind }) => kind === 'delta' || kind === 'full'), plain = inside.filter(({ kind }) => kind === 'untouched');
  const groups: Groups = {
    all: inside.map(({ verdict }) => verdict), touched: touched.map(({ verdict }) => verdict),
    changed: plain.filter(({ verdict }) => verdict === 'changed').length, plain: plain.length,
  };
  const { verdict, exit } = OVERALL_RULES.find((rule) => rule.holds(groups))!;
  return { verdict, exit, counts };
}
