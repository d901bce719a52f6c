/** Forms: which tensors belong together, and how their sides must agree. */
import { describe, expect, it } from 'vitest';
import { bindSides, combined, fitForm, type Form } from '../../src/adapters/forms.ts';
import type { CheckpointTensor } from '../../src/checkpoints/checkpoint.ts';

const FORMS: readonly Form[] = [{ parts: { a: 'out r', b: 'r in' } }, { parts: { t: 'r r k', a: 'r out', b: 'r in' } }];
const fit = (shapes: Record<string, number[]>) =>
  fitForm('m', new Map(Object.entries(shapes).map(([name, shape]) => [name, { name, shape } as unknown as CheckpointTensor])), FORMS, 'TEST');

describe('sides', () => {
  it.each([
    ['r in', [2, 5], {}, undefined, { r: 2, in: 5 }],
    ['r in', [2, 5], { r: 3 }, '2 ≠ r 3', undefined],
    ['r 1', [2, 1], {}, undefined, { r: 2 }],
    ['r 1', [2, 2], {}, '2 ≠ 1', undefined],
    ['r in+', [2, 9], { in: 5 }, undefined, { r: 2, in: 5 }],
    ['r in+', [2, 4], { in: 5 }, '4 < in 5', undefined],
    ['r *', [2, 4, 4], {}, undefined, { r: 2 }],
    ['*', [], {}, undefined, {}],
    ['r *', [], {}, '0 ≠ 1', undefined],
    ['r in', [2], {}, '1 ≠ 2', undefined],
  ])('%s against [%s]', (words, shape, known: Record<string, number>, wrong, expected) => {
    const sides = new Map(Object.entries(known));
    expect(bindSides(words, shape, sides)).toBe(wrong);
    if (expected !== undefined) expect(Object.fromEntries(sides)).toEqual(expected);
  });
});

describe('forms', () => {
  it('takes the form whose tensors are there', () => {
    expect(fit({ a: [7, 2], b: [2, 5] })).toMatchObject({ form: FORMS[0], sides: new Map([['out', 7], ['r', 2], ['in', 5]]) });
    expect(fit({ t: [2, 2, 3], a: [2, 7], b: [2, 5] })).toMatchObject({ form: FORMS[1] });
  });
  it('refuses half a form, what belongs to none, and sides that disagree', () => {
    expect(fit({ a: [7, 2] })).toMatchObject({ code: 'incomplete-pair', parameters: { present: 'a', absent: 'b' } });
    expect(fit({ a: [7, 2], b: [2, 5], z: [1] })).toMatchObject({ code: 'unknown-tensor', parameters: { tensor: 'z' } });
    expect(fit({ a: [7, 2], b: [3, 5] })).toMatchObject({ code: 'inconsistent-sides', parameters: { tensor: 'b', wrong: '3 ≠ r 2' } });
  });
  it('combines choices', () => {
    expect(combined([{ a: 'r' }, { b: 'r' }], [{ c: 'r' }, {}])).toEqual([{ a: 'r', c: 'r' }, { a: 'r' }, { b: 'r', c: 'r' }, { b: 'r' }]);
  });
});
