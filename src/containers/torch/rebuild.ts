/**
 * @module
 * The functions that torch names in pickles to rebuild tensors (torch/_utils.py, torch/_tensor.py), and what a tensor
 * they would make is. Their arguments are checked as torch checks them, and more.
 */
import type { Text } from '../../findings/index.ts';
import type { Notes } from '../notes.ts';
import { TORCH_KEY_TWICE, TORCH_ODD_ARGUMENTS, TORCH_TENSOR, TORCH_TENSOR_EXPANDED } from './codes.ts';
import { entriesOf, itemsOf } from './dict.ts';
import { dtypeOf, TORCH_DTYPES, type TorchDType } from './dtypes.ts';
import { isKnownConstructor, known, type Known } from './objects/known.ts';
import { isGlobal, PyCall, PyFloat, PyGlobal, PyPersistent, PyTuple, type Value } from './pickle/index.ts';
import type { StorageTable } from './storages.ts';
import type { TorchTensor } from './tensors.ts';

/** torch's own iterators stop at 64 dimensions (TensorIterator), as does numpy. */
export const RANK_MAX: number = 64;
/** Bytes of a view that are more than the bytes it lies on: beyond this it is a trap, not an `expand`. */
export const EXPANDED_BYTES_MAX: number = 1024 * 1024 * 1024;
/** Parameters wrapped in parameters. Real files have one or two levels. */
const WRAPPING_MAX = 64;

/** Thrown by the readers of arguments; becomes a finding of the tensor. */
class Refusal {
  readonly problem: Text;
  constructor(en: string, zh: string) { this.problem = { en, zh }; }
}

type Fields = Omit<TorchTensor, 'requiresGrad' | 'conj' | 'neg' | 'parts'> & Partial<TorchTensor>;
const tensor = (fields: Fields): TorchTensor => ({ requiresGrad: false, conj: false, neg: false, parts: [], ...fields });

type Rebuild = (args: readonly Value[], context: Objects, call: PyCall) => TorchTensor;

/** Fewest and most arguments of every function, and what it makes. */
const REBUILD: ReadonlyMap<string, readonly [min: number, max: number, rebuild: Rebuild]> = /* @__PURE__ */ new Map([
  ['torch._utils._rebuild_tensor', [4, 4, ([storage, offset, size, stride], o) => o.view(storage, offset, size, stride)]],
  ['torch._utils._rebuild_tensor_v2', [6, 7, ([storage, offset, size, stride, grad, , metadata], o) =>
    o.flagged({ ...o.view(storage, offset, size, stride), requiresGrad: grad === true }, metadata)]],
  ['torch._utils._rebuild_tensor_v3', [7, 8, ([storage, offset, size, stride, grad, , dtype, metadata], o) =>
    o.flagged({ ...o.view(storage, offset, size, stride, o.dtype(dtype)), requiresGrad: grad === true }, metadata)]],
  ['torch._utils._rebuild_parameter', [3, 3, ([data, grad], o) => parameter(o.inner(data), grad)]],
  ['torch._utils._rebuild_parameter_with_state', [4, 4, ([data, grad, , state], o) => ({ ...parameter(o.inner(data), grad), attributes: state! })]],
  ['torch.nn.parameter.Parameter', [1, 2, ([data, grad], o) => parameter(o.inner(data), grad)]],
  ['torch._tensor._rebuild_from_type_v2', [4, 4, ([fn, type, args, state], o, call) => {
    const path = type instanceof PyGlobal ? type.path : undefined;
    if (path === undefined || !(fn instanceof PyGlobal) || !(args instanceof PyTuple)) throw new Refusal('has a type or function that is none', '的类型或函数无效');
    return { ...o.inner(new PyCall('call', fn, args, call.offset)), type: path, attributes: state! };
  }]],
  ['torch._utils._rebuild_wrapper_subclass', [8, 12, ([cls, dtype, size], o) => tensor({
    kind: 'wrapper_subclass', dtype: o.dtype(dtype), shape: o.sides(size), ...(cls instanceof PyGlobal ? { type: cls.path } : {}),
  })]],
  ['torch._utils._rebuild_sparse_tensor', [2, 2, ([layout, data], o) => o.sparse(layout, data)]],
  ['torch._utils._rebuild_qtensor', [7, 7, ([storage, offset, size, stride, parameters], o) => o.quantized(storage, offset, size, stride, parameters)]],
  ['torch._utils._rebuild_meta_tensor_no_storage', [4, 4, ([dtype, size, stride, grad], o) =>
    tensor({ kind: 'meta', dtype: o.dtype(dtype), shape: o.sides(size), strides: o.sides(stride), requiresGrad: grad === true })]],
  ['torch._utils._rebuild_nested_tensor', [4, 4, ([buffer, sizes, strides, offsets], o) => tensor({
    kind: 'nested', dtype: o.inner(buffer).dtype, shape: null, parts: [['@buffer', buffer!], ['@sizes', sizes!], ['@strides', strides!], ['@offsets', offsets!]],
  })]],
  ['torch._utils._rebuild_device_tensor_from_cpu_tensor', [4, 4, ([data, dtype, , grad], o) =>
    ({ ...o.inner(data), dtype: o.dtype(dtype), kind: 'device_tensor', requiresGrad: grad === true, parts: [['@data', data!]] })]],
  ['torch._utils._rebuild_device_tensor_from_numpy', [4, 4, ([data, dtype, , grad], o) =>
    tensor({ kind: 'device_tensor', dtype: o.dtype(dtype), shape: o.arrayShape(data), requiresGrad: grad === true })]],
] satisfies [string, [number, number, Rebuild]][]);

const parameter = (data: TorchTensor, grad: Value | undefined): TorchTensor =>
  ({ ...data, kind: data.kind === 'tensor' || data.kind === 'meta' ? 'parameter' : data.kind, requiresGrad: grad === true });

/** Labels of the parts of sparse layouts, in the order of the arguments. */
const SPARSE_PARTS: ReadonlyMap<string, readonly string[]> = /* @__PURE__ */ new Map([
  ['torch.sparse_coo', ['@indices', '@values']],
  ['torch.sparse_csr', ['@crow', '@col', '@values']], ['torch.sparse_csc', ['@ccol', '@row', '@values']],
  ['torch.sparse_bsr', ['@crow', '@col', '@values']], ['torch.sparse_bsc', ['@ccol', '@row', '@values']],
]);
/** Elements in a byte of the packed quantised types. */
const PACKED: ReadonlyMap<string, number> = /* @__PURE__ */ new Map([['quint4x2', 2], ['quint2x4', 4]]);
const CHANNEL_SCHEMES = ['torch.per_channel_affine', 'torch.per_channel_affine_float_qparams'];

const FROM_TYPE = 'torch._tensor._rebuild_from_type_v2';

/** Whether a value is a call that rebuilds a tensor. */
export function isTensor(value: Value | undefined): value is PyCall & { readonly fn: PyGlobal } {
  if (!(value instanceof PyCall) || value.path === undefined || !REBUILD.has(value.path)) return false;
  if (value.path !== FROM_TYPE) return true;
  const [fn] = value.arguments;
  // Subclasses may bring a function of their own (jagged tensors do); that is a call like any other.
  return !(fn instanceof PyGlobal) || REBUILD.has(fn.path);
}

/** The call that `_rebuild_from_type_v2` makes with a function that rebuilds no tensor; any other value is returned as it is. */
export function innerCall(value: PyCall): PyCall {
  const [fn, , args] = value.arguments;
  return value.path === FROM_TYPE && fn !== undefined && args !== undefined && !isTensor(value) ? new PyCall('call', fn, args, value.offset) : value;
}

/** The objects of one file, understood as far as they can be. Every call is worked out once. */
export class Objects {
  readonly storages: StorageTable;
  readonly notes: Notes;
  readonly #known = new Map<PyCall, Known | undefined>();
  readonly #tensors = new Map<PyCall, TorchTensor | undefined>();
  #depth = 0;

  constructor(storages: StorageTable, notes: Notes) {
    this.storages = storages;
    this.notes = notes;
  }

  /** What a call of a known constructor made; undefined for every other value. Arguments that no pickler writes are noted. */
  known = (value: Value | undefined): Known | undefined => {
    if (!(value instanceof PyCall) || value.path === undefined || !isKnownConstructor(value.path)) return undefined;
    if (this.#known.has(value)) return this.#known.get(value);
    this.#known.set(value, undefined); // A call among its own arguments is no data.
    const object = this.#depth < WRAPPING_MAX ? this.#deeper(() => known(value, this.known)) : undefined;
    // numpy has forms that are not understood here (records) and yet ordinary.
    if (object === undefined && !value.path.startsWith('numpy.')) this.notes.add(TORCH_ODD_ARGUMENTS, { name: value.path, offset: value.offset }, { offset: value.offset });
    this.#known.set(value, object);
    return object;
  };

  #deeper<T>(run: () => T): T {
    this.#depth++;
    try { return run(); } finally { this.#depth--; }
  }

  /** The tensor that a call rebuilds; undefined (with a finding under `name`) when it cannot. */
  tensor(call: PyCall, name: string): TorchTensor | undefined {
    if (this.#tensors.has(call)) return this.#tensors.get(call);
    this.#tensors.set(call, undefined);
    let made: TorchTensor | undefined;
    try { made = this.#rebuild(call); } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      this.notes.add(TORCH_TENSOR, { tensor: name, problem: refusal.problem }, { tensor: name, offset: call.offset });
    }
    if (made !== undefined) this.#checkExpansion(made, name);
    this.#tensors.set(call, made);
    return made;
  }

  #rebuild(call: PyCall): TorchTensor {
    const [min, max, rebuild] = REBUILD.get(call.path!)!, args = call.arguments;
    if (args.length < min || args.length > max) throw new Refusal(`is rebuilt with ${args.length} arguments`, `重建时有 ${args.length} 个参数`);
    if (this.#depth >= WRAPPING_MAX) throw new Refusal('is wrapped too many times', '包装层数过多');
    return this.#deeper(() => rebuild(args, this, call));
  }

  #checkExpansion(made: TorchTensor, name: string): void {
    if (made.storage === undefined || made.shape === null) return;
    const bytes = made.shape.reduce((product, side) => product * side, made.dtype.bytes);
    if (bytes <= made.storage.bytes || PACKED.has(made.dtype.name)) return;
    const severity = bytes - made.storage.bytes > EXPANDED_BYTES_MAX ? 'error' : 'warning';
    this.notes.add(TORCH_TENSOR_EXPANDED, { tensor: name, bytes, stored: made.storage.bytes }, { tensor: name, severity });
  }

  /** Number of duplicate keys of a dict, noted. */
  noteCollisions(count: number): void {
    if (count > 0) this.notes.add(TORCH_KEY_TWICE, { count });
  }

  /** The tensor that another is made of. */
  inner(value: Value | undefined): TorchTensor {
    if (!isTensor(value)) throw new Refusal('is made of something that is no tensor', '由并非张量的东西构成');
    return this.#rebuild(value);
  }

  dtype(value: Value | undefined): TorchDType {
    const found = value instanceof PyGlobal ? dtypeOf(value.path) : undefined;
    if (found === undefined) throw new Refusal(value instanceof PyGlobal ? `has the unknown dtype ${value.path}` : 'has a dtype that is none', value instanceof PyGlobal ? `的 dtype ${value.path} 未知` : '的 dtype 无效');
    return found;
  }

  /** A shape or strides: tuple, list or torch.Size of non-negative integers. */
  sides(value: Value | undefined): number[] {
    const size = this.known(value), items = itemsOf(value) ?? (size?.is === 'size' ? size.dims : undefined);
    if (items === undefined) throw new Refusal('has a shape or strides that are no tuple', '的形状或步长不是元组');
    if (items.length > RANK_MAX) throw new Refusal(`has ${items.length} dimensions`, `有 ${items.length} 个维度`);
    return items.map((item) => this.#count(item, 'shape or strides', '形状或步长'));
  }

  #count(value: Value | undefined, en: string, zh: string): number {
    if (typeof value !== 'number' || value < 0) throw new Refusal(`has ${en} that cannot be`, `的${zh}不可能存在`);
    return value;
  }

  arrayShape(value: Value | undefined): number[] {
    const array = this.known(value);
    if (array?.is !== 'ndarray') throw new Refusal('is made of something that is no array', '由并非数组的东西构成');
    return this.sides(array.shape);
  }

  /** A view of a storage, checked to stay inside. `dtype` overrides that of the storage (untyped ones). */
  view(storage: Value | undefined, offset: Value | undefined, size: Value | undefined, stride: Value | undefined, dtype?: TorchDType): TorchTensor {
    if (!(storage instanceof PyPersistent)) throw new Refusal('lies on something that is no storage', '所在的并不是存储');
    const found = this.storages.resolve(storage);
    if (found === undefined) throw new Refusal('lies on a storage that cannot be used', '所在的存储无法使用');
    const type = dtype ?? (found.class.untyped ? TORCH_DTYPES.get('uint8')! : found.class.dtype);
    const shape = this.sides(size), strides = this.sides(stride), start = this.#count(offset, 'an offset', '偏移');
    if (shape.length !== strides.length) throw new Refusal(`has ${shape.length} sides but ${strides.length} strides`, `有 ${shape.length} 个边却有 ${strides.length} 个步长`);
    const count = shape.reduce((product, side) => product * side, 1);
    if (!Number.isSafeInteger(count * type.bytes)) throw new Refusal('has more elements than anything can hold', '的元素多到无法容纳');
    const last = count === 0 ? -1 : shape.reduce((sum, side, axis) => sum + (side - 1) * strides[axis]!, 0);
    // Every term is a safe integer, but their sum may not be: the comparison still refuses it. Packed elements share bytes.
    const elements = Math.floor(found.bytes / type.bytes) * (PACKED.get(type.name) ?? 1);
    if (!(start + last + 1 <= elements)) throw new Refusal(`reaches beyond its storage of ${elements} elements`, `超出了其 ${elements} 个元素的存储`);
    if (found.location !== 'meta' && !this.storages.readAs(found, type.unit)) throw new Refusal('shares a big-endian storage with a tensor of another element size', '与另一种元素大小的张量共用大端存储');
    if (found.location === 'meta') return tensor({ kind: 'meta', dtype: type, shape, strides });
    return tensor({ kind: 'tensor', dtype: type, shape, strides, offset: start, storage: found });
  }

  /** Lazy conjugation and negation. */
  flagged(view: TorchTensor, metadata: Value | undefined): TorchTensor {
    if (metadata === undefined) return view;
    let { conj, neg } = view;
    for (const [key, value] of entriesOf(metadata) ?? [[null, null] as const]) {
      if (key === 'conj') conj = value === true;
      else if (key === 'neg') neg = value === true;
      else throw new Refusal('has metadata that torch does not know', '含有 torch 不认识的元数据');
    }
    if (conj && view.dtype.unit === view.dtype.bytes) throw new Refusal('is conjugated but not complex', '被共轭但不是复数');
    return { ...view, conj, neg };
  }

  sparse(layout: Value | undefined, data: Value | undefined): TorchTensor {
    const name = this.known(layout), items = itemsOf(data), labels = name?.is === 'layout' ? SPARSE_PARTS.get(name.name) : undefined;
    if (labels === undefined || items === undefined) throw new Refusal('has a layout that is not sparse', '的布局不是稀疏布局');
    if (items.length < labels.length + 1) throw new Refusal('lacks parts of its sparse data', '缺少部分稀疏数据');
    const parts = labels.map((label, i) => [label, items[i]!] as const);
    for (const [, part] of parts) this.inner(part);
    return tensor({
      kind: 'sparse', dtype: this.inner(items[labels.length - 1]).dtype, shape: this.sides(items[labels.length]), parts,
      scheme: name!.is === 'layout' ? name.name : '',
    });
  }

  quantized(storage: Value | undefined, offset: Value | undefined, size: Value | undefined, stride: Value | undefined, parameters: Value | undefined): TorchTensor {
    const items = itemsOf(parameters) ?? [], [scheme, scales, zeros, axis] = items;
    const view = { ...this.view(storage, offset, size, stride), kind: 'quantized' as const };
    const isNumber = (value: Value | undefined) => value instanceof PyFloat || typeof value === 'number';
    if (isGlobal(scheme, 'torch.per_tensor_affine') && items.length === 3 && isNumber(scales) && typeof zeros === 'number') return { ...view, scheme: scheme.path };
    const channel = CHANNEL_SCHEMES.find((path) => isGlobal(scheme, path));
    if (channel === undefined || items.length !== 4 || typeof axis !== 'number') throw new Refusal('has an unknown quantisation scheme', '的量化方案未知');
    if (!isTensor(scales) || !isTensor(zeros)) throw new Refusal('has scales that are no tensors', '的缩放系数不是张量');
    return { ...view, scheme: channel, parts: [['@scales', scales], ['@zero_points', zeros]] };
  }
}
