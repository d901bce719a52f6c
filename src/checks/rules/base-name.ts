/**
 * @module
 * base_model_name_or_path: where it points, and whether the model card and the checkpoints of the run say the same. Serving
 * programs load what it says, and compare it as text. Always asked of adapters.
 */
import { parse } from 'yaml';
import { defineCode, type Text } from '../../findings/index.ts';
import type { CheckContext } from '../context.ts';
import { join, nameOf, parentOf, resolveWithin, stepsOf } from '../paths.ts';
import { same, type Report, type Rule } from '../rule.ts';

/** What is wrong with the value. */
export const BASE_NAME = defineCode({
  code: 'base-name',
  severity: 'warning',
  message: { en: 'base_model_name_or_path is {value}: {problem}', zh: 'base_model_name_or_path 为 {value}：{problem}' },
  why: { en: 'AutoPeftModel loads what stands there, and vLLM compares it with the name of the served model, character by character.', zh: 'AutoPeftModel 会加载这里写的模型，vLLM 会逐字符与所服务的模型名比较。' },
  fix: { en: 'Write the hub id or the path of the base into it: temper base set DIR VALUE', zh: '请写入基座的 hub id 或路径：temper base set DIR VALUE' },
});

/** The card says otherwise. */
export const BASE_NAME_CARD = defineCode({
  code: 'base-name-differs-from-card',
  severity: 'warning',
  message: { en: '{file} names the base {card}, adapter_config.json names {config}', zh: '{file} 记录的基座是 {card}，adapter_config.json 记录的是 {config}' },
  why: { en: 'get_peft_model overwrites the field with the path it was given; the card often keeps what was meant.', zh: 'get_peft_model 会用传入的路径覆盖该字段；模型卡往往保留了本来的名字。' },
  fix: { en: 'Find out which one is right, then: temper base set DIR VALUE', zh: '先弄清哪个正确，然后：temper base set DIR VALUE' },
});

/** The checkpoints of a run disagree. */
export const BASE_NAMES_DISAGREE = defineCode({
  code: 'base-names-disagree',
  severity: 'warning',
  message: { en: 'checkpoints of one run name different bases: {names}', zh: '同一次训练的检查点记录了不同的基座：{names}' },
  why: { en: 'Shapes fit several bases; merged into the wrong one, the result is fluent nonsense.', zh: '多个基座的形状都可能相符；合并到错误的基座，结果是通顺的胡言乱语。' },
  fix: { en: 'Set all of them to the base of training: temper base set DIR VALUE', zh: '请把它们都设为训练所用的基座：temper base set DIR VALUE' },
});

/** `…/models--ORG--NAME/snapshots/REVISION` */
const CACHE = /models--([^/\\]+?)--([^/\\]+)[/\\]snapshots[/\\]([0-9a-f]{6,64})/;
/** A name that is that of a quantised copy. */
const QUANTISED_NAME = /(?:bnb-?[48]bit|-[48]bit|awq|gptq|-int[48]|-fp8|-nf4)(?:$|[-_.])/i;
/** Model cards are short; front matter is at their beginning. */
const FRONT_MATTER = /^\ufeff?---\r?\n([\s\S]{0,20000}?)\r?\n---\s*(?:\r?\n|$)/;

/** The rule. */
export const baseName: Rule = {
  name: 'base-name',
  codes: [BASE_NAME, BASE_NAME_CARD, BASE_NAMES_DISAGREE],
  fixtures: { fires: 'base-audit-values', silent: 't5-llama-lora' },
  async check(context, report) {
    const runs = new Map<string, Map<string, string[]>>();
    for (const directory of context.directories('adapter')) {
      const path = join(directory.path, 'adapter_config.json'), config = await context.object(path);
      if (config === undefined) continue;
      const value = config.get('base_model_name_or_path') ?? null;
      judgeValue(context, directory.path, path, value, report);
      if (typeof value !== 'string' || value === '') continue;
      await judgeCard(context, join(directory.path, 'README.md'), value, report);
      const run = stepsOf(directory.path) === undefined ? directory.path : parentOf(directory.path), values = runs.get(run) ?? new Map<string, string[]>();
      runs.set(run, values.set(value, [...values.get(value) ?? [], directory.path === run ? '.' : nameOf(directory.path)]));
    }
    for (const [run, values] of runs) {
      if (values.size > 1) report.add(BASE_NAMES_DISAGREE, { names: [...values].map(([value, where]) => `${value} (${where.join(', ')})`).join(', ') }, { path: run });
    }
  },
};

function judgeValue(context: CheckContext, directory: string, path: string, value: unknown, report: Report): void {
  const say = (problem: Text, severity: 'error' | 'warning' | 'info' = 'warning') =>
    report.add(BASE_NAME, { value: typeof value === 'string' ? (value === '' ? { en: 'an empty text', zh: '空字符串' } : value) : same(String(value)), problem }, { path, severity, ...(typeof value === 'string' ? { found: value } : {}) });
  if (value === '') return say({ en: 'nothing can be loaded by that name', zh: '无法按这个名字加载任何模型' }, 'error');
  if (typeof value !== 'string') return say({ en: 'the adapter does not say which model it belongs to', zh: '适配器没有说明它属于哪个模型' });
  const [, organisation, name, revision] = CACHE.exec(value) ?? [];
  if (name !== undefined) return say({ en: `a snapshot of a hub cache; it stands for ${organisation}/${name} at revision ${revision}`, zh: `这是 hub 缓存中的快照，代表 ${organisation}/${name} 的修订版本 ${revision}` });
  const isAbsolute = /^(?:[/~]|[A-Za-z]:[\\/]|\\\\)/.test(value), isRelative = !isAbsolute && (/^\.{1,2}(?:[/\\]|$)/.test(value) || value.includes('\\') || value.split('/').length > 2);
  if (isAbsolute) {
    if (!(context.options.host?.exists?.(directory, value) ?? false)) say({ en: 'an absolute path that does not exist here', zh: '这是本机不存在的绝对路径' });
  } else if (isRelative) {
    const within = resolveWithin(directory, value), isThere = within !== undefined && context.tree.directories.has(within) || (context.options.host?.exists?.(directory, value) ?? false);
    if (isThere) say({ en: 'a relative path, found from the directory of the adapter', zh: '这是相对路径，可从适配器目录找到' }, 'info');
    else say({ en: 'a relative path that does not exist here', zh: '这是此处不存在的相对路径' });
  } else if (QUANTISED_NAME.test(value)) say({ en: 'by its name a quantised copy; merge into the full-precision base', zh: '从名字看是量化副本；请合并到全精度基座' }, 'info');
}

/** The card is only held against a hub id: scripts write folder names into it that mean nothing elsewhere. */
async function judgeCard(context: CheckContext, path: string, value: string, report: Report): Promise<void> {
  const front = FRONT_MATTER.exec(await context.text(path) ?? '')?.[1];
  if (front === undefined) return;
  let card: unknown;
  try { card = (parse(front, { schema: 'core' }) as { base_model?: unknown } | null)?.base_model; } catch { return; }
  const names = (Array.isArray(card) ? card : [card]).filter((name): name is string => typeof name === 'string' && /^[\w.-]+\/[\w.-]+$/.test(name));
  const [, organisation, name] = CACHE.exec(value) ?? [];
  if (names.length === 0 || names.includes(value) || name !== undefined && names.includes(`${organisation}/${name}`)) return;
  report.add(BASE_NAME_CARD, { file: path, card: names.join(', '), config: value }, { path, found: names.join(', '), expected: value });
}
