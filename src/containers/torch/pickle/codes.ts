/** @module Codes of what can be wrong with a pickle stream. */
import { defineCode } from '../../../findings/index.ts';

/** The stream ends early, or an argument reaches behind its end. */
export const PICKLE_TRUNCATED = defineCode({
  code: 'pickle-truncated',
  severity: 'error',
  message: { en: '{file}: the pickle ends inside {opcode} at byte {offset}', zh: '{file}：pickle 在第 {offset} 字节的 {opcode} 处中断' },
  why: {
    en: 'Everything before that place would have run already: code was hidden from scanners this way.',
    zh: '该处之前的内容早已被执行：曾有恶意代码用这种方式躲过扫描器。',
  },
  fix: { en: 'Copy or download the file again; if it stays so, do not load it.', zh: '请重新复制或下载该文件；如果仍然如此，不要加载。' },
});

/** An opcode that does not exist, arguments that cannot be read, a stack that does not fit. */
export const PICKLE_MALFORMED = defineCode({
  code: 'pickle-malformed',
  severity: 'error',
  message: { en: '{file}: {opcode} at byte {offset} {problem}', zh: '{file}：第 {offset} 字节的 {opcode} {problem}' },
  why: {
    en: 'No pickler writes this. Everything before that place would have run already.',
    zh: '没有任何 pickler 会写出这样的内容。该处之前的内容早已被执行。',
  },
  fix: { en: 'Do not load this file; see what it names with: temper scan {file}', zh: '不要加载该文件；查看它提到了什么：temper scan {file}' },
});

/** Frames that end in the middle of an opcode, inside each other, or outside of the data. */
export const PICKLE_FRAME = defineCode({
  code: 'pickle-frame',
  severity: 'error',
  message: { en: '{file}: the frame at byte {offset} {problem}', zh: '{file}：第 {offset} 字节处的帧{problem}' },
  why: {
    en: 'Two unpicklers of the same Python read such a stream differently, so a scanner can be shown another one.',
    zh: '同一个 Python 的两种反序列化实现会对它读出不同结果，扫描器可能看到的是另一份内容。',
  },
  fix: { en: 'Do not load this file.', zh: '不要加载该文件。' },
});

/** PROTO with a number that does not exist, or not at the start. */
export const PICKLE_PROTOCOL = defineCode({
  code: 'pickle-protocol',
  severity: 'warning',
  message: { en: '{file}: PROTO {protocol} at byte {offset} {problem}', zh: '{file}：第 {offset} 字节的 PROTO {protocol} {problem}' },
  why: { en: 'The protocol decides how names are understood; picklers write it once, at the start.', zh: '协议决定名字如何解释；pickler 只在开头写一次。' },
  fix: { en: 'Find out who wrote this file before you load it.', zh: '加载之前先弄清该文件由谁写出。' },
});

/** Extension codes, out-of-band buffers: data that lies elsewhere, or nowhere. */
export const PICKLE_UNSUPPORTED = defineCode({
  code: 'pickle-unsupported',
  severity: 'error',
  message: { en: '{file}: {opcode} at byte {offset} refers to something outside of the file', zh: '{file}：第 {offset} 字节的 {opcode} 指向文件之外的东西' },
  why: { en: 'What it stands for depends on the program that loads it, so it cannot be judged or converted.', zh: '它代表什么取决于加载它的程序，因此无法判断，也无法转换。' },
  fix: { en: 'Save the object again with torch.save in the program that wrote it.', zh: '请用当初写出它的程序通过 torch.save 重新保存。' },
});

/** STACK_GLOBAL with something other than two strings. */
export const PICKLE_NAME_COMPUTED = defineCode({
  code: 'pickle-name-computed',
  severity: 'error',
  message: { en: '{file}: STACK_GLOBAL at byte {offset} takes its name from {found}', zh: '{file}：第 {offset} 字节的 STACK_GLOBAL 的名字来自 {found}' },
  why: { en: 'A name that is computed cannot be known without running the pickle.', zh: '计算出来的名字不执行 pickle 就无法得知。' },
  fix: { en: 'Do not load this file.', zh: '不要加载该文件。' },
});

/** A limit of this reader. */
export const PICKLE_LIMIT = defineCode({
  code: 'pickle-limit',
  severity: 'error',
  message: { en: '{file}: the pickle {problem} (at byte {offset})', zh: '{file}：pickle {problem}（第 {offset} 字节）' },
  why: { en: 'No checkpoint comes near that; a file that does is made to fill the memory.', zh: '没有检查点会接近这个规模；这样的文件是为了占满内存。' },
  fix: { en: 'Do not load this file.', zh: '不要加载该文件。' },
});

/** Legal for Python, written by no pickler. */
export const PICKLE_ODD = defineCode({
  code: 'pickle-odd',
  severity: 'warning',
  message: { en: '{file}: {opcode} at byte {offset} {problem}', zh: '{file}：第 {offset} 字节的 {opcode} {problem}' },
  why: { en: 'Python reads it, but no pickler writes it: the stream was made or changed by hand.', zh: 'Python 能读，但没有 pickler 会这样写：该数据流是手工制作或修改过的。' },
  fix: { en: 'Find out who wrote this file before you load it.', zh: '加载之前先弄清该文件由谁写出。' },
});

/** BUILD on something that was only named: it would change the class or function for the whole program. */
export const PICKLE_PATCHES_GLOBAL = defineCode({
  code: 'pickle-patches-global',
  severity: 'error',
  message: { en: '{file}: BUILD at byte {offset} changes attributes of {name} itself', zh: '{file}：第 {offset} 字节的 BUILD 修改了 {name} 本身的属性' },
  why: {
    en: 'It does not set up an object, it replaces parts of a class or module of the program that loads the file.',
    zh: '它不是在构造对象，而是替换加载程序中类或模块的一部分。',
  },
  fix: { en: 'Do not load this file.', zh: '不要加载该文件。' },
});
