/** @module Codes of the verbs that help: explain, doctor. And of what nobody expected. */
import { defineCode } from '../findings/index.ts';

export const UNKNOWN_CODE = defineCode({
  code: 'unknown-code',
  severity: 'error',
  message: { en: 'there is no code {code}{hint}', zh: '没有 {code} 这个代码{hint}' },
  why: { en: 'Codes are permanent, so it is a misspelling or it belongs to a newer version.', zh: '代码永久不变，因此要么拼写有误，要么属于更新的版本。' },
  fix: { en: 'List all of them: temper explain', zh: '列出全部代码：temper explain' },
});

export const INTERNAL_ERROR = defineCode({
  code: 'internal-error',
  severity: 'error',
  message: { en: 'Temper failed in a way it should not: {message}', zh: 'Temper 发生了不应出现的错误：{message}' },
  why: { en: 'This is a mistake in Temper, not in your files. The output was not put in place.', zh: '这是 Temper 自身的错误，与您的文件无关。输出尚未就位。' },
  fix: {
    en: 'Run the command again with TEMPER_DEBUG=1 set and report what it prints, together with the output of temper doctor --json.',
    zh: '请设置 TEMPER_DEBUG=1 后重新运行，并将输出与 temper doctor --json 的结果一起反馈。',
  },
});

export const NODE_TOO_OLD = defineCode({
  code: 'node-too-old',
  severity: 'error',
  message: { en: 'Node {version} is too old, {least} or newer is needed', zh: 'Node {version} 太旧，需要 {least} 或更新版本' },
  why: { en: 'Temper uses functions that this version does not have.', zh: 'Temper 使用了该版本没有的功能。' },
  fix: { en: 'Install a current Node from https://nodejs.org', zh: '请从 https://nodejs.org 安装较新的 Node' },
});

export const SIMD_MISSING = defineCode({
  code: 'simd-missing',
  severity: 'warning',
  message: { en: 'this Node cannot run WebAssembly SIMD', zh: '当前 Node 无法运行 WebAssembly SIMD' },
  why: { en: 'Merging falls back to plain arithmetic: the same bytes, several times slower.', zh: '合并将退回普通运算：结果逐字节相同，但慢数倍。' },
  fix: { en: 'Run Node on a processor with SSE4.1 or NEON, without flags that switch WebAssembly SIMD off.', zh: '请在支持 SSE4.1 或 NEON 的处理器上运行 Node，且不要用参数关闭 WebAssembly SIMD。' },
});

export const WORKERS_MISSING = defineCode({
  code: 'workers-missing',
  severity: 'warning',
  message: { en: 'worker threads do not start: {reason}', zh: '无法启动工作线程：{reason}' },
  why: { en: 'Everything runs in one thread: the same bytes, slower on a machine with several cores.', zh: '一切都在单线程中运行：结果相同，但在多核机器上更慢。' },
  fix: { en: 'Check limits on threads and memory (ulimit -u, container limits).', zh: '请检查线程与内存限制（ulimit -u、容器限制）。' },
});

export const MEMORY_LOW = defineCode({
  code: 'memory-low',
  severity: 'warning',
  message: { en: 'only {available} of memory are available, less than the default budget of {budget}', zh: '可用内存只有 {available}，少于默认预算 {budget}' },
  why: { en: 'A run would slow the whole machine down, or be killed by it.', zh: '运行会拖慢整台机器，或被系统终止。' },
  fix: { en: 'Close other programs, or give a smaller budget: --memory 256MiB', zh: '请关闭其他程序，或给出更小的预算：--memory 256MiB' },
});

export const TEMPORARY_SPACE_LOW = defineCode({
  code: 'temporary-space-low',
  severity: 'warning',
  message: { en: 'only {free} are free in {path}', zh: '{path} 仅剩 {free} 可用空间' },
  why: {
    en: 'Outputs are built beside their target, not here; other programs of this machine need temporary space, and so does an example.',
    zh: '输出在目标旁边生成，并不在此处；但本机其他程序以及示例需要临时空间。',
  },
  fix: { en: 'Delete files there, or point TMPDIR at a larger disk.', zh: '请删除其中的文件，或将 TMPDIR 指向更大的磁盘。' },
});

export const EXTRA_TENSOR = defineCode({
  code: 'extra-tensor',
  severity: 'warning',
  message: { en: 'the merged model has {tensor}, which neither base nor adapter accounts for', zh: '合并后的模型含有 {tensor}，基座和适配器都无法解释它' },
  why: { en: 'A loader ignores it, or it means that the model was made from something else.', zh: '加载时会忽略它，或者说明该模型由其他内容合成。' },
  fix: { en: 'Compare the names: temper inspect --tensors MERGED', zh: '请对比名称：temper inspect --tensors 合并结果' },
});

export const PROOF_FAILED = defineCode({
  code: 'proof-failed',
  severity: 'error',
  message: { en: '{output} was written, but read again it is not the merge: {verdict}', zh: '{output} 已写出，但重新读取后并不是合并结果：{verdict}' },
  why: { en: 'The disk gave back other bytes than were written, or something changed the output meanwhile.', zh: '磁盘返回的字节与写入的不同，或期间有程序修改了输出。' },
  fix: { en: 'Do not use this output. Check the disk, then merge again with --force.', zh: '请勿使用该输出。检查磁盘后，用 --force 重新合并。' },
});

export const DEQUANTISE_FIRST = defineCode({
  code: 'dequantise-first',
  severity: 'error',
  message: { en: '--dequantize does not go together with {option}', zh: '--dequantize 不能与 {option} 同用' },
  why: { en: 'Each of the two rewrites the weights in its own way.', zh: '两者各自以自己的方式改写权重。' },
  fix: { en: 'Do one after the other: temper convert IN -o PLAIN --dequantize, then convert PLAIN.', zh: '请先后进行：temper convert 输入 -o 普通模型 --dequantize，再转换得到的普通模型。' },
});

export const CONTRADICTION = defineCode({
  code: 'options-contradict',
  severity: 'error',
  message: { en: '{option} does not fit: {problem}', zh: '{option} 不适用：{problem}' },
  why: { en: 'One of the two would have to be left out without a word.', zh: '否则其中之一将被不加提示地忽略。' },
  fix: { en: 'Leave one of them out; see temper convert --help', zh: '请去掉其中之一；参见 temper convert --help' },
});
