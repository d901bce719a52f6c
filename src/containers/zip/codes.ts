/** @module Codes of what can be wrong with a zip archive. One code per family; the sentence says which case it is. */
import { defineCode } from '../../findings/index.ts';

/** End records, zip64 records, sizes of the directory, bytes that belong to nothing. */
export const ZIP_STRUCTURE = defineCode({
  code: 'zip-structure',
  severity: 'error',
  message: { en: '{file} is not one sound zip archive: {problem}', zh: '{file} 不是一个完好的 zip 归档：{problem}' },
  why: {
    en: 'Readers disagree about what such a file holds, so one program can be shown something other than the next.',
    zh: '不同的读取程序会从这样的文件读出不同的内容，一个程序看到的可能与另一个不同。',
  },
  fix: {
    en: 'Copy or download the file again and compare its SHA-256; see what it holds with: temper scan {file}',
    zh: '请重新复制或下载该文件并核对其 SHA-256；查看其内容：temper scan {file}',
  },
});

/** Two records of one name. */
export const ZIP_DUPLICATE = defineCode({
  code: 'zip-duplicate-record',
  severity: 'error',
  message: { en: '{file} holds more than one record named {name}', zh: '{file} 中有多个名为 {name} 的记录' },
  why: {
    en: 'torch ignores case and takes neither the first nor the last of them; other readers take another one.',
    zh: 'torch 不区分大小写，取到的既不一定是第一个也不一定是最后一个；其他程序会取到另一个。',
  },
  fix: { en: 'Do not use this file; get it from its author again.', zh: '不要使用该文件；请向作者重新获取。' },
});

/** The header before the data contradicts the central directory. */
export const ZIP_LOCAL_MISMATCH = defineCode({
  code: 'zip-local-central-mismatch',
  severity: 'error',
  message: {
    en: '{file}: the two headers of record {name} disagree about its {field}',
    zh: '{file}：记录 {name} 的两个头部在{field}上不一致',
  },
  why: {
    en: 'torch believes the central directory, other readers the header before the data: scanners were fooled this way (CVE-2025-1944).',
    zh: 'torch 相信中央目录，其他程序相信数据前的头部：扫描器曾因此被骗过（CVE-2025-1944）。',
  },
  fix: { en: 'Do not use this file; get it from its author again.', zh: '不要使用该文件；请向作者重新获取。' },
});

/** Encrypted, patched, or packed in a way nobody reads. */
export const ZIP_METHOD = defineCode({
  code: 'zip-method',
  severity: 'error',
  message: { en: '{file}: record {name} cannot be unpacked: {problem}', zh: '{file}：无法解开记录 {name}：{problem}' },
  why: { en: 'torch writes plain records; anything else was added by another hand.', zh: 'torch 写入的记录不压缩也不加密；其他形式都是后来加上的。' },
  fix: {
    en: 'If the file is yours, unpack it and save it again with torch.save; otherwise do not use it.',
    zh: '如果文件是你自己的，请解包后用 torch.save 重新保存；否则不要使用。',
  },
});

/** A checksum that does not fit. */
export const ZIP_CRC = defineCode({
  code: 'zip-crc',
  severity: 'error',
  message: { en: '{file}: the checksum of record {name} is wrong', zh: '{file}：记录 {name} 的校验和不正确' },
  why: {
    en: 'The bytes are not those that were saved. torch does not check this and loads the damaged values.',
    zh: '这些字节已不是保存时的内容。torch 不检查校验和，会照样加载损坏的数值。',
  },
  fix: { en: 'Copy or download the file again.', zh: '请重新复制或下载该文件。' },
});

/** Records that use the same bytes. */
export const ZIP_OVERLAP = defineCode({
  code: 'zip-overlapping-records',
  severity: 'error',
  message: { en: '{file}: records {name} and {other} use the same bytes', zh: '{file}：记录 {name} 与 {other} 使用同一段字节' },
  why: { en: 'No writer does this; it makes a small file unpack to a huge one.', zh: '没有任何写入程序会这样做；它能让小文件展开成巨大的内容。' },
  fix: { en: 'Do not use this file; get it from its author again.', zh: '不要使用该文件；请向作者重新获取。' },
});

/** Names that lead elsewhere, hide, or cannot be shown. */
export const ZIP_NAME = defineCode({
  code: 'zip-names',
  severity: 'error',
  message: { en: '{file}: the record name {name} {problem}', zh: '{file}：记录名 {name} {problem}' },
  why: {
    en: 'Nothing is ever unpacked to disk here, but other programs do, and they follow such names.',
    zh: '这里从不把内容解到磁盘上，但其他程序会，并且会照着这样的名字走。',
  },
  fix: { en: 'Do not unpack this file; get it from its author again.', zh: '不要解包该文件；请向作者重新获取。' },
});

/** More entries than a checkpoint can have. */
export const ZIP_TOO_MANY = defineCode({
  code: 'zip-too-many-entries',
  severity: 'error',
  message: { en: '{file} lists {count} records; at most {limit} are read', zh: '{file} 列出了 {count} 个记录；最多读取 {limit} 个' },
  why: { en: 'No checkpoint has that many tensors; the list alone would take the memory.', zh: '没有检查点会有这么多张量；单是这份列表就会占满内存。' },
  fix: { en: 'Do not use this file.', zh: '不要使用该文件。' },
});

/** Packed data that is broken or gives more than it said. */
export const ZIP_INFLATE = defineCode({
  code: 'zip-inflate',
  severity: 'error',
  message: { en: '{file}: the packed record {name} {problem}', zh: '{file}：压缩的记录 {name} {problem}' },
  why: { en: 'The record is damaged, or it is made to fill the memory of whoever opens it.', zh: '该记录已损坏，或者是为了占满打开者的内存而制作的。' },
  fix: { en: 'Copy or download the file again; if it stays so, do not use it.', zh: '请重新复制或下载该文件；如果仍然如此，不要使用。' },
});
