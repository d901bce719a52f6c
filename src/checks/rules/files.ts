/**
 * @module
 * G5: every file is what its name says. A download that failed leaves an HTML page, a clone without LFS a pointer, a full
 * disk an empty or a short file. Always asked; error for what something needs, warning for the rest.
 */
import { defineCode, type Text } from '../../findings/index.ts';
import { same, type Rule } from '../rule.ts';

/** A file with other content. */
export const FILE_NOT_WHAT_NAMED = defineCode({
  code: 'file-not-what-named',
  severity: 'error',
  message: { en: '{file} is {what}', zh: '{file} 其实是{what}' },
  why: { en: 'Whatever loads this directory fails at this file, or goes on without it.', zh: '加载该目录的程序会在这个文件上失败，或者略过它。' },
  fix: { en: 'Copy or download the file again: git lfs pull, or hf download ORG/NAME', zh: '请重新复制或下载该文件：git lfs pull，或 hf download ORG/NAME' },
});

const WRONG: ReadonlyMap<string, Text> = new Map([
  ['lfs-pointer', { en: 'a Git LFS pointer, not the file itself', zh: ' Git LFS 指针，而不是文件本身' }],
  ['html', { en: 'an HTML page, what a failed download leaves', zh: '一个 HTML 页面，下载失败时留下的' }],
  ['empty', { en: 'empty', zh: '空文件' }],
  ['zeros', { en: 'nothing but zero bytes', zh: '全零字节' }],
  ['json-invalid', { en: 'no valid JSON', zh: '无效的 JSON' }],
  ['safetensors-truncated', { en: 'cut off: its header promises more bytes than it has', zh: '被截断的文件：文件头声明的字节多于实际' }],
  ['torch-zip-truncated', { en: 'cut off: the end of its zip archive is missing', zh: '被截断的文件：zip 归档的结尾缺失' }],
]);

/** What an ending promises where content tells formats apart; other endings promise nothing. */
const PROMISED: readonly (readonly [RegExp, RegExp])[] = [
  [/\.safetensors$/, /^safetensors/], [/\.json$/, /^json/], [/\.gguf$/, /^gguf$/], [/\.(?:bin|pt|pth)$/, /^(?:torch|pickle|zip|npy)/],
];
/** Roles of files that nobody loads: an empty log is an empty log. */
const FREE: ReadonlySet<string> = new Set(['log', 'other', 'model-card', 'license', 'results', 'recovery-script', 'remote-code', 'manifest', 'run-metadata', 'training-config']);
/** Formats that are a fault whatever the name. */
const FAULTS: ReadonlySet<string> = new Set(['lfs-pointer', 'safetensors-truncated', 'torch-zip-truncated']);
/** What stands in the place of code that was never fetched; an empty module is a module. */
const FETCHED: ReadonlySet<string> = new Set(['lfs-pointer', 'html']);

/** The rule. */
export const files: Rule = {
  name: 'files',
  codes: [FILE_NOT_WHAT_NAMED],
  fixtures: { fires: 'deploy-g5-html-page', silent: 'deploy-healthy' },
  check({ tree }, report) {
    for (const { path, name, format, role, neededFor } of tree.files.values()) {
      const what = WRONG.get(format), promise = PROMISED.find(([ending]) => ending.test(name));
      const broken = FAULTS.has(format) || what !== undefined && (!FREE.has(role) || role === 'remote-code' && FETCHED.has(format)) || promise !== undefined && !promise[1].test(format) && format !== 'unknown' && format !== 'unusable' && !FREE.has(role);
      if (!broken) continue;
      // A file that no loader takes because it is broken is needed for nothing; what it was meant for decides.
      const severity = FREE.has(role) && !(role === 'remote-code' && FETCHED.has(format)) || neededFor.includes('nothing') && !MEANT_TO_LOAD.has(role) ? 'warning' : 'error';
      report.add(FILE_NOT_WHAT_NAMED, { file: path, what: what ?? same(format) }, { path, found: format, severity });
    }
  },
};

const MEANT_TO_LOAD: ReadonlySet<string> = new Set(['weights', 'adapter-weights', 'weights-index', 'model-config', 'adapter-config', 'tokenizer', 'trainer-state', 'optimizer']);
