/**
 * @module
 * Files of this machine as sources and sinks. Reads and writes are synchronous and positional: they are made from
 * worker threads, where waiting for the event loop costs more than the copy.
 */
import fs from 'node:fs';
import { CANNOT_READ, CANNOT_WRITE, REQUEST_BYTES_MAX, type ByteSink, type ByteSource } from '../bytes/index.ts';
import { refuse, type Text } from '../findings/index.ts';

/** A source that also knows when its file was changed. */
export interface FileSource extends ByteSource {
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
  read(offset: number, into: Uint8Array): number;
  close(): void;
}

/** What the operating system's error codes mean to a person. */
const REASONS = new Map<string, Text>([
  ['ENOENT', { en: 'no such file', zh: '文件不存在' }],
  ['EACCES', { en: 'permission denied', zh: '没有权限' }],
  ['EPERM', { en: 'operation not permitted', zh: '操作不被允许' }],
  ['EISDIR', { en: 'it is a directory', zh: '它是目录' }],
  ['ENOTDIR', { en: 'a part of the path is not a directory', zh: '路径中的某一部分不是目录' }],
  ['EEXIST', { en: 'it exists already', zh: '文件已存在' }],
  ['ENOSPC', { en: 'no space left on the device', zh: '磁盘空间不足' }],
  ['EDQUOT', { en: 'the disk quota is used up', zh: '磁盘配额已用完' }],
  ['EFBIG', { en: 'the file system does not take files that large', zh: '文件系统不支持这么大的文件' }],
  ['EROFS', { en: 'the file system is read-only', zh: '文件系统是只读的' }],
  ['EIO', { en: 'the device reports an input/output error', zh: '设备报告输入输出错误' }],
  ['EMFILE', { en: 'too many files are open', zh: '打开的文件过多' }],
  ['ENFILE', { en: 'too many files are open on this machine', zh: '本机打开的文件过多' }],
  ['ELOOP', { en: 'the link leads back to itself', zh: '链接指回自身' }],
  ['ENAMETOOLONG', { en: 'the name is too long', zh: '名字过长' }],
]);

/** The reason of a failed system call in every language. */
export function reasonOf(error: unknown): Text {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  const text = String((error as Error | undefined)?.message ?? error);
  return REASONS.get(code) ?? { en: text, zh: text };
}

const NOT_A_FILE: Text = { en: 'it is neither a file nor a directory', zh: '它既不是文件也不是目录' };

/** Opens a file for reading, at once. `label` is what messages call it. Devices and pipes are refused, never waited for. */
export function fileSource(path: string, label: string): FileSource {
  const failed = (error: unknown, offset?: number): never =>
    refuse(CANNOT_READ, { file: label, reason: reasonOf(error) }, { path: label, ...(offset === undefined ? {} : { offset }) }, { cause: error });
  let descriptor: number;
  let status: fs.Stats;
  try {
    // A pipe without a writer would block here for ever.
    descriptor = fs.openSync(path, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
    status = fs.fstatSync(descriptor);
  } catch (error) {
    return failed(error);
  }
  if (!status.isFile()) {
    fs.closeSync(descriptor);
    refuse(CANNOT_READ, { file: label, reason: status.isDirectory() ? REASONS.get('EISDIR')! : NOT_A_FILE }, { path: label });
  }
  let open = true;
  return {
    label,
    size: status.size,
    modifiedMs: status.mtimeMs,
    read: (offset, into) => {
      try {
        return fs.readSync(descriptor, into, 0, Math.min(into.length, REQUEST_BYTES_MAX), offset);
      } catch (error) {
        return failed(error, offset);
      }
    },
    close: () => {
      if (open) fs.closeSync(descriptor);
      open = false;
    },
  };
}

/** A sink into a file. */
export interface FileSink extends ByteSink {
  write(offset: number, bytes: Uint8Array): void;
  /** Waits until what was written is on the device. */
  sync(): void;
  close(): void;
}

/**
 * Opens a file for writing. `create` makes a new one and refuses when something is there; `reopen` continues one that
 * must exist. Nothing is truncated.
 */
export function fileSink(path: string, label: string, mode: 'create' | 'reopen' = 'create'): FileSink {
  const attempt = <T>(call: () => T, offset?: number): T => {
    try {
      return call();
    } catch (error) {
      return refuse(CANNOT_WRITE, { file: label, reason: reasonOf(error) }, { path: label, ...(offset === undefined ? {} : { offset }) }, { cause: error });
    }
  };
  const descriptor = attempt(() => fs.openSync(path, mode === 'create' ? 'wx' : 'r+'));
  let open = true;
  return {
    label,
    write: (offset, bytes) => attempt(() => {
      let done = 0;
      while (done < bytes.length) {
        done += fs.writeSync(descriptor, bytes, done, Math.min(bytes.length - done, REQUEST_BYTES_MAX), offset + done);
      }
    }, offset),
    sync: () => attempt(() => fs.fsyncSync(descriptor)),
    close: () => {
      if (!open) return;
      open = false;
      // Some file systems report a full disk only here.
      attempt(() => fs.closeSync(descriptor));
    },
  };
}
