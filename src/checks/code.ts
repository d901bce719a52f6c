/**
 * @module
 * Code that will not find what is saved today, or that trusts what it loads: names of files written into it, options that no
 * longer do anything, torch.load without weights_only. Lines are searched, nothing is run; comments are left out.
 */
import { listRecursively, readBytes, type Folder } from '../bytes/index.ts';
import { defineCode, finding, isTemperError, type Code, type Finding } from '../findings/index.ts';
import { nameOf } from './paths.ts';

/** A name of weights that loaders no longer write. */
export const CODE_FIXED_NAME = defineCode({
  code: 'code-fixed-file-name',
  severity: 'warning',
  message: { en: '{file}, line {line}: {name} is written into the code', zh: '{file} 第 {line} 行：代码中写死了 {name}' },
  why: { en: 'PEFT writes adapter_model.safetensors since 0.7, transformers model.safetensors since 4.35; the .bin is not there and the program fails, or loads a stale one.', zh: 'PEFT 自 0.7 起写 adapter_model.safetensors，transformers 自 4.35 起写 model.safetensors；.bin 不存在时程序会失败，或加载到过时的文件。' },
  fix: { en: 'Look for the safetensors name first; or give the program what it wants: temper convert MODEL -o OUT --to bin', zh: '请先查找 safetensors 文件名；或按程序的需要转换：temper convert MODEL -o OUT --to bin' },
});

/** A load that may run anything. */
export const CODE_UNSAFE_LOAD = defineCode({
  code: 'code-unsafe-load',
  severity: 'warning',
  message: { en: '{file}, line {line}: {name} without weights_only=True', zh: '{file} 第 {line} 行：{name} 没有 weights_only=True' },
  why: { en: 'Before torch 2.6 it runs whatever the pickle says.', zh: 'torch 2.6 之前，它会执行 pickle 中的任何内容。' },
  fix: { en: 'Add weights_only=True, or convert the file once and load safetensors: temper convert FILE -o OUT', zh: '请加上 weights_only=True，或一次性转换后加载 safetensors：temper convert FILE -o OUT' },
});

/** An option without effect. */
export const CODE_DEAD_OPTION = defineCode({
  code: 'code-option-without-effect',
  severity: 'warning',
  message: { en: '{file}, line {line}: {name} does nothing with transformers 5', zh: '{file} 第 {line} 行：{name} 在 transformers 5 中不起作用' },
  why: { en: 'save_safetensors is gone (TypeError), and safe_serialization=False writes safetensors all the same; FlagEmbedding never looked at it.', zh: 'save_safetensors 已移除（TypeError），safe_serialization=False 仍然写出 safetensors；FlagEmbedding 从未使用它。' },
  fix: { en: 'Convert after saving: temper convert MODEL -o OUT --to bin', zh: '请在保存之后转换：temper convert MODEL -o OUT --to bin' },
});

/** What is looked for in a line; `unless` says that it is in order after all. */
const PATTERNS: readonly { readonly test: RegExp; readonly unless?: RegExp; readonly code: Code }[] = [
  { test: /(?:adapter_model|pytorch_model)\.bin\b/, unless: /safetensors|weights_map|\bWEIGHTS_NAME\b/, code: CODE_FIXED_NAME },
  { test: /\b(?:torch|pickle|joblib)\.load\s*\(/, unless: /weights_only\s*=\s*True/, code: CODE_UNSAFE_LOAD },
  { test: /\bsafe_serialization\s*=\s*False\b|\bsave_safetensors\b\s*[= ]\s*(?:False|false)\b/, code: CODE_DEAD_OPTION },
];

/** Files of code, and how large one is read. */
const CODE_FILES = /\.(?:py|ipynb|sh|bash|yaml|yml)$/, CODE_BYTES_MAX = 8 * 1024 * 1024;
/** Folders that hold other people's code. */
const SKIPPED = /(?:^|\/)(?:\.git|node_modules|site-packages|__pycache__|\.venv|venv)(?:\/|$)/;
/** Lines of a call that are looked at for `weights_only`. */
const CALL_LINES = 6;

/** What was looked at, and what stands against it. */
export interface CodeCheck { readonly files: number; readonly bytes: number; readonly findings: readonly Finding[] }

/** Looks at the code in a folder. */
export async function checkCode(folder: Folder, onFile: (path: string) => void = () => {}): Promise<CodeCheck> {
  const findings: Finding[] = [];
  let files = 0, total = 0;
  for (const { path, kind, bytes, unusable } of await listRecursively(folder)) {
    if (kind !== 'file' || unusable !== undefined || bytes > CODE_BYTES_MAX || !CODE_FILES.test(path) || SKIPPED.test(path) || nameOf(path) === 'zero_to_fp32.py') continue;
    onFile(path);
    files++;
    total += bytes;
    try {
      const source = await folder.open(path);
      try { findings.push(...judge(new TextDecoder().decode(await readBytes(source, 0, source.size)), path)); } finally { await source.close(); }
    } catch (error) {
      if (!isTemperError(error)) throw error;
      findings.push(...error.findings);
    }
  }
  return { files, bytes: total, findings };
}

function judge(text: string, path: string): Finding[] {
  const findings: Finding[] = [], lines = text.split('\n');
  for (const [i, line] of lines.entries()) {
    const code = line.replace(/(^|\s)#.*$/, '$1');
    for (const { test, unless, code: found } of PATTERNS) {
      const match = test.exec(code);
      if (match === null || unless?.test(lines.slice(i, i + (found === CODE_UNSAFE_LOAD ? CALL_LINES : 1)).join('\n'))) continue;
      findings.push(finding(found, { file: path, line: i + 1, name: match[0].replace(/\s*\($/, '') }, { path }));
    }
  }
  return findings;
}
