/**
 * @module
 * FRoD: W' = U·(S + diag(λ))·Vᵗ with V shared by all modules of one role and in the file, S sparse and λ trained, and U such that
 * U·diag(‖·‖)·Vᵗ is the base: the columns of W·V⁻ᵗ, normed (Zhang et al. 2026; peft.md §2.6). Where the file
 * leaves V to the base (save_projection false), the signs of its columns are lost, and with them what S means.
 */
import { add, constant, divide, matmul, maximum, multiply, norm, reshape, scale, scatter, slice, transpose, whole } from '../../tensors/index.ts';
import { fieldTable, neutral, used } from '../fields.ts';
import type { Form } from '../forms.ts';
import { oneScale } from '../patterns.ts';
import { asStored, matrix, plus, type Method } from './method.ts';
import { absolute, DECOMPOSITION_ROUNDINGS, sizeOfProduct, withKept } from './singular.ts';

const FORMS: readonly Form[] = [{ parts: { frod_lambda_l: 'in', frod_lambda_s_values: 'nnz' }, weight: (side) => [undefined, side('in')] }];
/** Columns of W·V⁻ᵗ that are shorter count as nothing (frod/layer.py). */
const NORM_MIN = 1e-12;

/** The role of a module, as PEFT names it: its last two components (frod/model.py, `_category_from_key`). */
function roleOf(path: string): string {
  const [last = '', second, third] = path.split('.').reverse();
  if (second === undefined || /^\d+$/.test(second)) return last;
  return third === 'attention' && `${second}_${last}` === 'output_dense' ? 'attention_output' : `${second}_${last}`;
}

/** FROD, with its projections in the file. */
export const frod: Method = {
  type: 'FROD',
  facts: [{ name: 'FRoD', formula: 'U·(S + diag(λ))·Vᵗ', needs: 'W; V in the file (the base alone leaves its signs open)', verified: ['0.20.0', '0.21.0'] }],
  fields: fieldTable({
    projection_prng_key: neutral, save_projection: used, sparse_rate: used, regularization_alpha: neutral, fan_in_fan_out: used,
    frod_dropout: neutral, progressbar: neutral, runtime_offload_base_weight: neutral,
  }),
  parts: new Set(Object.keys(FORMS[0]!.parts)),
  families: ['frod_V', 'frod_s_indices', 'frod_s_size'],
  integers: ['frod_s_indices', 'frod_s_size'],
  positions: { frod_s_indices: (side) => [side('in'), side('in')] },
  undrawable: {
    en: 'it comes from a decomposition of the base whose signs enter the result', zh: '它来自对基座的分解，而分解的符号会影响结果',
  },
  sharedBy: ({ path }) => ({ [`frod_V.${roleOf(path)}`]: 'in in', [`frod_s_indices.${roleOf(path)}`]: '2 nnz', [`frod_s_size.${roleOf(path)}`]: '2' }),
  forms: () => FORMS,
  scales: () => oneScale(1),

  merge(context) {
    const { side, part, shared, module } = context, n = side('in'), nnz = side('nnz'), role = roleOf(module.path), W = matrix(context, context.unmerged);
    const V = shared(`frod_V.${role}`), at = shared(`frod_s_indices.${role}`), line = (i: number) => reshape([nnz], slice(0, i, i + 1, at));
    shared(`frod_s_size.${role}`);
    const K = context.stage(transpose(whole('solve', [V, transpose(W)])), { en: `W·V⁻ᵗ of ${module.path}`, zh: `${module.path} 的 W·V⁻ᵗ` });
    const U = divide(K, maximum(norm([0], K), constant([1, 1], [NORM_MIN])));
    const S = scatter([n, n], add(scale(n, line(0)), line(1)), part('frod_lambda_s_values')!), L = reshape([1, n], part('frod_lambda_l')!);
    const inner = add(matmul(U, S), multiply(U, L)), size = add(sizeOfProduct(add(matmul(absolute(U), absolute(S)), absolute(multiply(U, L))), transpose(V)), absolute(W));
    // PEFT does all of it in the dtype of the base: U, V, S + diag(λ), two products and the difference.
    const roundings = DECOMPOSITION_ROUNDINGS + 2 * n, intermediate = asStored(context, withKept(context, size, roundings, size, 6));
    return { ...plus(context, add(matmul(inner, transpose(V)), scale(-1, W)), 'U·(S + diag(λ))·Vᵗ'), intermediate, roundings };
  },
};
