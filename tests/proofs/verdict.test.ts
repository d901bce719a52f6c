import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeModel, RIGHT, type OverallVerdict, type TensorResult, type TensorVerdict } from '../../src/proofs/index.ts';

type Tensor = Pick<TensorResult, 'kind' | 'verdict'>;
const touched = (...verdicts: TensorVerdict[]): Tensor[] => verdicts.map((verdict) => ({ kind: 'delta', verdict }));
const plain = (...verdicts: TensorVerdict[]): Tensor[] => verdicts.map((verdict) => ({ kind: 'untouched', verdict }));
const calm = plain('untouched', 'untouched', 'untouched');

describe('the overall verdict', () => {
  it.each<[OverallVerdict, Tensor[]]>([
    ['incomplete', [...touched('exact', 'missing'), ...calm]],
    ['incomplete', [...touched('exact'), ...plain('missing', 'changed', 'changed')]],
    ['wrong-base', [...touched('other'), ...plain('changed', 'changed', 'untouched')]],
    ['wrong-base', [...touched('base'), ...plain('changed', 'changed', 'untouched')]],
    ['no-effect', [...touched('no-effect', 'no-effect'), ...calm]],
    ['no-effect', [...touched('no-effect'), ...plain('changed', 'untouched')]],
    ['not-merged', [...touched('base', 'no-effect'), ...calm]],
    ['not-merged', [...touched('base'), ...plain('changed', 'untouched')]],
    ['merged', [...touched('exact', 'no-effect', 'replaced'), ...calm]],
    ['merged-with-rounding', [...touched('exact', 'rounding'), ...calm]],
    ['altered', [...touched('exact', 'rounding'), ...plain('changed', 'untouched')]],
    ['merged-twice', [...touched('twice', 'exact', 'rounding'), ...calm]],
    ['wrong-scale', [...touched('scaled', 'scaled'), ...calm]],
    ['partly-merged', [...touched('exact', 'base'), ...calm]],
    ['partly-merged', [...touched('exact', 'twice', 'scaled'), ...calm]],
    ['partly-merged', [...touched('exact', 'twice'), ...plain('changed', 'untouched')]],
    ['partly-merged', [...touched('no-effect', 'partial'), ...calm]],
    ['unrelated', [...touched('other', 'other'), ...calm]],
    ['unrelated', [...touched('twice', 'scaled'), ...calm]],
    ['unrelated', [...touched('twice'), ...plain('changed', 'untouched')]],
    ['unrelated', [...touched('partial'), ...calm]],
  ])('is %s', (verdict, tensors) => {
    expect(judgeModel(tensors)).toMatchObject({ verdict, exit: /^merged(-with-rounding)?$/.test(verdict) ? 0 : 1 });
  });

  it('counts, and lets extra tensors change nothing', () => {
    const tensors = [...touched('exact', 'rounding'), ...calm, { kind: 'extra', verdict: 'extra' } as const];
    expect(judgeModel(tensors)).toEqual({ verdict: 'merged-with-rounding', exit: 0, counts: { exact: 1, rounding: 1, untouched: 3, extra: 1 } });
  });

  it('is half of the tensors changed only when it is more than half', () => {
    expect(judgeModel([...touched('exact'), ...plain('changed', 'untouched')]).verdict).toBe('altered');
    expect(judgeModel([...touched('exact'), ...plain('changed')]).verdict).toBe('wrong-base');
    expect(judgeModel(touched('exact')).verdict).toBe('merged');
  });

  it('follows the table in its order, whatever the tensors', () => {
    const tensor = fc.oneof(
      fc.constantFrom<TensorVerdict>('exact', 'rounding', 'no-effect', 'base', 'twice', 'scaled', 'transposed', 'partial', 'other').map((verdict): Tensor => ({ kind: 'delta', verdict })),
      fc.constantFrom<TensorVerdict>('replaced', 'base', 'other', 'partial').map((verdict): Tensor => ({ kind: 'full', verdict })),
      fc.constantFrom<TensorVerdict>('untouched', 'untouched', 'untouched', 'changed').map((verdict): Tensor => ({ kind: 'untouched', verdict })),
      fc.constant<Tensor>({ kind: 'extra', verdict: 'extra' }),
      { arbitrary: fc.constant<Tensor>({ kind: 'delta', verdict: 'missing' }), weight: 1 },
    );
    fc.assert(fc.property(fc.array(tensor, { maxLength: 8 }), (tensors) => {
      const of = (kinds: string[]) => tensors.filter(({ kind }) => kinds.includes(kind)).map(({ verdict }) => verdict);
      const touched = of(['delta', 'full']), untouched = of(['untouched']), inside = [...touched, ...untouched];
      const changed = untouched.filter((verdict) => verdict === 'changed').length, isRight = (verdict: TensorVerdict) => RIGHT.has(verdict);
      const rest = (wrong: TensorVerdict) => inside.includes(wrong) && inside.every((verdict) => verdict === wrong || isRight(verdict));
      // INTERFACE.md, in words.
      const table: [OverallVerdict, boolean][] = [
        ['incomplete', inside.includes('missing')], ['wrong-base', changed * 2 > untouched.length], ['no-effect', touched.every((v) => v === 'no-effect')],
        ['not-merged', touched.every((v) => v === 'base' || v === 'no-effect')], ['merged', inside.every(isRight) && !inside.includes('rounding')],
        ['merged-with-rounding', inside.every(isRight)], ['altered', touched.every(isRight) && changed > 0], ['merged-twice', rest('twice')], ['wrong-scale', rest('scaled')],
        ['partly-merged', touched.some(isRight) && !touched.every(isRight)], ['unrelated', true],
      ];
      const want = table.find(([, holds]) => holds)![0], got = judgeModel(tensors);
      expect(got.verdict).toBe(want);
      expect(got.exit).toBe(want === 'merged' || want === 'merged-with-rounding' ? 0 : 1);
      expect(judgeModel([...tensors].reverse()).verdict).toBe(want);
    }), { numRuns: 2000 });
  });
});
