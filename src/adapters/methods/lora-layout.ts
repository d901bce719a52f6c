/**
 * @module
 * The layout of a LoRA module: linear layers, embeddings and convolutions, whose factors differ; and the ways in which
 * they are known not to fit (another vocabulary, a grouped convolution).
 */
import { finding, type Finding } from '../../findings/index.ts';
import { sameShape, type Shape } from '../../tensors/index.ts';
import type { AdapterModule } from '../adapter.ts';
import { GROUPED_CONVOLUTION, VOCABULARY_MISMATCH } from '../codes.ts';
import { layoutBySides, misfit, type LayoutHints } from '../layout.ts';
import type { Layout } from './method.ts';

/** The layout of a LoRA module over a weight, or the finding that says why it does not fit. */
export function loraLayout(module: AdapterModule, target: string, weight: Shape, hints: LayoutHints): Layout | Finding {
  const embedding = module.parts.get('lora_embedding_A');
  if (embedding !== undefined) {
    const B = module.parts.get('lora_embedding_B')!;
    const [r, vocabulary] = embedding.shape;
    if (weight.length === 2 && B.shape[0] === weight[1] && B.shape[1] === r) {
      if (vocabulary === weight[0]) return 'embedding';
      return finding(VOCABULARY_MISMATCH, { target, adapter: vocabulary ?? 0, base: weight[0]! }, { tensor: embedding.name });
    }
    return misfit(embedding, target, weight, hints);
  }
  const A = module.parts.get('lora_A.weight')!, B = module.parts.get('lora_B.weight')!;
  const r = A.shape[0] ?? 0, out = B.shape[0] ?? 0;
  if (A.shape.length >= 3) {
    const perGroup = B.shape[1] ?? 0;
    if (perGroup > 0 && perGroup !== r && r % perGroup === 0) return finding(GROUPED_CONVOLUTION, { module: module.path, groups: r / perGroup }, { tensor: B.name });
    const fits = perGroup === r && sameShape([out, ...A.shape.slice(1)], weight) && B.shape.slice(2).every((side) => side === 1);
    return fits ? 'conv' : misfit(A, target, weight, hints);
  }
  if (A.shape.length !== 2 || B.shape.length !== 2 || B.shape[1] !== r) return misfit(A.shape.length === 2 ? B : A, target, weight, hints);
  const layout = weight.length === 2 ? layoutBySides([out, A.shape[1]!], weight, module.path, hints) : undefined;
  if (layout !== undefined) return layout;
  // The rows of an output head follow the vocabulary, and so does its B.
  if (weight.length === 2 && A.shape[1] === weight[1] && /(?:lm_head|embed_out)$/.test(module.path)) {
    return finding(VOCABULARY_MISMATCH, { target, adapter: out, base: weight[0]! }, { tensor: B.name });
  }
  return misfit(A.shape[1] === weight[1] ? B : A, target, weight, hints);
}
