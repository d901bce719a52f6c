/** @module Codes of a run. */
import { defineCode } from '../findings/index.ts';

export const OUTPUT_EXISTS = defineCode({
  code: 'output-exists',
  severity: 'error',
  message: { en: '{output} exists already', zh: '{output} 已存在' },
  why: { en: 'Nothing is overwritten unless it is asked for.', zh: '除非明确要求，否则不会覆盖任何东西。' },
  fix: { en: 'Choose another directory, or add --force to replace this one.', zh: '请换一个目录，或加上 --force 替换它。' },
});

export const PARTIAL_EXISTS = defineCode({
  code: 'partial-exists',
  severity: 'error',
  message: { en: 'an interrupted run left {partial}', zh: '上次中断的运行留下了 {partial}' },
  why: { en: 'It can be continued, so it is not thrown away without being asked.', zh: '它可以继续，因此不会擅自丢弃。' },
  fix: { en: 'Add --resume to continue it, or --force to start afresh.', zh: '加上 --resume 继续，或加上 --force 重新开始。' },
});

export const RUN_IN_PROGRESS = defineCode({
  code: 'run-in-progress',
  severity: 'error',
  message: { en: 'process {pid} is writing {partial}', zh: '进程 {pid} 正在写入 {partial}' },
  why: { en: 'Two runs in one directory would destroy each other\'s work.', zh: '两个运行写同一个目录会互相破坏。' },
  fix: { en: 'Wait for it, or end it first.', zh: '请等待其完成，或先结束它。' },
});

export const JOURNAL_MISMATCH = defineCode({
  code: 'journal-mismatch',
  severity: 'error',
  message: { en: '{partial} was begun with another plan ({what})', zh: '{partial} 是用另一个计划开始的（{what}）' },
  why: { en: 'Base, adapters or options differ from those of the interrupted run; mixing the two would give a wrong model.', zh: '基座、适配器或选项与中断的运行不同；混合两者会得到错误的模型。' },
  fix: { en: 'Run the very same command with --resume, or start afresh with --force.', zh: '请用完全相同的命令加 --resume，或用 --force 重新开始。' },
});

export const NO_SPACE = defineCode({
  code: 'no-space',
  severity: 'error',
  message: { en: '{needed} bytes are needed in {folder}, {free} are free', zh: '{folder} 需要 {needed} 字节，可用 {free} 字节' },
  why: { en: 'A run that cannot end is not begun.', zh: '无法完成的运行不会开始。' },
  fix: { en: 'Make room, or choose another place with -o.', zh: '请腾出空间，或用 -o 选择其他位置。' },
});

export const PARTS_MISSING = defineCode({
  code: 'parts-missing',
  severity: 'error',
  message: { en: '{file} is not complete: {done} of {orders} orders are done', zh: '{file} 不完整：{orders} 个任务中完成了 {done} 个' },
  why: { en: 'The output is only put in place when every part is there.', zh: '只有全部完成后才会放置输出。' },
  fix: { en: 'Run the missing part (--part i/n), then --finish again.', zh: '请运行缺失的部分（--part i/n），然后再次 --finish。' },
});

export const INTERRUPTED = defineCode({
  code: 'interrupted',
  severity: 'error',
  message: { en: 'interrupted; {partial} holds what is done', zh: '已中断；已完成的部分保存在 {partial}' },
  why: { en: 'Nothing that looks like a model was left behind.', zh: '没有留下任何看起来像模型的东西。' },
  fix: { en: 'Run the same command with --resume to continue, or delete it: rm -r {partial}', zh: '用同一命令加 --resume 继续，或删除它：rm -r {partial}' },
});

export const DTYPE_NOT_IN_TORCH = defineCode({
  code: 'dtype-not-in-torch',
  severity: 'error',
  message: { en: '{tensor} is {dtype}, which torch has no type for', zh: '{tensor} 的类型是 {dtype}，torch 没有对应的类型' },
  why: { en: 'A .bin file can only hold what torch knows.', zh: '.bin 文件只能存放 torch 认识的类型。' },
  fix: { en: 'Write safetensors instead (leave out --no-safe-serialization).', zh: '请改为写出 safetensors（去掉 --no-safe-serialization）。' },
});

export const REREAD_DIFFERS = defineCode({
  code: 'reread-differs',
  severity: 'error',
  message: { en: 'read again, {file} differs from what was written at byte {offset}', zh: '重新读取时，{file} 在字节 {offset} 处与写入的内容不同' },
  why: { en: 'The disk gave back other bytes than it was given, or something else writes to the output. It was not put in place.', zh: '磁盘返回的字节与写入的不同，或有其他程序在写该输出。输出尚未就位。' },
  fix: { en: 'Check the disk and the memory of the machine, then run the command again with --force instead of --resume.', zh: '请检查磁盘与内存，然后用 --force（而不是 --resume）重新运行该命令。' },
});

export const WRITTEN_DIFFERS = defineCode({
  code: 'written-differs',
  severity: 'error',
  message: { en: 'opened again, {file} is not what was planned: {problem}', zh: '重新打开后，{file} 与计划不符：{problem}' },
  why: { en: 'The file that was written does not hold the tensors that it should. It was not put in place.', zh: '写出的文件没有包含应有的张量。输出尚未就位。' },
  fix: { en: 'Run the command again with --force; if it happens again, report it with the output of temper doctor --json.', zh: '请用 --force 重新运行该命令；若再次发生，请连同 temper doctor --json 的输出一起反馈。' },
});

export const DTYPE_NOT_IN_LEGACY = defineCode({
  code: 'dtype-not-in-legacy',
  severity: 'error',
  message: { en: '{tensor} is {dtype}, which torch cannot read back from its old format', zh: '{tensor} 的类型是 {dtype}，torch 无法从旧格式读回' },
  why: { en: 'The format before torch 1.6 knows only dtypes with a storage class of their own.', zh: 'torch 1.6 之前的格式只支持拥有专属存储类的类型。' },
  fix: { en: 'Write the present format: --to bin without --legacy-format.', zh: '请写出当前格式：--to bin，不要加 --legacy-format。' },
});
