/**
 * @module
 * The page docs/roles.md: the words in which a directory is described, their meanings, and which files have which role.
 */
import type { Language, Text } from '../findings/index.ts';
import { ROLES, type RoleRule } from '../producers/roles.ts';
import { SYSTEMS } from '../producers/systems/index.ts';
import { FORMAT_MEANINGS, KIND_MEANINGS, NEED_MEANINGS, ROLE_MEANINGS, type Meanings } from '../producers/vocabulary.ts';

const TEXTS = {
  title: { en: 'What files are for', zh: '文件的用途' },
  intro: {
    en: '`temper inspect` describes a directory in these words. A role follows from the name of a file and, where a name is not enough, from its content and its folder; what needs a file speaks of it in its place. `…` marks names that count only in some folders.',
    zh: '`temper inspect` 用以下词语描述一个目录。作用由文件名决定；文件名不足以判断时，还要看内容与所在目录；“用于”指文件在其所处位置上的用途。`…` 表示仅在某些目录中才算数的文件名。',
  },
  kinds: { en: 'Kinds of directories', zh: '目录类型' }, roles: { en: 'Roles of files', zh: '文件作用' }, needs: { en: 'Needed for', zh: '用于' }, formats: { en: 'Formats of files', zh: '文件格式' },
  word: { en: 'Word', zh: '词' }, meaning: { en: 'Meaning', zh: '含义' }, usually: { en: 'Usually needed for', zh: '通常用于' }, names: { en: 'Names', zh: '文件名' },
} as const satisfies Record<string, Text>;

/** What a pattern is to people: `*` for any text, `N` for digits, no anchors. */
const READABLE: readonly (readonly [RegExp, string])[] = [
  [/\(\?![^)]*\)/g, ''], [/\(\?:/g, '('], [/[\^$]/g, ''], [/\\d(?:\{[^}]*\}|[+*])?(?:\\d)*/g, 'N'], [/(?:\[\w.\\-]+\]|\\w|\.)[*+]/g, '*'], [/\\\./g, '.'],
  [/\[[.\w-]+\]/g, ''], [/^(?=\.)(?!\.(?:metadata|xtuner))/, '*'], [/\|/g, '\\|'],
];

/** A rule's names, and whether more than the name decides. */
const names = ({ test, where }: RoleRule): string =>
  `\`${READABLE.reduce((text, [from, to]) => text.replace(from, to), test.source) || '*'}\`${where === undefined ? '' : ' …'}`;

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [`| ${heads.join(' | ')} |`, `|${'---|'.repeat(heads.length)}`, ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n');
}

function meanings(words: Meanings, language: Language): string {
  return table([TEXTS.word[language], TEXTS.meaning[language]], Object.entries(words).map(([word, meaning]) => [`\`${word}\``, meaning[language]]));
}

function roles(language: Language): string {
  const rules = [...ROLES.map((rule) => ({ rule, by: '' })), ...SYSTEMS.flatMap((system) => (system.roles ?? []).map((rule) => ({ rule, by: system.name })))];
  return table([TEXTS.word[language], TEXTS.meaning[language], TEXTS.usually[language], TEXTS.names[language]], Object.entries(ROLE_MEANINGS).map(([role, meaning]) => {
    const own = rules.filter(({ rule }) => rule.role === role), needs = [...new Set(own.flatMap(({ rule }) => rule.neededFor))];
    return [`\`${role}\``, meaning[language], needs.join(' '), [...new Set(own.map(({ rule, by }) => `${names(rule)}${by === '' ? '' : ` (${by})`}`))].join('<br>')];
  }));
}

/** Markdown of the page, below the note that it is made. */
export function rolesPage(): string {
  const part = (language: Language) => [
    `## ${language === 'zh' ? '中文' : 'English'}`, TEXTS.intro[language],
    `### ${TEXTS.kinds[language]}`, meanings(KIND_MEANINGS, language),
    `### ${TEXTS.roles[language]}`, roles(language),
    `### ${TEXTS.needs[language]}`, meanings(NEED_MEANINGS, language),
    `### ${TEXTS.formats[language]}`, meanings(FORMAT_MEANINGS, language),
  ].join('\n\n');
  return `# ${TEXTS.title.en} / ${TEXTS.title.zh}\n\n${part('en')}\n\n${part('zh')}\n`;
}
