/**
 * @module
 * LoKr: W' = W + s · w1 ⊗ w2, a Kronecker product; either factor may be a product of two again (LyCORIS; peft.md §2.6).
 * Which form a module has, its tensors say.
 */
import { elementCount, matmul, multiply, reshape, scale, type Expression, type Shape } from '../../tensors/index.ts';
import { fieldTable, neutral, used } from '../fields.ts';
import { combined, type Form } from '../forms.ts';
import { scaleRule } from '../patterns.ts';
import { tuckerProduct } from './cp.ts';
import { LATEST } from './facts.ts';
import { number, plus, type Method } from './method.ts';

const W1 = [{ lokr_w1: 'a b' }, { lokr_w1_a: 'a p', lokr_w1_b: 'p b' }];
const FORMS: readonly Form[] = [
  ...combined(W1, [{ lokr_w2: 'c d' }, { lokr_w2_a: 'c r', lokr_w2_b: 'r d' }]).map((parts): Form => ({ parts, weight: (side) => [side('a') * side('c'), side('b') * side('d')] })),
  ...combined(W1, [{ lokr_w2: 'c d k' }]).map((parts): Form => ({ parts, weight: (side) => [side('a') * side('c'), side('b') * side('d') * side('k')] })),
  ...combined(W1, [{ lokr_w2: 'c d k l' }, { lokr_t2: 'r r k l', lokr_w2_a: 'r c', lokr_w2_b: 'r d' }])
    .map((parts): Form => ({ parts, weight: (side) => [side('a') * side('c'), side('b') * side('d') * side('k') * side('l')] })),
];

/** LOKR. */
export const lokr: Method = {
  type: 'LOKR',
  facts: [{ name: 'LoKr', formula: 'W + s·w1⊗w2', verified: LATEST }],
  fields: fieldTable({
    r: used, alpha: used, rank_pattern: used, alpha_pattern: used, use_effective_conv2d: used, decompose_both: used, decompose_factor: used,
    rank_dropout: neutral, module_dropout: neutral, rank_dropout_scale: neutral,
  }),
  parts: new Set(FORMS.flatMap((form) => Object.keys(form.parts))),
  zeroAtStart: ['lokr_w1', 'lokr_w1_a'],
  forms: () => FORMS,
  scales: (config, alpha) => scaleRule(config, { rank: 8, alpha: { field: 'alpha', value: 8 } }, alpha),

  merge(context) {
    const { part, side, scale: s } = context;
    const w1 = part('lokr_w1') ?? matmul(part('lokr_w1_a')!, part('lokr_w1_b')!);
    const t = part('lokr_t2'), a = part('lokr_w2_a'), b = part('lokr_w2_b');
    const w2 = part('lokr_w2') ?? (t === undefined ? matmul(a!, b!) : tuckerProduct(t, a!, b!));
    const delta = scale(s, kronecker(w2.shape.length === 4 ? reshape([...w1.shape, 1, 1], w1) : w1, w2));
    return plus(context, reshape([side('out'), elementCount(delta.shape) / side('out')], delta), `W + ${number(s)}·w1⊗w2`);
  },
};

/**
 * x ⊗ y of any ranks, the shorter shape padded with sides of 1 in front, as torch.kron does: element
 * [i·q + j, …] = x[i, …] · y[j, …]. Every side of x stands before its partner of y.
 */
function kronecker(x: Expression, y: Expression): Expression {
  const rank = Math.max(x.shape.length, y.shape.length), pad = (shape: Shape) => [...Array<number>(rank - shape.length).fill(1), ...shape];
  const p = pad(x.shape), q = pad(y.shape);
  return reshape(p.map((side, i) => side * q[i]!), multiply(reshape(p.flatMap((side) => [side, 1]), x), reshape(q.flatMap((side) => [1, side]), y)));
}
