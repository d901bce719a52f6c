/** @module Codes of directories of weights: indexes, shards, precedence. */
import { defineCode } from '../findings/index.ts';

const REBUILD = {
  en: 'Copy the directory again as a whole, or write shards and index anew: temper convert DIR -o OUT',
  zh: '请重新完整复制该目录，或重新写出分片和索引：temper convert DIR -o OUT',
};
const FETCH = {
  en: 'Copy the file from where the model was saved, or download it: hf download ORG/NAME {shard}',
  zh: '请从保存模型的地方复制该文件，或下载：hf download ORG/NAME {shard}',
};

/** Nothing that a loader would take. */
export const NO_WEIGHTS = defineCode({
  code: 'no-weights',
  severity: 'error',
  message: { en: '{folder} holds no weights under a name that a loader looks for', zh: '{folder} 中没有加载器会查找的权重文件' },
  why: { en: 'Loaders look for model.safetensors, pytorch_model.bin, their indexes, and a few more names.', zh: '加载器查找 model.safetensors、pytorch_model.bin、它们的索引以及少数其他名字。' },
  fix: { en: 'Give the file itself, or the directory that holds it (convert --recursive takes all below); see what is there: temper inspect {folder}', zh: '请直接给出文件，或存放它的目录（convert --recursive 处理其下全部）；查看其中内容：temper inspect {folder}' },
});

/** Several files, none of them first. */
export const AMBIGUOUS_WEIGHTS = defineCode({
  code: 'ambiguous-weights',
  severity: 'error',
  message: { en: '{folder} holds several sets of weights and no rule says which comes first: {names}', zh: '{folder} 中有多组权重，没有规则决定取哪一组：{names}' },
  why: { en: 'Guessing would give some other model than the one you mean.', zh: '猜测可能得到的并不是你想要的模型。' },
  fix: { en: 'Give the file that you mean instead of the directory.', zh: '请给出想要的那个文件，而不是目录。' },
});

/** A weights file that may not be opened. */
export const UNUSABLE_WEIGHTS = defineCode({
  code: 'unusable-weights',
  severity: 'error',
  message: { en: '{file} cannot be used: {reason}', zh: '{file} 无法使用：{reason}' },
  why: { en: 'A loader would take this file; passing over it would load something else.', zh: '加载器会使用该文件；跳过它就会加载别的内容。' },
  fix: { en: 'Put the file itself into the directory in place of the link.', zh: '请用文件本身替换该链接。' },
});

/** Only a variant is there. */
export const VARIANT_CHOSEN = defineCode({
  code: 'variant-chosen',
  severity: 'info',
  message: { en: '{file} was taken, the only weights there; loaders need to be told the variant {variant}', zh: '使用了唯一的权重 {file}；加载器需要指定变体 {variant}' },
  why: { en: 'from_pretrained looks for it only when variant= is given.', zh: '只有给出 variant= 时 from_pretrained 才会查找它。' },
  fix: { en: 'Load it with variant="{variant}", or rename it.', zh: '加载时写 variant="{variant}"，或改名。' },
});

/** Shards without an index. */
export const NO_INDEX = defineCode({
  code: 'no-index',
  severity: 'warning',
  message: { en: '{folder} holds {count} shards but no index', zh: '{folder} 中有 {count} 个分片，但没有索引' },
  why: { en: 'The set is complete by its names, so it was used; transformers needs the index to find it.', zh: '从名字看分片齐全，因此予以使用；但 transformers 需要索引才能找到它们。' },
  fix: REBUILD,
});

/** Shards whose names do not tell how many there are. */
export const INDEX_NEEDED = defineCode({
  code: 'index-needed',
  severity: 'error',
  message: { en: '{folder} holds shards such as {shard}, but no index', zh: '{folder} 中有 {shard} 这样的分片，但没有索引' },
  why: { en: 'Their names do not say how many there should be; without the index nobody can tell whether some are missing.', zh: '它们的名字没有说明总数；没有索引就无法判断是否缺少分片。' },
  fix: { en: 'Copy model.safetensors.index.json from where the model was saved.', zh: '请从保存模型的地方复制 model.safetensors.index.json。' },
});

/** An index beside a single file that is loaded instead. */
export const STALE_INDEX = defineCode({
  code: 'stale-index',
  severity: 'warning',
  message: { en: '{index} is stale: {file} is loaded, and the shards it names are not there', zh: '{index} 已过时：实际加载的是 {file}，而它所列的分片并不存在' },
  why: { en: 'Saving again in one file removes the shards but leaves the index; other loaders follow it and fail.', zh: '重新保存为单个文件会删除分片却留下索引；其他加载器会照着它加载并失败。' },
  fix: { en: 'Delete {index}.', zh: '请删除 {index}。' },
});

/** An index that is none. */
export const INDEX_INVALID = defineCode({
  code: 'index-invalid',
  severity: 'error',
  message: { en: '{index}, byte {offset}: {problem}', zh: '{index} 第 {offset} 字节：{problem}' },
  why: { en: 'The index decides which file every tensor comes from.', zh: '索引决定每个张量来自哪个文件。' },
  fix: REBUILD,
});

/** A value of the index that is no plain file name. */
export const SHARD_NAME = defineCode({
  code: 'index-shard-name',
  severity: 'error',
  message: { en: '{index} sends tensor {tensor} to {shard}: {problem}', zh: '{index} 把张量 {tensor} 指向 {shard}：{problem}' },
  why: { en: 'Shards lie beside the index under plain names; anything else reads files the checkpoint has no business with.', zh: '分片与索引放在一起，名字是普通文件名；其他写法会读到与检查点无关的文件。' },
  fix: { en: 'Do not use this index; get the directory from its author again.', zh: '不要使用该索引；请向作者重新获取该目录。' },
});

/** The same tensor in the map twice. */
export const INDEX_DUPLICATE = defineCode({
  code: 'index-duplicate-tensor',
  severity: 'warning',
  message: { en: '{index} names tensor {tensor} more than once, with the same shard', zh: '{index} 多次列出张量 {tensor}，分片相同' },
  why: { en: 'Harmless as it stands, but no program writes such an index.', zh: '目前无害，但没有程序会写出这样的索引。' },
  fix: REBUILD,
});

/** A byte order mark before an index. */
export const INDEX_BOM = defineCode({
  code: 'index-bom',
  severity: 'error',
  message: { en: '{index} begins with a byte order mark', zh: '{index} 以字节顺序标记（BOM）开头' },
  why: { en: 'Python refuses to parse it, so transformers cannot load the model.', zh: 'Python 拒绝解析它，transformers 因此无法加载模型。' },
  fix: { en: 'Save the file as UTF-8 without BOM.', zh: '请把该文件保存为不带 BOM 的 UTF-8。' },
});

/** No `metadata` in an index. */
export const INDEX_METADATA_ABSENT = defineCode({
  code: 'index-metadata-absent',
  severity: 'warning',
  message: { en: '{index} has no metadata', zh: '{index} 没有 metadata' },
  why: { en: 'transformers up to 4.57 raises a KeyError without it.', zh: '4.57 及之前的 transformers 会因此抛出 KeyError。' },
  fix: REBUILD,
});

/** No `total_size`. */
export const TOTAL_SIZE_ABSENT = defineCode({
  code: 'total-size-absent',
  severity: 'warning',
  message: { en: '{index} has no total_size', zh: '{index} 没有 total_size' },
  why: { en: 'Tools that plan memory by it (accelerate, serving engines) do not work.', zh: '依据它规划内存的工具（accelerate、推理引擎）无法工作。' },
  fix: REBUILD,
});

/** `total_size` is no number of bytes. */
export const TOTAL_SIZE_WRONG = defineCode({
  code: 'total-size-wrong',
  severity: 'warning',
  message: { en: '{index} says total_size {found}; the tensors have {expected} bytes', zh: '{index} 的 total_size 为 {found}；张量共有 {expected} 字节' },
  why: { en: 'Loading works, but tools that plan memory by it are misled, and it often means that shards were mixed up.', zh: '可以加载，但依据它规划内存的工具会被误导；这也常意味着分片被弄混。' },
  fix: REBUILD,
});

/** A shard is named and not there. */
export const MISSING_SHARD = defineCode({
  code: 'missing-shard',
  severity: 'error',
  message: { en: 'the shard {shard} is missing, and {count} tensors with it', zh: '缺少分片 {shard}，其中有 {count} 个张量' },
  why: { en: 'Nothing loads without it.', zh: '没有它就无法加载。' },
  fix: FETCH,
});

/** Shards are there, but not all of them. */
export const INCOMPLETE_SHARDS = defineCode({
  code: 'incomplete-shards',
  severity: 'error',
  message: { en: '{folder} holds {found} of {expected} shards and no index; {shard} is missing', zh: '{folder} 中 {expected} 个分片只有 {found} 个，且没有索引；缺少 {shard}' },
  why: { en: 'A part of the weights is missing.', zh: '缺少一部分权重。' },
  fix: FETCH,
});

/** Names say another number of shards than the index lists. */
export const SHARD_COUNT = defineCode({
  code: 'shard-count-differs',
  severity: 'warning',
  message: { en: '{index} lists {found} shards, but their names say {expected}', zh: '{index} 列出 {found} 个分片，而文件名表明有 {expected} 个' },
  why: { en: 'A shard may have been lost together with its entries.', zh: '可能有一个分片连同其条目一起丢失。' },
  fix: REBUILD,
});

/** A tensor of the index that its shard does not hold. */
export const MISSING_TENSOR = defineCode({
  code: 'index-missing-tensor',
  severity: 'error',
  message: { en: '{index} says that tensor {tensor} lies in {shard}, which does not hold it', zh: '{index} 称张量 {tensor} 在 {shard} 中，但其中没有' },
  why: { en: 'Loaders leave such a weight at random values, often with no more than a log line.', zh: '加载器会让这个权重保持随机值，往往只打印一行日志。' },
  fix: REBUILD,
});

/** More of the same. */
export const MISSING_TENSORS_MORE = defineCode({
  code: 'index-missing-tensors',
  severity: 'error',
  message: { en: '{index} names {count} more tensors that their shards do not hold', zh: '{index} 还列出另外 {count} 个分片中没有的张量' },
  why: { en: 'Index and shards do not belong together.', zh: '索引与分片不是一套。' },
  fix: REBUILD,
});

/** A tensor that the index does not name. */
export const EXTRA_TENSOR = defineCode({
  code: 'index-extra-tensor',
  severity: 'error',
  message: { en: '{shard} holds tensor {tensor}, which {index} does not name', zh: '{shard} 中的张量 {tensor} 未列入 {index}' },
  why: { en: 'It is used, as loaders that read whole shards do; loaders that follow the index leave it out.', zh: '这里予以使用，与读取整个分片的加载器一致；按索引加载的程序则会漏掉它。' },
  fix: REBUILD,
});

/** More of the same. */
export const EXTRA_TENSORS_MORE = defineCode({
  code: 'index-extra-tensors',
  severity: 'error',
  message: { en: '{count} more tensors of the shards are not named by {index}', zh: '分片中还有 {count} 个张量未列入 {index}' },
  why: { en: 'Index and shards do not belong together.', zh: '索引与分片不是一套。' },
  fix: REBUILD,
});

/** A tensor in two shards. */
export const TENSOR_IN_TWO_SHARDS = defineCode({
  code: 'tensor-in-two-shards',
  severity: 'warning',
  message: { en: 'tensor {tensor} lies in {shard} too; the one in {used} is used ({count} such tensors)', zh: '张量 {tensor} 也在 {shard} 中；使用 {used} 中的那一份（共 {count} 个这样的张量）' },
  why: { en: 'Loaders that read whole shards take the last one they meet, which may hold other values.', zh: '读取整个分片的加载器会取最后遇到的一份，其值可能不同。' },
  fix: REBUILD,
});

/** A tensor in two shards, and no index to decide. */
export const TENSOR_TWICE = defineCode({
  code: 'tensor-twice',
  severity: 'error',
  message: { en: 'tensor {tensor} lies in {used} and in {shard}, and no index says which one counts', zh: '张量 {tensor} 同时在 {used} 和 {shard} 中，没有索引说明以哪个为准' },
  why: { en: 'The files are not shards of one model, or they are parts of tensors that belong together.', zh: '这些文件不是同一模型的分片，或者是同一张量被切开的各部分。' },
  fix: { en: 'Give the file that you mean, or the directory of the training run that wrote them.', zh: '请给出想要的那个文件，或写出它们的训练目录。' },
});

/** Content of another format than the name says. */
export const NAME_AND_CONTENT = defineCode({
  code: 'name-and-content-differ',
  severity: 'error',
  message: { en: '{file} is named {named}, but its content is {format}', zh: '{file} 按名字应为 {named}，内容却是 {format}' },
  why: { en: 'Loaders choose by the name and fail; a pickle under a .safetensors name can also be meant to slip past a check.', zh: '加载器按名字选择读法，因此会失败；以 .safetensors 命名的 pickle 也可能是为了绕过检查。' },
  fix: { en: 'Rename the file, or convert it: temper convert {file} -o OUT', zh: '请改名，或转换：temper convert {file} -o OUT' },
});

/** Weights reached through links. */
export const LINKED_FILES = defineCode({
  code: 'linked-files',
  severity: 'info',
  message: { en: '{count} weight files are links, the first is {file}', zh: '有 {count} 个权重文件是链接，第一个是 {file}' },
  why: { en: 'As in the hub cache; copying the directory without following links copies no weights.', zh: '与 hub 缓存相同；复制目录时如果不跟随链接，就不会复制权重。' },
  fix: { en: 'When you copy it, follow the links: cp -rL', zh: '复制时请跟随链接：cp -rL' },
});

/** A size that cannot be understood. */
export const BAD_SIZE = defineCode({
  code: 'bad-size',
  severity: 'error',
  message: { en: '{text} is not a size', zh: '{text} 不是有效的大小' },
  why: { en: 'A size is a number of bytes, alone or with KB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (powers of 1024).', zh: '大小是字节数，可带 KB、MB、GB、TB（1000 的幂）或 KiB、MiB、GiB、TiB（1024 的幂）。' },
  fix: { en: 'For example: --max-shard-size 5GB', zh: '例如：--max-shard-size 5GB' },
});

/** The state dict lies below a key, or in a pickled module. */
export const UNWRAPPED = defineCode({
  code: 'state-dict-unwrapped',
  severity: 'info',
  message: { en: '{file}: the state dict was taken from {key}', zh: '{file}：state dict 取自 {key}' },
  why: { en: 'Training programs save more than the weights; the rest (optimizer, epoch …) is left out.', zh: '训练程序保存的不只是权重；其余内容（优化器、epoch 等）不取。' },
  fix: { en: 'Nothing to do; list everything with: temper inspect {file} --tensors', zh: '无需处理；列出全部内容：temper inspect {file} --tensors' },
});

/** What is no tensor in a dict of tensors. */
export const ENTRIES_LEFT_OUT = defineCode({
  code: 'entries-left-out',
  severity: 'info',
  message: { en: '{file}: entries without tensors are left out ({count}): {names}', zh: '{file}：不含张量的 {count} 项未被取出：{names}' },
  why: { en: 'They stand among the weights; loaders of models have no use for them.', zh: '它们与权重放在一起；模型加载器用不到它们。' },
  fix: { en: 'Nothing to do, unless a program of yours reads them from {file}.', zh: '无需处理，除非您的程序要从 {file} 中读取它们。' },
});

/** A tensor that is no plain run of bytes. */
export const TENSOR_NOT_PLAIN = defineCode({
  code: 'tensor-not-plain',
  severity: 'error',
  message: { en: '{file}: {tensor} cannot be taken as it is: {why}', zh: '{file}：无法直接取出 {tensor}：{why}' },
  why: { en: 'Its bytes alone are not its values; leaving it out would lose it.', zh: '它的字节本身并不是它的数值；略去它就会丢失它。' },
  fix: { en: 'Turn it into a plain tensor where it was made (.to_dense(), .dequantize(), .full_tensor(), .resolve_conj()) and save again.', zh: '请在生成它的程序中转成普通张量（.to_dense()、.dequantize()、.full_tensor()、.resolve_conj()）后重新保存。' },
});

/** One tensor under several names. */
export const SAME_TENSORS = defineCode({
  code: 'same-tensors',
  severity: 'info',
  message: { en: '{file}: {count} names stand for tensors that are listed already: {names}', zh: '{file}：有 {count} 个名字指向已列出的张量：{names}' },
  why: { en: 'The file holds one object under several keys, as tied weights are saved.', zh: '文件中同一个对象位于多个键之下，绑定的权重就是这样保存的。' },
  fix: { en: 'Nothing to do.', zh: '无需处理。' },
});

/** Weights in two formats, or sharded and in one file. */
export const TWO_WEIGHT_FILES = defineCode({
  code: 'two-weight-files',
  severity: 'info',
  message: { en: '{used} was read; {unused} lies beside it and was not', zh: '读取的是 {used}；旁边的 {unused} 未被读取' },
  why: { en: 'Loaders take the same one without a word. When the two differ, the other one is lost on whoever meant it.', zh: '加载器也会不加提示地选用同一个。如果两者不同，另一个就会被忽略。' },
  fix: { en: 'If you mean the other one, give it by its name, or move {used} away.', zh: '如果想用另一个，请直接给出它的文件名，或把 {used} 移走。' },
});
