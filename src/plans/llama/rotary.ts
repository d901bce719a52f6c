/**
 * @module
 * Rows of q and k. Meta rotates neighbouring pairs of rows of a head, transformers the two halves of a head; the same
 * model has its rows in another order (transformers, `convert_llama_weights_to_hf.py`, `permute`).
 */
import { reshape, transpose, type Expression } from '../../tensors/index.ts';

/** From pairs to halves: row 2j+s of a head becomes row s·d/2+j. `heads` of this tensor: n_kv_heads for k. */
export function toHalves(of: Expression, heads: number): Expression {
  const [rows = 0, ...columns] = of.shape;
  return reshape(of.shape, transpose(reshape([heads, rows / heads / 2, 2, ...columns], of), [0, 2, 1, ...columns.map((_, i) => i + 3)]));
}

/** From halves to pairs: the inverse. */
export function toPairs(of: Expression, heads: number): Expression {
  const [rows = 0, ...columns] = of.shape;
  return reshape(of.shape, transpose(reshape([heads, 2, rows / heads / 2, ...columns], of), [0, 2, 1, ...columns.map((_, i) => i + 3)]));
}
