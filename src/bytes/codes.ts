/** @module Codes of what can go wrong between us and the bytes. */
import { defineCode } from '../findings/index.ts';

/** A file gave fewer bytes than it promised. */
export const SHORT_READ = defineCode({
  code: 'short-read',
  severity: 'error',
  message: {
    en: '{file} ended early: {wanted} bytes wanted, {got} came',
    zh: '{file} 提前结束：需要 {wanted} 字节，只读到 {got} 字节',
  },
  why: {
    en: 'The file is cut off, or it is being changed while it is read.',
    zh: '文件被截断，或者在读取过程中被修改。',
  },
  fix: {
    en: 'Copy or download the file again, make sure nothing writes to it, and run the command again.',
    zh: '重新复制或下载该文件，确认没有程序正在写入它，然后重新运行命令。',
  },
});

/** A file could not be opened or read at all. */
export const CANNOT_READ = defineCode({
  code: 'cannot-read',
  severity: 'error',
  message: { en: '{file} cannot be read: {reason}', zh: '无法读取 {file}：{reason}' },
  why: { en: 'Nothing can be said about a file that cannot be read.', zh: '无法读取的文件，无从判断。' },
  fix: { en: 'Check the path and its permissions.', zh: '请检查路径和权限。' },
});

/** A remote resource is not the one that reading began with. */
export const REMOTE_CHANGED = defineCode({
  code: 'remote-changed',
  severity: 'error',
  message: { en: '{file} changed on the server while it was read', zh: '{file} 在读取期间于服务器上发生了变化' },
  why: { en: 'What was read before and what comes now are parts of two different files.', zh: '先前读到的与现在返回的分属两个不同的文件。' },
  fix: { en: 'Run the command again; name a fixed revision instead of a branch.', zh: '请重新运行；并请指定固定的版本，而不是分支。' },
});

/** A file could not be written. */
export const CANNOT_WRITE = defineCode({
  code: 'cannot-write',
  severity: 'error',
  message: { en: '{file} cannot be written: {reason}', zh: '无法写入 {file}：{reason}' },
  why: { en: 'The output is not complete; nothing that looks like a model was left behind.', zh: '输出不完整；没有留下任何看起来像模型的东西。' },
  fix: {
    en: 'Make room or choose another place, then run the same command again with --resume.',
    zh: '请腾出空间或换一个位置，然后加上 --resume 重新运行同一条命令。',
  },
});

/** A name from a file or a link leads outside of the directory that was given. */
export const OUTSIDE_FOLDER = defineCode({
  code: 'outside-folder',
  severity: 'error',
  message: { en: '{name} leads outside of the directory that was given', zh: '{name} 指向了给定目录之外' },
  why: {
    en: 'Names inside a checkpoint are base names; a path or a link that leaves the directory is a trap or a mistake.',
    zh: '检查点中的名字只能是文件名；离开该目录的路径或链接要么是陷阱，要么是错误。',
  },
  fix: {
    en: 'Put the file itself into the directory, or give the directory that really holds it.',
    zh: '请把文件本身放进该目录，或者直接给出真正存放它的目录。',
  },
});
