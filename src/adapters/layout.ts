/**
 * @module
 * How the base stores the weight that a module adapts. The saved `fan_in_fan_out` is one flag for the whole adapter and
 * is wrong for some of its modules (peft.md §2.2), so shapes decide, and names where a square matrix leaves it open.
 */
import type { CheckpointTensor } from '../checkpoints/checkpoint.ts';
import { isConv1D } from '../families/index.ts';
import { finding, type Finding } from '../findings/index.ts';
import { elementCount, type Shape } from '../tensors/index.ts';
import type { AdapterModule } from './adapter.ts';
import { SHAPE_MISMATCH } from './codes.ts';
import { sideOf, type Form, type Side } from './forms.ts';
import type { Layout } from './methods/index.ts';

/** What is known beside the shapes. */
export interface LayoutHints {
  readonly modelType: string | undefined;
  /** The adapter's own flag; believed only when nothing else decides. */
  readonly fanInFanOut: boolean;
  /** base_model_name_or_path, for messages. */
  readonly trained: string;
}

/** The layout under which `weight` has these rows and columns, or undefined. `undefined` fits any number. */
export function layoutBySides([rows, columns]: readonly [number | undefined, number | undefined], weight: Shape, module: string, hints: LayoutHints): Layout | undefined {
  const is = (side: number | undefined, wanted: number | undefined) => wanted === undefined || side === wanted;
  const [first, ...rest] = weight;
  const straight = is(first, rows) && is(elementCount(rest), columns), turned = weight.length === 2 && is(weight[1], rows) && is(first, columns);
  if (weight.length > 2) return straight ? 'conv' : undefined;
  if (straight && turned) return isConv1D(hints.modelType, module) ?? (hints.fanInFanOut && hints.modelType === undefined) ? 'conv1d' : 'linear';
  return straight ? 'linear' : turned ? 'conv1d' : undefined;
}

/** The layout of a module by the sides of its form, or the finding that says why it does not fit. */
export function layoutOf(module: AdapterModule, target: string, weight: Shape, hints: LayoutHints): Layout | Finding {
  if (module.form.layout !== undefined) return module.form.layout(module, target, weight, hints);
  const wanted = module.form.weight?.(sideOf(module.sides)) ?? [module.sides.get('out'), module.sides.get('in')] as const;
  const layout = weight.length < 2 ? undefined : layoutBySides(wanted, weight, module.path, hints);
  return layout ?? misfit([...module.parts.values()][0]!, target, weight, hints);
}

/**
 * The layout of a module that acts on the inputs of a linear layer or of a convolution with square kernels, the only ones
 * that OFT, BOFT and HRA know; `columns` of them, as far as the sides tell.
 */
export const onInputs = (columns: (side: Side) => number | undefined): NonNullable<Form['layout']> => (module, target, weight, hints) => {
  const wanted = columns(sideOf(module.sides)), [, ...rest] = weight;
  const known = weight.length === 2 || (weight.length === 4 && weight[2] === weight[3]);
  if (known && (wanted === undefined || wanted === elementCount(rest))) return weight.length === 2 ? 'linear' : 'conv';
  return misfit([...module.parts.values()][0]!, target, weight, hints);
};

/** The finding for a tensor whose sides are not those of the weight. */
export function misfit(tensor: CheckpointTensor, target: string, weight: Shape, hints: LayoutHints): Finding {
  return finding(SHAPE_MISMATCH, { tensor: tensor.name, shape: tensor.shape.join(', '), target, base: weight.join(', '), trained: hints.trained },
    { tensor: tensor.name, found: `[${tensor.shape}]`, expected: `[${weight}]` });
}
