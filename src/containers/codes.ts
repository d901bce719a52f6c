/** @module Codes of what is wrong with a file before its format is known, and with JSON anywhere. */
import { defineCode } from '../findings/index.ts';

/** JSON that no strict reader takes. */
export const JSON_MALFORMED = defineCode({
  code: 'json-malformed',
  severity: 'error',
  message: { en: '{file} is not valid JSON at byte {offset}: {problem}', zh: '{file} 在第 {offset} 字节处不是有效的 JSON：{problem}' },
  why: { en: 'The loaders of this file refuse it too, or worse, read something else.', zh: '其他加载器同样会拒绝该文件，更糟的是读出别的内容。' },
  fix: { en: 'Copy or download the file again; if it was edited by hand, repair it at that place.', zh: '请重新复制或下载该文件；如果手工编辑过，请修复该处。' },
});

/** Nesting far beyond what any checkpoint needs. */
export const JSON_TOO_DEEP = defineCode({
  code: 'json-too-deep',
  severity: 'error',
  message: { en: '{file} nests more than {levels} levels deep at byte {offset}', zh: '{file} 在第 {offset} 字节处嵌套超过 {levels} 层' },
  why: { en: 'Deep nesting exhausts the stack of readers; safetensors itself stops at the same depth.', zh: '过深的嵌套会耗尽读取程序的栈；safetensors 也在同样的深度停止。' },
  fix: { en: 'Do not use this file; get it from its author again.', zh: '不要使用该文件；请向作者重新获取。' },
});

/** JSON larger than its kind can be. */
export const JSON_TOO_LARGE = defineCode({
  code: 'json-too-large',
  severity: 'error',
  message: { en: '{file} has {bytes} bytes; at most {limit} are read as JSON', zh: '{file} 有 {bytes} 字节；作为 JSON 最多读取 {limit} 字节' },
  why: { en: 'A configuration or index of that size is not one; reading it would only take memory.', zh: '这么大的文件不会是配置或索引；读取它只会占用内存。' },
  fix: { en: 'Look at what the file really is: temper inspect {file}', zh: '请查看该文件究竟是什么：temper inspect {file}' },
});

/** A key twice in one object. */
export const JSON_DUPLICATE_KEY = defineCode({
  code: 'json-duplicate-key',
  severity: 'error',
  message: { en: '{file} has the key {key} twice in one object, again at byte {offset}', zh: '{file} 在同一个对象中两次出现键 {key}，第二次在第 {offset} 字节' },
  why: { en: 'Readers differ in which of the two values they take.', zh: '不同的读取程序会取不同的值。' },
  fix: { en: 'Remove the wrong one of the two.', zh: '请删除其中错误的一个。' },
});
