/**
 * @module
 * OSF: the k largest singular values of the base stay, the others with their vectors were trained: W' = U_h·S_h·V_h +
 * U_l·S_l·V_l (Nayak et al. 2025; peft.md §2.6). As a change of the base: W + U_l·S_l·V_l − (the same terms of W). The file
 * holds U_l, S_l and V_l, whose number says what k was.
 */
import { add, matmul, multiply, reshape, scale } from '../../tensors/index.ts';
import { fieldTable, neutral, used } from '../fields.ts';
import type { Form } from '../forms.ts';
import { oneScale } from '../patterns.ts';
import { asStored, plus, type Method } from './method.ts';
import { DECOMPOSITION_ROUNDINGS, singularTerms, sizeOfProduct, withKept } from './singular.ts';

const FORMS: readonly Form[] = [{
  parts: { 'osf_svd_params.U_low': 'out low', 'osf_svd_params.S_low': 'low', 'osf_svd_params.V_low': 'low in' },
  holds: (side) => side('low') <= Math.min(side('out'), side('in')),
}];

/** OSF. */
export const osf: Method = {
  type: 'OSF',
  facts: [{ name: 'OSF', formula: 'U_h·S_h·V_h + U_l·S_l·V_l', needs: 'W, its singular value decomposition', result: 'bit for bit, as for KaSA', verified: ['0.18.1', '0.19.1', '0.20.0', '0.21.0'] }],
  fields: fieldTable({ effective_rank: used, rank_pattern: used, target_svd_config: neutral }),
  parts: new Set(Object.keys(FORMS[0]!.parts)),
  forms: () => FORMS,
  scales: () => oneScale(1),

  merge(context) {
    const { side, part } = context, low = side('low'), rank = Math.min(side('out'), side('in'));
    const U = multiply(part('osf_svd_params.U_low')!, reshape([1, low], part('osf_svd_params.S_low')!)), V = part('osf_svd_params.V_low')!;
    const { left, right, bound } = singularTerms(context, rank - low, rank), roundings = DECOMPOSITION_ROUNDINGS + low;
    // PEFT keeps the three factors of the base's terms, and their product, in the dtype of the base.
    const size = withKept(context, add(sizeOfProduct(U, V), bound), roundings, sizeOfProduct(left, right), 4);
    return { ...plus(context, add(matmul(U, V), scale(-1, matmul(left, right))), 'W + U_l·S_l·V_l − (the same terms of W)'), intermediate: asStored(context, size), roundings };
  },
};
