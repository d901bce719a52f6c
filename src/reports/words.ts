/**
 * @module
 * Labels of the text reports in every language. Sentences that belong to one report stand in its own file.
 */
import type { Language, Severity, Text } from '../findings/index.ts';
import { formatCount } from './numbers.ts';

/** Short labels. */
export const WORDS = {
  error: { en: 'error', zh: '错误' },
  warning: { en: 'warning', zh: '警告' },
  info: { en: 'note', zh: '提示' },
  found: { en: 'found', zh: '实际' },
  expected: { en: 'expected', zh: '应为' },
  why: { en: 'why', zh: '原因' },
  fix: { en: 'fix', zh: '处理' },
  next: { en: 'Next', zh: '下一步' },
  nothingFound: { en: 'no problems found', zh: '未发现问题' },
  moreAll: { en: 'and {n} more (--all lists them)', zh: '另有 {n} 项（--all 可全部列出）' },
  content: { en: 'format', zh: '格式' },
  kind: { en: 'kind', zh: '类型' },
  madeBy: { en: 'made by', zh: '来源' },
  result: { en: 'result', zh: '结果' },
  training: { en: 'training', zh: '训练' },
  startedWith: { en: 'arguments', zh: '训练参数' },
  space: { en: 'space', zh: '占用' },
  weights: { en: 'weights', zh: '权重' },
  adapter: { en: 'adapter', zh: '适配器' },
  file: { en: 'File', zh: '文件' },
  role: { en: 'Role', zh: '作用' },
  format: { en: 'Format', zh: '格式' },
  neededFor: { en: 'Needed for', zh: '用于' },
  size: { en: 'Size', zh: '大小' },
  tensor: { en: 'Tensor', zh: '张量' },
  shape: { en: 'Shape', zh: '形状' },
  dtype: { en: 'Dtype', zh: '精度' },
  count: { en: 'Count', zh: '数量' },
  verdict: { en: 'Verdict', zh: '判定' },
  meaning: { en: 'Meaning', zh: '含义' },
  differing: { en: 'Differing', zh: '不同' },
  recommendation: { en: 'Recommendation', zh: '建议' },
  toRead: { en: 'to read', zh: '读取' },
  toWrite: { en: 'to write', zh: '写入' },
  peakMemory: { en: 'peak memory', zh: '内存峰值' },
  disk: { en: 'disk needed', zh: '所需磁盘' },
} as const satisfies Record<string, Text>;

/** The key of a label. */
export type Word = keyof typeof WORDS;

/** A label in a language. */
export function word(language: Language, key: Word): string {
  return WORDS[key][language];
}

/** Things that are counted. English has two forms. */
export const COUNTED = {
  error: { one: '{n} error', en: '{n} errors', zh: '{n} 个错误' },
  warning: { one: '{n} warning', en: '{n} warnings', zh: '{n} 个警告' },
  info: { one: '{n} note', en: '{n} notes', zh: '{n} 条提示' },
  tensor: { one: '{n} tensor', en: '{n} tensors', zh: '{n} 个张量' },
  file: { one: '{n} file', en: '{n} files', zh: '{n} 个文件' },
  parameter: { one: '{n} parameter', en: '{n} parameters', zh: '{n} 个参数' },
  element: { one: '{n} element', en: '{n} elements', zh: '{n} 个元素' },
  copied: { one: '{n} copied byte for byte', en: '{n} copied byte for byte', zh: '{n} 个逐字节复制' },
  computed: { one: '{n} computed', en: '{n} computed', zh: '{n} 个经计算得到' },
  renamed: { one: '{n} renamed', en: '{n} renamed', zh: '{n} 个已重命名' },
  dropped: { one: '{n} left out', en: '{n} left out', zh: '另有 {n} 个未写入' },
} as const satisfies Record<string, Text & { one: string }>;

/** `3 tensors`, `1 tensor`, `3 个张量`. `shown` replaces the number: `8.03B parameters`. */
export function counted(language: Language, key: keyof typeof COUNTED, n: number, shown = formatCount(n)): string {
  const forms = COUNTED[key];
  return (language === 'en' && n === 1 ? forms.one : forms[language]).replace('{n}', shown);
}

/** The label of a severity. */
export function severityWord(language: Language, severity: Severity): string {
  return WORDS[severity][language];
}

/** Joins parts of a line: `3 errors, 1 warning`, `3 个错误，1 个警告`. */
export function joined(language: Language, parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(language === 'zh' ? '，' : ', ');
}
