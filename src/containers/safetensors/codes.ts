/** @module Codes of the safetensors reader and writer. */
import { defineCode } from '../../findings/index.ts';

const AGAIN = {
  en: 'Copy or download the file again and compare its size with the original; nothing of it can be used as it is.',
  zh: '请重新复制或下载该文件，并与原文件比较大小；目前其中的内容都无法使用。',
};
const WRITER = {
  en: 'Write the file again with the safetensors library, or get it from its author again.',
  zh: '请用 safetensors 库重新写出该文件，或向作者重新获取。',
};

/** The file ends before its header or its data does. */
export const SAFETENSORS_TRUNCATED = defineCode({
  code: 'safetensors-truncated',
  severity: 'error',
  message: { en: '{file} is cut off: it should have {expected} bytes and has {found}', zh: '{file} 不完整：应有 {expected} 字节，实际只有 {found} 字节' },
  why: { en: 'A download, copy or save was interrupted; the end of the weights is missing.', zh: '下载、复制或保存被中断；权重的末尾缺失。' },
  fix: AGAIN,
});

/** Bytes behind the last tensor. */
export const SAFETENSORS_TRAILING_BYTES = defineCode({
  code: 'safetensors-trailing-bytes',
  severity: 'error',
  message: { en: '{file} has {extra} bytes behind its last tensor, from byte {offset} on', zh: '{file} 在最后一个张量之后还有 {extra} 字节，从第 {offset} 字节开始' },
  why: { en: 'Every loader refuses such a file; bytes that no tensor covers can hide another file.', zh: '所有加载器都会拒绝这样的文件；未被任何张量覆盖的字节可能藏有另一个文件。' },
  fix: WRITER,
});

/** A header length that no reader accepts. */
export const SAFETENSORS_HEADER_TOO_LARGE = defineCode({
  code: 'safetensors-header-too-large',
  severity: 'error',
  message: { en: '{file} announces a header of {length} bytes; at most {limit} are allowed', zh: '{file} 声明头部有 {length} 字节；最多允许 {limit} 字节' },
  why: { en: 'The file is not safetensors, or its first eight bytes are damaged.', zh: '该文件不是 safetensors，或者前八个字节已损坏。' },
  fix: { en: 'See what the file really is: temper inspect {file}', zh: '请查看该文件究竟是什么：temper inspect {file}' },
});

/** The header is JSON, but not the JSON of safetensors. */
export const SAFETENSORS_HEADER_INVALID = defineCode({
  code: 'safetensors-header-invalid',
  severity: 'error',
  message: { en: '{file} has a broken header at byte {offset}: {problem}', zh: '{file} 的头部在第 {offset} 字节处有误：{problem}' },
  why: { en: 'The header decides where every tensor lies; one that can be read in two ways is not read at all.', zh: '头部决定每个张量的位置；可以有两种读法的头部不予读取。' },
  fix: WRITER,
});

/** A tensor name twice. */
export const SAFETENSORS_DUPLICATE_TENSOR = defineCode({
  code: 'safetensors-duplicate-tensor',
  severity: 'error',
  message: { en: '{file} names the tensor {tensor} twice, again at byte {offset}', zh: '{file} 两次出现张量名 {tensor}，第二次在第 {offset} 字节' },
  why: { en: 'The Rust reader silently takes the last one, other readers the first: nobody knows which weights are meant.', zh: 'Rust 读取器会悄悄取最后一个，其他读取器取第一个：无法知道指的是哪份权重。' },
  fix: WRITER,
});

/** A dtype that safetensors does not know. */
export const SAFETENSORS_UNKNOWN_DTYPE = defineCode({
  code: 'safetensors-unknown-dtype',
  severity: 'error',
  message: { en: '{file}: tensor {tensor} has the unknown dtype {dtype}', zh: '{file}：张量 {tensor} 的 dtype {dtype} 未知' },
  why: { en: 'Without its dtype the bytes of a tensor mean nothing; names are upper case and exact.', zh: '没有 dtype，张量的字节就没有意义；名字必须是大写且完全一致。' },
  fix: { en: 'If a newer safetensors wrote this file, update temper; otherwise write the file again.', zh: '如果该文件由更新版本的 safetensors 写出，请更新 temper；否则请重新写出该文件。' },
});

/** Tensors that leave a hole, overlap, or run backwards. */
export const SAFETENSORS_NOT_CONTIGUOUS = defineCode({
  code: 'safetensors-not-contiguous',
  severity: 'error',
  message: {
    en: '{file}: tensor {tensor} lies at {begin}…{end} of the data, but the tensor before it ends at {previous}',
    zh: '{file}：张量 {tensor} 位于数据区的 {begin}…{end}，但前一个张量结束于 {previous}',
  },
  why: { en: 'Tensors must lie end to end; holes can hide data, and overlaps make one tensor change another.', zh: '张量必须首尾相接；空洞可以藏数据，重叠会使一个张量影响另一个。' },
  fix: WRITER,
});

/** dtype and shape do not fit the bytes. */
export const SAFETENSORS_SIZE_MISMATCH = defineCode({
  code: 'safetensors-size-mismatch',
  severity: 'error',
  message: {
    en: '{file}: tensor {tensor}, {dtype} {shape}, needs {expected} bytes and has {found}',
    zh: '{file}：张量 {tensor}（{dtype} {shape}）需要 {expected} 字节，实际为 {found} 字节',
  },
  why: { en: 'Either the shape or the place of the tensor is wrong.', zh: '张量的形状或位置必有一个是错的。' },
  fix: WRITER,
});

/** A shape that no file can hold. */
export const SAFETENSORS_SHAPE_TOO_LARGE = defineCode({
  code: 'safetensors-shape-too-large',
  severity: 'error',
  message: { en: '{file}: tensor {tensor} has the impossible shape {shape}', zh: '{file}：张量 {tensor} 的形状 {shape} 不可能存在' },
  why: { en: 'The number of elements overflows 64 bits, or a side is larger than any tensor can have.', zh: '元素个数超出 64 位整数，或某一维大于任何张量所能有的大小。' },
  fix: WRITER,
});

/** Elements smaller than a byte that do not fill the last one. */
export const SAFETENSORS_PARTIAL_BYTE = defineCode({
  code: 'safetensors-partial-byte',
  severity: 'error',
  message: { en: '{file}: tensor {tensor}, {dtype} {shape}, does not end at a byte boundary', zh: '{file}：张量 {tensor}（{dtype} {shape}）没有在字节边界结束' },
  why: { en: 'Packed elements must fill whole bytes.', zh: '压缩存放的元素必须填满整个字节。' },
  fix: WRITER,
});

/** White space before the header's brace. */
export const SAFETENSORS_LEADING_SPACE = defineCode({
  code: 'safetensors-leading-space',
  severity: 'warning',
  message: { en: '{file} has {count} bytes of white space before its header', zh: '{file} 的头部之前有 {count} 字节空白' },
  why: { en: 'The format asks for “{” as the first byte; some readers insist on it.', zh: '格式要求第一个字节是“{”；部分读取器会严格检查。' },
  fix: { en: 'Write it again: temper convert {file} -o OUT', zh: '重新写出：temper convert {file} -o OUT' },
});

/** A key of `__metadata__` twice. */
export const SAFETENSORS_DUPLICATE_METADATA = defineCode({
  code: 'safetensors-duplicate-metadata',
  severity: 'warning',
  message: { en: '{file} has the metadata key {key} more than once; the last value counts', zh: '{file} 的元数据键 {key} 出现多次；以最后一个值为准' },
  why: { en: 'Readers differ in which value they take.', zh: '不同的读取器会取不同的值。' },
  fix: { en: 'Write it again: temper convert {file} -o OUT', zh: '重新写出：temper convert {file} -o OUT' },
});

/** Members of an entry that the format does not have. */
export const SAFETENSORS_UNKNOWN_FIELD = defineCode({
  code: 'safetensors-unknown-field',
  severity: 'warning',
  message: { en: '{file} has {count} unknown fields in its header, the first is {field}', zh: '{file} 的头部有 {count} 个未知字段，第一个是 {field}' },
  why: { en: 'Readers ignore them today; whatever they were meant to say is lost.', zh: '目前的读取器会忽略它们；它们想表达的内容会丢失。' },
  fix: { en: 'Ask the program that wrote the file, or write it again: temper convert {file} -o OUT', zh: '请确认写出该文件的程序，或重新写出：temper convert {file} -o OUT' },
});

/** Tensors whose address is not a multiple of their element size. */
export const SAFETENSORS_MISALIGNED = defineCode({
  code: 'safetensors-misaligned',
  severity: 'warning',
  message: { en: '{file} has {count} tensors that are not aligned to their element size, the first is {tensor}', zh: '{file} 有 {count} 个张量没有按元素大小对齐，第一个是 {tensor}' },
  why: { en: 'The official reader copes; readers that map the file into memory may be slow or fail.', zh: '官方读取器可以处理；把文件映射到内存的读取器可能变慢或失败。' },
  fix: { en: 'Write it again, aligned: temper convert {file} -o OUT', zh: '重新写出并对齐：temper convert {file} -o OUT' },
});

/** More axes than a tensor library has. */
export const SAFETENSORS_RANK = defineCode({
  code: 'safetensors-rank',
  severity: 'warning',
  message: { en: '{file}: tensor {tensor} has {rank} axes; torch allows {limit}', zh: '{file}：张量 {tensor} 有 {rank} 个维度；torch 最多允许 {limit} 个' },
  why: { en: 'No tensor library can hold it.', zh: '没有张量库能够容纳它。' },
  fix: WRITER,
});

/** What the writer will not write. */
export const SAFETENSORS_CANNOT_WRITE = defineCode({
  code: 'safetensors-cannot-write',
  severity: 'error',
  message: { en: 'tensor {tensor} cannot be written to safetensors: {reason}', zh: '张量 {tensor} 无法写入 safetensors：{reason}' },
  why: { en: 'The result would be a file that loaders refuse or read differently.', zh: '写出的文件会被加载器拒绝，或被读成别的内容。' },
  fix: { en: 'Rename or leave out the tensor, or give another dtype with --dtype.', zh: '请改名或去掉该张量，或用 --dtype 指定其他类型。' },
});
