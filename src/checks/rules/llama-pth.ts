/**
 * @module
 * Meta's own layout: params.json, consolidated.NN.pth without gaps, every shard with the same names, a tokenizer. Errors,
 * always asked.
 */
import { defineCode, type Text } from '../../findings/index.ts';
import type { TreeDirectory } from '../../producers/index.ts';
import type { CheckContext } from '../context.ts';
import { integer } from '../members.ts';
import { join } from '../paths.ts';
import type { Report, Rule } from '../rule.ts';

/** One thing. */
export const LLAMA_PTH = defineCode({
  code: 'llama-pth-incomplete',
  severity: 'error',
  message: { en: '{file}: {problem}', zh: '{file}：{problem}' },
  why: { en: 'Each file is a slice of every matrix; with one missing or odd the model cannot be put together.', zh: '每个文件都是各矩阵的一段；缺少或不一致时无法拼出模型。' },
  fix: { en: 'Copy all of the directory again, or export it anew: temper convert MODEL -o OUT --to llama-pth', zh: '请重新复制整个目录，或重新导出：temper convert MODEL -o OUT --to llama-pth' },
});

/** The rule. */
export const llamaPth: Rule = {
  name: 'llama-pth',
  codes: [LLAMA_PTH],
  fixtures: { silent: 'llama-pth-2shards' },
  async check(context, report) {
    for (const directory of context.directories('llama-pth')) await judge(context, directory, report);
  },
};

async function judge(context: CheckContext, directory: TreeDirectory, report: Report): Promise<void> {
  const say = (path: string, problem: Text) => report.add(LLAMA_PTH, { file: path || '.', problem }, { path });
  const parts = new Map(directory.files.flatMap(({ name, path }) => { const number = /^consolidated\.(\d\d)\.pth$/.exec(name)?.[1]; return number === undefined ? [] : [[Number(number), path] as const]; }));
  for (let i = 0; i < Math.max(0, ...parts.keys()); i++) if (!parts.has(i)) say(join(directory.path, `consolidated.${String(i).padStart(2, '0')}.pth`), { en: 'it is missing', zh: '缺少该文件' });
  const path = join(directory.path, 'params.json'), params = await context.object(path);
  if (!context.tree.files.has(path)) say(directory.path, { en: 'params.json is missing', zh: '缺少 params.json' });
  let first: ReadonlySet<string> | undefined, columns = 0, width = 0, norm: number | undefined;
  const layers = new Set<string>();
  for (const file of parts.values()) {
    const container = await context.container(file);
    if (!('opened' in container)) { report.take(container.findings); continue; }
    const names = new Set(container.opened.tensors.map(({ name }) => name));
    first ??= names;
    const odd = [...names].find((name) => !first!.has(name)) ?? [...first].find((name) => !names.has(name));
    if (odd !== undefined) say(file, { en: `${odd} is in one file and not in another`, zh: `${odd} 只出现在部分文件中` });
    for (const { name, shape } of container.opened.tensors) {
      if (name === 'tok_embeddings.weight') columns += width = shape[1] ?? 0;
      if (name === 'norm.weight') norm = shape[0];
      const layer = /^layers\.(\d+)\./.exec(name)?.[1];
      if (layer !== undefined) layers.add(layer);
    }
  }
  const dim = integer(params, 'dim'), count = integer(params, 'n_layers');
  if (first !== undefined && count !== undefined && layers.size !== count) say(path, { en: `n_layers is ${count}, the files hold ${layers.size} layers`, zh: `n_layers 为 ${count}，而各文件中有 ${layers.size} 层` });
  // Every file has an equal share of the columns, and norms whole: those behind the last one that is there are known by it.
  if (dim !== undefined && norm === dim && width > 0 && columns === width * parts.size && columns < dim && dim % width === 0) {
    for (let i = Math.max(...parts.keys()) + 1; i < dim / width; i++) say(join(directory.path, `consolidated.${String(i).padStart(2, '0')}.pth`), { en: `it is missing: each file holds ${width} of ${dim} columns of the embedding`, zh: `缺少该文件：每个文件只有嵌入 ${dim} 列中的 ${width} 列` });
    return;
  }
  if (dim !== undefined && columns > 0 && columns !== dim && parts.size > 1) say(path, { en: `dim is ${dim}, the files hold ${columns} columns of the embedding`, zh: `dim 为 ${dim}，而各文件的嵌入共有 ${columns} 列` });
}
