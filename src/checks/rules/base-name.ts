/**
 * @module
 * base_model_name_or_path: where it points, and whether the model card and the checkpoints of the run say the same. Serving
 * programs load what it says, and compare it as text. Always asked of adapters.
 */
import { defineCode, type Text } from '../../findings/index.ts';
import { readBaseValue, type BaseValueClass } from '../../producers/base-value.ts';
import { baseOfCard } from '../../producers/model-card.ts';
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

/** What to say of each class of values; a hub id needs no word. */
const PROBLEMS: Readonly<Partial<Record<BaseValueClass, Text & { readonly severity: 'error' | 'warning' | 'info' }>>> = {
  empty: { en: 'nothing can be loaded by that name', zh: '无法按这个名字加载任何模型', severity: 'error' },
  null: { en: 'the adapter does not say which model it belongs to', zh: '适配器没有说明它属于哪个模型', severity: 'warning' },
  'absolute-path': { en: 'an absolute path that does not exist here', zh: '这是本机不存在的绝对路径', severity: 'warning' },
  'relative-path': { en: 'a relative path that does not exist here', zh: '这是此处不存在的相对路径', severity: 'warning' },
  'relative-path-existing': { en: 'a relative path, found from the directory of the adapter', zh: '这是相对路径，可从适配器目录找到', severity: 'info' },
};

function judgeValue(context: CheckContext, directory: string, path: string, given: unknown, report: Report): void {
  // An adapter that names its own folder names no base, unless the base lies in it.
  const exists = (value: string) => {
    const within = resolveWithin(directory, value);
    if (within === directory) return context.tree.directories.get(within)?.kinds.includes('full-model') === true;
    return within !== undefined && context.tree.directories.has(within) || (context.options.host?.exists?.(directory, value) ?? false);
  };
  const { value, class: kind, standsFor, quantised } = readBaseValue(typeof given === 'string' ? given : null, exists), problem = PROBLEMS[kind];
  const shown = value === null ? same('null') : value === '' ? same('""') : value, place = { path, ...(value === null ? {} : { found: value }) };
  if (standsFor !== undefined) {
    const { id, revision } = standsFor;
    return report.add(BASE_NAME, { value: shown, problem: { en: `a snapshot of a hub cache; it stands for ${id} at revision ${revision}`, zh: `这是 hub 缓存中的快照，代表 ${id} 的修订版本 ${revision}` } }, place);
  }
  if (problem !== undefined) report.add(BASE_NAME, { value: shown, problem: { en: problem.en, zh: problem.zh } }, { ...place, severity: problem.severity });
  else if (quantised !== undefined) report.add(BASE_NAME, { value: shown, problem: { en: `by its name a quantised copy (${quantised}); merge into the full-precision base`, zh: `从名字看是量化副本（${quantised}）；请合并到全精度基座` } }, { ...place, severity: 'info' });
}

/** The card is only held against a hub id: scripts write folder names into it that mean nothing elsewhere. */
async function judgeCard(context: CheckContext, path: string, value: string, report: Report): Promise<void> {
  const card = baseOfCard(await context.text(path) ?? '');
  const names = card !== undefined && /^[\w.-]+\/[\w.-]+$/.test(card) ? [card] : [], { standsFor } = readBaseValue(value);
  if (names.length === 0 || names.includes(value) || standsFor !== undefined && names.includes(standsFor.id)) return;
  report.add(BASE_NAME_CARD, { file: path, card: names.join(', '), config: value }, { path, found: names.join(', '), expected: value });
}
