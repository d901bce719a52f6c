/**
 * @module
 * Names that training programs leave in their files, and plain types of the standard library: setting up such an object
 * runs nothing of anybody else's. Classes by package are told by their spelling (`CamelCase`); functions are listed.
 */

/** Names, exactly. */
const NAMES: ReadonlySet<string> = /* @__PURE__ */ new Set([
  ...['bytes', 'frozenset', 'range', 'slice', 'dict', 'list', 'tuple', 'int', 'float', 'str', 'bool', 'object', 'Ellipsis', 'NotImplemented'].map((name) => `builtins.${name}`),
  ...['defaultdict', 'deque', 'ChainMap', 'UserDict', 'UserList'].map((name) => `collections.${name}`),
  ...['datetime', 'date', 'time', 'timedelta', 'timezone'].map((name) => `datetime.${name}`),
  ...['pathlib', 'pathlib._local'].flatMap((module) => ['PosixPath', 'PurePosixPath', 'WindowsPath', 'PureWindowsPath', 'Path', 'PurePath'].map((name) => `${module}.${name}`)),
  'decimal.Decimal', 'fractions.Fraction', 'uuid.UUID', 'argparse.Namespace', 'types.SimpleNamespace',
  'typing.Any', 'typing.Union', 'typing.Optional', 'typing.List', 'typing.Dict', 'typing.Tuple',
  'numpy.ndarray', 'numpy.dtype', ...['numpy.core', 'numpy._core'].flatMap((core) => ['multiarray._reconstruct', 'multiarray.scalar', 'numeric._frombuffer'].map((name) => `${core}.${name}`)),
  ...['__randomstate_ctor', '__generator_ctor', '__bit_generator_ctor'].map((name) => `numpy.random._pickle.${name}`),
  ...['_mt19937.MT19937', '_pcg64.PCG64', '_philox.Philox', '_sfc64.SFC64'].map((name) => `numpy.random.${name}`),
  'torch._C.Generator', 'torch.strided', 'torch.sparse_coo', 'torch.preserve_format', 'torch.contiguous_format', 'torch.channels_last',
  'torch.nested._internal.nested_tensor._rebuild_njt', 'torch.nested._internal.nested_tensor.NestedTensor', 'torch._dynamo.decorators._DimRange',
  'torch._utils._rebuild_sparse_csr_tensor', 'torch.distributed._mesh_layout._FlatLayout', 'torch.distributed._mesh_layout._MeshLayout',
  'torch.distributed.tensor.placement_types._StridedShard', 'torch.distributed.checkpoint.filesystem._StorageInfo',
  'torch.distributed.checkpoint.metadata._MEM_FORMAT_ENCODING',
  'deepspeed.utils.tensor_fragment.fragment_address',
  ...['build_intlist', 'build_tensorlist', 'build_doublelist', 'build_boollist', 'build_tensor_from_id', 'restore_type_tag'].map((name) => `torch.jit._pickle.${name}`),
]);

/** Types of numpy scalars and exceptions of Python: `numpy.float64`, `builtins.ValueError`. */
const PLAIN = [/^numpy\.(?:bool_?|u?int(?:8|16|32|64|c|p)?|float(?:16|32|64)|complex(?:64|128)|str_|bytes_|void|datetime64|timedelta64)$/, /^builtins\.[A-Z]\w*(?:Error|Exception|Warning)$/];

/** Packages whose classes (`CamelCase`, with private ones) are set up without running foreign code. */
const CLASSES = [
  'torch\\.nn\\.(?:modules|parameter|utils\\.parametrizations?)', 'torch\\.optim', 'torch\\.distributed\\.(?:tensor|device_mesh|checkpoint|_shard|fsdp)',
  'torch\\.utils\\.data\\.(?:sampler|dataset|dataloader)', 'torch\\.(?:amp|cuda\\.amp)', 'torch\\.ao\\.(?:nn|quantization)', 'torchvision\\.models', 'torchao',
  'transformers\\.(?:training_args|training_args_seq2seq|trainer_utils|trainer_pt_utils|trainer_callback|optimization|integrations\\.deepspeed|models|configuration_utils|generation|utils\\.quantization_config|debug_utils)',
  'accelerate\\.(?:state|utils)', 'peft', 'trl', 'deepspeed\\.(?:runtime|utils|checkpoint)', 'bitsandbytes', 'sentence_transformers', 'FlagEmbedding', 'swift', 'llamafactory',
  '(?:pytorch_lightning|lightning|lightning_fabric)', 'omegaconf', 'mmengine', 'xtuner', 'timm',
];
const CLASS = new RegExp(`^(?:${CLASSES.join('|')})(?:\\.\\w+)*\\.__?[A-Z]\\w*$|^(?:${CLASSES.join('|')})(?:\\.\\w+)*\\.[A-Z]\\w*$`);

/** Activations and losses that modules keep by reference. */
const FUNCTION = /^torch\.nn\.functional\.[a-z]\w*$/;

/**
 * Classes whose methods are kept by reference, `getattr(cls, 'mean')`, and never called while loading: mmengine's log
 * buffers, in every checkpoint of XTuner and MMDetection.
 */
export const METHOD_HOLDERS: ReadonlySet<string> = /* @__PURE__ */ new Set(['mmengine.logging.history_buffer.HistoryBuffer']);

/** Whether a name belongs to a known framework object. */
export const isFramework = (path: string): boolean =>
  NAMES.has(path) || FUNCTION.test(path) || CLASS.test(path) || PLAIN.some((pattern) => pattern.test(path));
