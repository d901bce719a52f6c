/**
 * @module
 * The Tucker-like product that LoHa and LoKr use for convolutions (`use_effective_conv2d`; lycoris `make_weight_cp`):
 * M[p,q,k,l] = Σ_ij t[i,j,k,l] · a[i,p] · b[j,q].
 */
import { matmul, reshape, transpose, type Expression } from '../../tensors/index.ts';

/** t (i,j,k,l), a (i,p), b (j,q) → (p,q,k,l). */
export function tuckerProduct(t: Expression, a: Expression, b: Expression): Expression {
  const [i, j, k, l] = t.shape as [number, number, number, number], p = a.shape[1]!, q = b.shape[1]!;
  const overI = reshape([p, j, k, l], matmul(transpose(a), reshape([i, j * k * l], t)));
  const overJ = matmul(reshape([p * k * l, j], transpose(overI, [0, 2, 3, 1])), b);
  return transpose(reshape([p, k, l, q], overJ), [0, 3, 1, 2]);
}
