/**
 * @module
 * G13: every class that auto_map names is defined in a file of the directory, and so is what that file imports from beside
 * it. Error; a reference to a repository is a warning, for it cannot be loaded offline. Always asked.
 */
import { defineCode, type Text } from '../../findings/index.ts';
import type { TreeDirectory } from '../../producers/index.ts';
import type { CheckContext } from '../context.ts';
import { join } from '../paths.ts';
import type { Report, Rule } from '../rule.ts';

/** Code is missing. */
export const REMOTE_CODE_MISSING = defineCode({
  code: 'remote-code-missing',
  severity: 'error',
  message: { en: '{file} names {reference}: {problem}', zh: '{file} 指向 {reference}：{problem}' },
  why: { en: 'Loading with trust_remote_code fails; save_pretrained of many releases does not copy the code.', zh: '以 trust_remote_code 加载会失败；许多版本的 save_pretrained 不会复制代码。' },
  fix: { en: 'Copy the .py files of the base model into the directory.', zh: '请把基座模型的 .py 文件复制到该目录。' },
});

/** Code lies elsewhere. */
export const REMOTE_CODE_ELSEWHERE = defineCode({
  code: 'remote-code-elsewhere',
  severity: 'warning',
  message: { en: '{file} takes {reference} from the hub: offline it does not load', zh: '{file} 从 hub 获取 {reference}：离线时无法加载' },
  why: { en: 'The code is fetched, and run, each time it changes there.', zh: '每当那边的代码改变，都会重新下载并执行。' },
  fix: { en: 'Copy the .py files into the directory and take "REPO--" out of auto_map.', zh: '请把 .py 文件复制到该目录，并去掉 auto_map 中的“REPO--”。' },
});

const CONFIGS = ['config.json', 'tokenizer_config.json', 'processor_config.json', 'preprocessor_config.json'];
/** What a file is whose code never arrived. */
const NO_CODE: ReadonlySet<string> = new Set(['lfs-pointer', 'html']);
/** Files of code followed from one class. */
const FILES_MAX = 100;

/** The rule. */
export const remoteCode: Rule = {
  name: 'remote-code',
  codes: [REMOTE_CODE_MISSING, REMOTE_CODE_ELSEWHERE],
  fixtures: { fires: 'deploy-g13-code-missing', silent: 'qwen1-deploy-complete' },
  async check(context, report) {
    for (const directory of context.directories()) {
      for (const name of CONFIGS) {
        const path = join(directory.path, name), map = (await context.object(path))?.get('auto_map');
        if (!(map instanceof Map)) continue;
        for (const value of map.values()) for (const reference of Array.isArray(value) ? value : [value]) if (typeof reference === 'string') await judge(context, directory, path, reference, report);
      }
    }
  },
};

async function judge(context: CheckContext, directory: TreeDirectory, file: string, reference: string, report: Report): Promise<void> {
  const missing = (en: string, zh: string) => report.add(REMOTE_CODE_MISSING, { file, reference, problem: { en, zh } }, { path: file, found: reference });
  if (reference.includes('--')) return report.add(REMOTE_CODE_ELSEWHERE, { file, reference }, { path: file, found: reference });
  const match = /^((?:[A-Za-z_]\w*\.)+)([A-Za-z_]\w*)$/.exec(reference);
  if (match === null) return missing('it is no module and class of this directory', '它不是本目录中的模块和类');
  const module = match[1]!.slice(0, -1).replaceAll('.', '/'), seen = new Set<string>(), problem = await follow(context, directory, module, seen);
  if (problem !== undefined) return missing(problem.en, problem.zh);
  const path = join(directory.path, `${module}.py`), code = await context.text(path) ?? '', name = match[2]!;
  // A page or a pointer in its place is told by the rule about files.
  if (NO_CODE.has(context.tree.files.get(path)?.format ?? '')) return;
  if (!new RegExp(`^\\s*class\\s+${name}\\b|\\bimport\\b[^\\n]*\\b${name}\\b|^${name}\\s*=`, 'm').test(code)) missing(`${module}.py does not define it`, `${module}.py 中没有定义它`);
}

/** What is missing of a module and of what it imports from beside it. Imports inside of `try` are optional. */
async function follow(context: CheckContext, directory: TreeDirectory, module: string, seen: Set<string>): Promise<Text | undefined> {
  if (seen.has(module) || seen.size >= FILES_MAX) return undefined;
  seen.add(module);
  const path = join(directory.path, `${module}.py`), code = await context.text(path);
  if (code === undefined) {
    return context.tree.files.has(path) ? undefined : { en: `${module}.py is missing`, zh: `缺少 ${module}.py` };
  }
  const home = module.includes('/') ? module.slice(0, module.lastIndexOf('/')) : '';
  for (const from of siblingsOf(code)) {
    const problem = await follow(context, directory, join(home, from.replaceAll('.', '/')), seen);
    if (problem !== undefined) return { en: `${module}.py imports .${from}: ${problem.en}`, zh: `${module}.py 导入了 .${from}：${problem.zh}` };
  }
  return undefined;
}

/** Modules beside it that a module imports for certain: `from .a import x`, `from . import a, b as c`. */
function siblingsOf(code: string): string[] {
  const named = [...code.matchAll(/^from[ \t]+\.([\w.]+)[ \t]+import\b/gm)].map(([, from]) => from!).filter((from) => !from.startsWith('.'));
  const listed = [...code.matchAll(/^from[ \t]+\.[ \t]+import[ \t]+(?:\(([^)]*)\)|([^\n#(]*))/gm)].flatMap(([, many, few]) => (many ?? few!).split(',').map((one) => one.trim().split(/\s/)[0]!));
  return [...named, ...listed.filter((one) => /^[A-Za-z_]\w*$/.test(one))];
}
