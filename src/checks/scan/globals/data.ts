/**
 * @module
 * Names that torch.load(weights_only=True) allows by itself (torch 2.13, torch/_weights_only_unpickler.py): what a file
 * of nothing but data is made of.
 */
import { DTYPES, type DTypeInfo } from '../../../tensors/index.ts';

const REBUILD = ['parameter', 'parameter_with_state', 'qtensor', 'tensor', 'tensor_v2', 'tensor_v3', 'sparse_tensor', 'meta_tensor_no_storage',
  'nested_tensor', 'wrapper_subclass', 'device_tensor_from_numpy', 'device_tensor_from_cpu_tensor'];
const ELEMENTS = ['Double', 'Float', 'Half', 'BFloat16', 'Long', 'Int', 'Short', 'Char', 'Byte', 'Bool'];
const COMPLEX = ['ComplexDouble', 'ComplexFloat'];
const QUANTIZED = ['QInt8', 'QUInt8', 'QInt32', 'QUInt4x2', 'QUInt2x4'];
const SUB_BYTE = [1, 2, 3, 4, 5, 6, 7].flatMap((bits) => [`uint${bits}`, `int${bits}`]);

/** The list. */
export const WEIGHTS_ONLY_GLOBALS: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'collections.OrderedDict', 'collections.Counter', 'builtins.bytearray', 'builtins.complex', 'builtins.set', '_codecs.encode',
  'torch.Size', 'torch.Tensor', 'torch.device', 'torch.nn.parameter.Parameter', 'torch.serialization._get_layout',
  'torch.storage.TypedStorage', 'torch.storage.UntypedStorage', 'torch._tensor._rebuild_from_type_v2',
  ...REBUILD.map((name) => `torch._utils._rebuild_${name}`),
  ...[...ELEMENTS, ...COMPLEX, ...QUANTIZED].map((name) => `torch.${name}Storage`),
  ...[...ELEMENTS, ...COMPLEX].map((name) => `torch.cuda.${name}Storage`),
  ...ELEMENTS.flatMap((name) => [`torch.${name}Tensor`, `torch.cuda.${name}Tensor`]),
  ...ELEMENTS.filter((name) => name !== 'Bool').flatMap((name) => [`torch.sparse.${name}Tensor`, `torch.cuda.sparse.${name}Tensor`]),
  ...Object.values(DTYPES).flatMap(({ torch }: DTypeInfo) => (torch === null ? [] : [`torch.${torch}`])), ...SUB_BYTE.map((name) => `torch.${name}`),
  ...['per_tensor_affine', 'per_tensor_symmetric', 'per_channel_affine', 'per_channel_symmetric', 'per_channel_affine_float_qparams'].map((name) => `torch.${name}`),
]);
