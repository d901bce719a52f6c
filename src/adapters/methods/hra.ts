/**
 * @module
 * HRA: the inputs of a layer are reflected, W' = W·H₁·H₂…, Hᵢ = I − 2·uᵢ·uᵢᵗ/‖uᵢ‖² (Yuan et al. 2024; peft.md §2.6). With
 * `apply_GS` the uᵢ are made orthonormal first, and W' = W − 2·(W·Q)·Qᵗ.
 *
 * A product of reflections is I − U·S⁻¹·Uᵗ, where S is the part of UᵗU on and above its diagonal, the diagonal halved
 * (the UT transform, Joffrain et al. 2006): one small triangular system instead of a chain of r updates of the weight.
 */
import { add, constant, matmul, multiply, scale, transpose, whole, type Expression } from '../../tensors/index.ts';
import { flagField } from '../config.ts';
import { fieldTable, used } from '../fields.ts';
import type { Form } from '../forms.ts';
import { onInputs } from '../layout.ts';
import { scaleRule } from '../patterns.ts';
import { LATEST } from './facts.ts';
import { asStored, matrix, type Method } from './method.ts';

const FORMS: readonly Form[] = [{ parts: { hra_u: 'in r' }, layout: onInputs((side) => side('in')) }];

/** ½ on the diagonal, 1 above it, 0 below. */
const upper = (r: number): Expression => constant([r, r], Array.from({ length: r * r }, (_, i) => { const above = (i % r) - Math.floor(i / r); return above > 0 ? 1 : above === 0 ? 0.5 : 0; }));

/** HRA. */
export const hra: Method = {
  type: 'HRA',
  facts: [
    { name: 'HRA', formula: 'W·∏(I − 2·u·uᵗ/‖u‖²)', needs: 'W', verified: LATEST },
    { name: 'HRA, orthonormal', when: 'apply_GS', formula: 'W·(I − 2·Q·Qᵗ), Q from u by Gram–Schmidt', needs: 'W', verified: LATEST },
  ],
  fields: fieldTable({ r: used, apply_GS: used }),
  parts: new Set(['hra_u']),
  forms: () => FORMS,
  scales: (config) => scaleRule(config, { rank: 8 }),

  merge(context) {
    const U = context.part('hra_u')!, orthonormal = flagField(context.config, 'apply_GS'), W = matrix(context, context.weight);
    const stage = (of: Expression) => context.stage(of, { en: 'vectors of an HRA module', zh: 'HRA 模块的向量' });
    const Q = orthonormal ? stage(whole('orthonormal', [U])) : U;
    const X = orthonormal ? scale(2, transpose(Q)) : stage(whole('solve', [multiply(matmul(transpose(U), U), upper(context.side('r'))), transpose(U)]));
    // The weight is turned, not added to: a multiple of the difference would be no reflection, so it comes second in the sum.
    return { weight: context.rounded(asStored(context, add(scale(-1, matmul(matmul(W, Q), X)), W))), formula: orthonormal ? 'W·(I − 2·Q·Qᵗ)' : 'W·∏(I − 2·u·uᵗ/‖u‖²)' };
  },
};
