/**
 * @module
 * How the base stores the weight that a module adapts. The saved `fan_in_fan_out` is one flag for the whole adapter and
 * is wrong for some of its modules (peft.md §2.2), so shapes decide, and names where a square matrix leaves it open.
 */
import { isConv1D } from '../families/index.ts';
import { finding, type Finding } from '../findings/index.ts';
import { sameShape, type Shape } from '../tensors/index.ts';
import type { AdapterModule } from './adapter.ts';
import { GROUPED_CONVOLUTION, SHAPE_MISMATCH, VOCABULARY_MISMATCH } from './codes.ts';
import type { Layout } from './methods/index.ts';

/** What is known beside the shapes. */
export interface LayoutHints {
  readonly modelType: string | undefined;
  /** The adapter's own flag; believed only when nothing else decides. */
  readonly fanInFanOut: boolean;
  /** base_model_name_or_path, for messages. */
  readonly trained: string;
}

/** The layout of a LoRA module over a weight, or the finding that says why it does not fit. */
export function layoutOf(module: AdapterModule, target: string, weight: Shape, hints: LayoutHints): Layout | Finding {
  const embedding = module.parts.get('lora_embedding_A');
  if (embedding !== undefined) {
    const B = module.parts.get('lora_embedding_B')!;
    const [r, vocabulary] = embedding.shape;
    if (weight.length === 2 && B.shape[0] === weight[1] && B.shape[1] === r) {
      if (vocabulary === weight[0]) return 'embedding';
      return finding(VOCABULARY_MISMATCH, { target, adapter: vocabulary ?? 0, base: weight[0]! }, { tensor: embedding.name });
    }
    return mismatch(embedding, target, weight, hints);
  }
  const A = module.parts.get('lora_A.weight')!, B = module.parts.get('lora_B.weight')!;
  const r = A.shape[0] ?? 0, out = B.shape[0] ?? 0;
  if (A.shape.length >= 3) {
    const perGroup = B.shape[1] ?? 0;
    if (perGroup > 0 && perGroup !== r && r % perGroup === 0) return finding(GROUPED_CONVOLUTION, { module: module.path, groups: r / perGroup }, { tensor: B.name });
    const fits = perGroup === r && sameShape([out, ...A.shape.slice(1)], weight) && B.shape.slice(2).every((side) => side === 1);
    return fits ? 'conv' : mismatch(A, target, weight, hints);
  }
  if (A.shape.length !== 2 || B.shape.length !== 2 || B.shape[1] !== r) return mismatch(A.shape.length === 2 ? B : A, target, weight, hints);
  const linear = sameShape(weight, [out, A.shape[1]!]), conv1d = sameShape(weight, [A.shape[1]!, out]);
  if (linear && conv1d) return isConv1D(hints.modelType, module.path) ?? (hints.fanInFanOut && hints.modelType === undefined) ? 'conv1d' : 'linear';
  if (linear) return 'linear';
  if (conv1d) return 'conv1d';
  // The rows of an output head follow the vocabulary, and so does its B.
  if (weight.length === 2 && A.shape[1] === weight[1] && /(?:lm_head|embed_out)$/.test(module.path)) {
    return finding(VOCABULARY_MISMATCH, { target, adapter: out, base: weight[0]! }, { tensor: B.name });
  }
  return mismatch(A.shape[1] === weight[1] ? B : A, target, weight, hints);
}

function mismatch(tensor: { name: string; shape: Shape }, target: string, weight: Shape, hints: LayoutHints): Finding {
  return finding(SHAPE_MISMATCH, { tensor: tensor.name, shape: tensor.shape.join(', '), target, base: weight.join(', '), trained: hints.trained },
    { tensor: tensor.name, found: `[${tensor.shape}]`, expected: `[${weight}]` });
}
