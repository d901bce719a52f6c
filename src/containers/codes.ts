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

const DOWNLOAD_AGAIN = {
  en: 'Download the file again, for example with hf download ORG/NAME {file}, or copy it from the machine that wrote it.',
  zh: '请重新下载该文件，例如 hf download ORG/NAME {file}，或从写出它的机器上重新复制。',
};

/** No bytes. */
export const EMPTY_FILE = defineCode({
  code: 'empty-file',
  severity: 'error',
  message: { en: '{file} is empty', zh: '{file} 是空文件' },
  why: { en: 'A download or a save was interrupted before its first byte.', zh: '下载或保存在第一个字节之前就被中断。' },
  fix: DOWNLOAD_AGAIN,
});

/** A file of the right size that was never filled. */
export const ZERO_FILLED = defineCode({
  code: 'zero-filled-file',
  severity: 'error',
  message: { en: '{file} begins with nothing but zeros', zh: '{file} 的开头全是零' },
  why: { en: 'Some downloaders reserve the space first; this one stopped before the data came.', zh: '有些下载工具会先占好空间；这次在数据到来之前就停止了。' },
  fix: DOWNLOAD_AGAIN,
});

/** The text that Git keeps in place of a large file. */
export const LFS_POINTER = defineCode({
  code: 'lfs-pointer',
  severity: 'error',
  message: { en: '{file} is a Git LFS pointer, not the file itself', zh: '{file} 是 Git LFS 指针，而不是文件本身' },
  why: { en: 'The repository was cloned without Git LFS, so the weights never came.', zh: '克隆仓库时没有使用 Git LFS，权重并没有下载下来。' },
  fix: { en: 'In the repository run: git lfs install && git lfs pull', zh: '请在仓库中运行：git lfs install && git lfs pull' },
});

/** What a server says instead of a file. */
export const HTML_PAGE = defineCode({
  code: 'html-page',
  severity: 'error',
  message: { en: '{file} is an HTML page, not weights', zh: '{file} 是 HTML 网页，而不是权重' },
  why: { en: 'A server answered the download with a page: a login, an error, or the page about the file (/blob/ instead of /resolve/).', zh: '服务器用网页应答了下载：登录页、错误页，或文件的介绍页（/blob/ 而不是 /resolve/）。' },
  fix: DOWNLOAD_AGAIN,
});

/** JSON where weights should be. */
export const ERROR_REPLY = defineCode({
  code: 'json-not-weights',
  severity: 'error',
  message: { en: '{file} is JSON, not weights', zh: '{file} 是 JSON，而不是权重' },
  why: { en: 'Either a configuration was given for weights, or a server answered the download with an error.', zh: '要么把配置文件当成了权重，要么服务器用错误信息应答了下载。' },
  fix: { en: 'Give the weights, or download them again; see what it is: temper inspect {file}', zh: '请给出权重文件，或重新下载；查看它是什么：temper inspect {file}' },
});

/** A format that is known and not opened. */
export const UNSUPPORTED_FORMAT = defineCode({
  code: 'unsupported-format',
  severity: 'error',
  message: { en: '{file} is {name}, which Temper does not open as weights', zh: '{file} 是{name}，Temper 不把它当作权重打开' },
  why: { en: 'Its content decides, not its name; this content holds no tensors that Temper can read.', zh: '由内容而不是名字决定；该内容没有 Temper 能读取的张量。' },
  fix: { en: 'Unpack it, or save the model as safetensors with the program that wrote it.', zh: '请先解包，或用写出它的程序把模型保存为 safetensors。' },
});

/** Nothing known. */
export const UNKNOWN_FORMAT = defineCode({
  code: 'unknown-format',
  severity: 'error',
  message: { en: '{file} is in no format that Temper knows; it begins with {bytes}', zh: '{file} 不是 Temper 认识的任何格式；开头为 {bytes}' },
  why: { en: 'The file is damaged, encrypted, or not a checkpoint.', zh: '文件已损坏、被加密，或不是检查点。' },
  fix: DOWNLOAD_AGAIN,
});
