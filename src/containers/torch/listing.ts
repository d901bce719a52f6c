/**
 * @module
 * Tensors of a torch file sorted into those whose bytes are their values, with an expression, and all others, with the
 * reason.
 */
import type { Text } from '../../findings/index.ts';
import { cast, isComputeDType, scale, stored, strided, type Expression, type Shape } from '../../tensors/index.ts';
import type { NamedTensor } from '../container.ts';
import { isContiguous, isDense, type TorchTensor } from './tensors.ts';
import { partsOf, type Found, type Part } from './walk.ts';

/** A tensor of a torch file whose bytes are its values. */
export interface TorchNamed extends NamedTensor {
  readonly tensor: TorchTensor;
  /** Keys on the way to it. */
  readonly path: readonly Part[];
  /** torch's own shape where ours differs: a packed 4-bit type counts bytes there. */
  readonly torchShape?: Shape;
  /** Name under which the very same tensor object came first. */
  readonly sameAs?: string;
}

/** A tensor that is not plain bytes: quantised, sparse, nested, on no device, a part of a distributed one … */
export interface TorchOther {
  readonly name: string;
  readonly tensor: TorchTensor;
  readonly path: readonly Part[];
  readonly why: Text;
}

const KIND_WHY: Readonly<Record<Exclude<TorchTensor['kind'], 'tensor' | 'parameter'>, Text>> = {
  quantized: { en: 'it is quantised; safetensors has no such type', zh: '它是量化张量；safetensors 没有这种类型' },
  sparse: { en: 'it is sparse', zh: '它是稀疏张量' },
  meta: { en: 'it has no data (device meta)', zh: '它没有数据（meta 设备）' },
  nested: { en: 'it is a nested tensor', zh: '它是嵌套张量' },
  wrapper_subclass: { en: 'it is a subclass that wraps other tensors, or one part of a distributed tensor', zh: '它是包装其他张量的子类，或分布式张量的一部分' },
  device_tensor: { en: 'it was saved from a device of its own kind', zh: '它保存自特殊类型的设备' },
};

/** Why a tensor cannot be taken as bytes, or its expression. */
function expressionOf(tensor: TorchTensor): Expression | Text {
  if (!isDense(tensor)) {
    return tensor.kind === 'tensor' || tensor.kind === 'parameter' ? KIND_WHY.meta : KIND_WHY[tensor.kind];
  }
  const { dtype, storage, offset = 0, strides = [] } = tensor, at = storage!.offset + offset * dtype.bytes;
  const shape = tensor.shape!;
  if (dtype.dtype === undefined) return { en: `nothing but torch has the type ${dtype.name}`, zh: `只有 torch 有 ${dtype.name} 类型` };
  if (tensor.conj) return { en: 'it is conjugated lazily', zh: '它是惰性共轭的' };
  const contiguous = isContiguous(shape, strides);
  if (dtype.dtype === 'F4') {
    return shape.length > 0 && contiguous ? stored(0, at, 'F4', [...shape.slice(0, -1), shape.at(-1)! * 2])
      : { en: 'packed 4-bit elements are not laid out in a row', zh: '打包的 4 位元素不是连续存放的' };
  }
  const view = contiguous ? stored(0, at, dtype.dtype, shape) : strided(0, at, dtype.dtype, shape, strides);
  if (!tensor.neg) return view;
  return isComputeDType(dtype.dtype) ? cast(dtype.dtype, scale(-1, view)) : { en: 'it is negated lazily', zh: '它是惰性取负的' };
}

/** Tensors under the names that `nameOf` gives them, sorted into plain ones and others. */
export function sortOut(found: readonly Found[], nameOf: (found: Found) => string): { tensors: TorchNamed[]; others: TorchOther[] } {
  const tensors: TorchNamed[] = [], others: TorchOther[] = [], first = new Map<TorchTensor, string>();
  const expressions = new Map<TorchTensor, Expression | Text>();
  for (const one of found) {
    const { tensor } = one, name = nameOf(one), path = partsOf(one.place), sameAs = first.get(tensor);
    if (sameAs === undefined) {
      first.set(tensor, name);
      expressions.set(tensor, expressionOf(tensor));
    }
    const expression = expressions.get(tensor)!;
    if (!('op' in expression)) { others.push({ name, tensor, path, why: expression }); continue; }
    const { dtype, shape } = expression;
    tensors.push({
      name, dtype, shape, expression, path, tensor, bytes: tensor.shape!.reduce((product, side) => product * side, tensor.dtype.bytes),
      ...(dtype === 'F4' ? { torchShape: tensor.shape! } : {}), ...(sameAs === undefined ? {} : { sameAs }),
    });
  }
  return { tensors, others };
}
