/** @module Codes of what can be wrong with a torch file beyond its zip and its pickle. */
import { defineCode } from '../../findings/index.ts';

/** Records that torch needs or reads: data.pkl, version, byteorder. */
export const TORCH_RECORDS = defineCode({
  code: 'torch-records',
  severity: 'error',
  message: { en: '{file} is not a sound torch file: {problem}', zh: '{file} 不是完好的 torch 文件：{problem}' },
  why: { en: 'torch refuses such a file, or reads other values than were saved.', zh: 'torch 会拒绝这样的文件，或者读出与保存时不同的数值。' },
  fix: { en: 'Copy or download the file again, or save it again with torch.save.', zh: '请重新复制或下载该文件，或用 torch.save 重新保存。' },
});

/** A storage that a tensor refers to. */
export const TORCH_STORAGE = defineCode({
  code: 'torch-storage',
  severity: 'error',
  message: { en: '{file}: storage {key} {problem}', zh: '{file}：存储 {key} {problem}' },
  why: { en: 'The values of every tensor on this storage would be wrong or read from somewhere else.', zh: '该存储上的所有张量的数值都会出错，或者读自别处。' },
  fix: { en: 'Copy or download the file again.', zh: '请重新复制或下载该文件。' },
});

/** Storage data in a form that `torch.load(mmap=True)` misreads. */
export const TORCH_STORAGE_DEFLATED = defineCode({
  code: 'torch-storage-deflated',
  severity: 'warning',
  message: { en: '{file}: {count} storages are compressed, {key} first', zh: '{file}：有 {count} 个存储被压缩，首个是 {key}' },
  why: { en: 'torch.load(mmap=True) takes the compressed bytes for values, without an error.', zh: 'torch.load(mmap=True) 会把压缩后的字节当作数值，且不报错。' },
  fix: { en: 'Write it anew: temper convert {file} -o OUT', zh: '重新写出：temper convert {file} -o OUT' },
});

/** A persistent id that is no storage. */
export const TORCH_PERSISTENT_ID = defineCode({
  code: 'torch-persistent-id',
  severity: 'error',
  message: { en: '{file}: the persistent id at byte {offset} {problem}', zh: '{file}：第 {offset} 字节的 persistent id {problem}' },
  why: { en: 'torch refuses it; other loaders may take it for something else.', zh: 'torch 会拒绝它；其他加载器可能把它当成别的东西。' },
  fix: { en: 'Do not load this file.', zh: '不要加载该文件。' },
});

/** Arguments from which no tensor can be made. */
export const TORCH_TENSOR = defineCode({
  code: 'torch-tensor',
  severity: 'error',
  message: { en: '{file}: tensor {tensor} {problem}', zh: '{file}：张量 {tensor} {problem}' },
  why: { en: 'torch refuses it, or reads memory that does not belong to it.', zh: 'torch 会拒绝它，或者读到不属于它的内存。' },
  fix: { en: 'Copy or download the file again.', zh: '请重新复制或下载该文件。' },
});

/** A tensor that is larger than the bytes it lies on. */
export const TORCH_TENSOR_EXPANDED = defineCode({
  code: 'torch-tensor-expanded',
  severity: 'warning',
  message: { en: '{file}: tensor {tensor} has {bytes} bytes but lies on {stored}', zh: '{file}：张量 {tensor} 有 {bytes} 字节，却只存储了 {stored} 字节' },
  why: { en: 'Its elements share bytes (an expanded view). Written out, it takes its full size.', zh: '它的元素共用字节（expand 得到的视图）。写出后将占用完整大小。' },
  fix: { en: 'Nothing to do if that is meant; call .contiguous() before saving otherwise.', zh: '若有意如此则无需处理；否则保存前请调用 .contiguous()。' },
});

/** A name that two different tensors have after joining keys with dots. */
export const TORCH_NAME_TWICE = defineCode({
  code: 'torch-name-twice',
  severity: 'error',
  message: { en: '{file}: two tensors are named {tensor} once nested keys are joined', zh: '{file}：嵌套的键连接之后，有两个张量都名为 {tensor}' },
  why: { en: 'One of them would be lost.', zh: '其中一个会丢失。' },
  fix: { en: 'Save the nested dicts under names that cannot collide.', zh: '请用不会冲突的名字保存嵌套的字典。' },
});

/** A key that was written more than once. */
export const TORCH_KEY_TWICE = defineCode({
  code: 'torch-key-twice',
  severity: 'warning',
  message: { en: '{file}: a dict has {count} keys more than once', zh: '{file}：有字典重复了 {count} 个键' },
  why: { en: 'The last value wins; no pickler writes a key twice.', zh: '以最后一个值为准；没有 pickler 会把同一个键写两次。' },
  fix: { en: 'Find out who wrote this file before you use it.', zh: '使用之前先弄清该文件由谁写出。' },
});

/** A constructor of plain data with arguments that no pickler gives it. */
export const TORCH_ODD_ARGUMENTS = defineCode({
  code: 'torch-odd-arguments',
  severity: 'warning',
  message: { en: '{file}: {name} at byte {offset} gets arguments that no pickler writes', zh: '{file}：第 {offset} 字节的 {name} 得到了没有 pickler 会写的参数' },
  why: { en: 'Called for real it may fail or take all memory; here it stays a note.', zh: '真正调用它可能失败或耗尽内存；在这里它只是一条记录。' },
  fix: { en: 'Find out who wrote this file before you load it.', zh: '加载之前先弄清该文件由谁写出。' },
});

/** The legacy stream. */
export const TORCH_LEGACY = defineCode({
  code: 'torch-legacy',
  severity: 'error',
  message: { en: '{file} is not a sound torch file of the old kind: {problem}', zh: '{file} 不是完好的旧格式 torch 文件：{problem}' },
  why: { en: 'torch refuses such a file, or reads other values than were saved.', zh: 'torch 会拒绝这样的文件，或者读出与保存时不同的数值。' },
  fix: { en: 'Copy or download the file again.', zh: '请重新复制或下载该文件。' },
});

/** Bytes were stored by a machine of the other byte order. */
export const TORCH_BIG_ENDIAN = defineCode({
  code: 'torch-big-endian',
  severity: 'warning',
  message: { en: '{file} was written on a big-endian machine', zh: '{file} 由大端机器写出' },
  why: { en: 'Values are swapped while they are read. torch does not swap untyped storages (uint16, float8 …) and returns other values for them.', zh: '读取时会交换字节序。torch 不交换无类型存储（uint16、float8 等），会返回不同的数值。' },
  fix: { en: 'Write it anew: temper convert {file} -o OUT', zh: '重新写出：temper convert {file} -o OUT' },
});

/** Nesting or names beyond any checkpoint. */
export const TORCH_TOO_DEEP = defineCode({
  code: 'torch-too-deep',
  severity: 'error',
  message: { en: '{file}: {problem}', zh: '{file}：{problem}' },
  why: { en: 'Tensors further in are not listed. No checkpoint is nested like that.', zh: '更深处的张量未列出。没有检查点会这样嵌套。' },
  fix: { en: 'Find out who wrote this file before you use it.', zh: '使用之前先弄清该文件由谁写出。' },
});
