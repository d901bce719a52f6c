import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ALL_CODES } from '../../src/cli/catalogue.ts';
import { COMMANDS } from '../../src/cli/table.ts';
import { optionsOf } from '../../src/cli/parse.ts';
import { docsPages } from '../../src/cli/docs.ts';
import type { Text } from '../../src/findings/index.ts';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const sources = fs.readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts')).map((file) => file.replaceAll('\\', '/'));
const read = (file: string) => fs.readFileSync(path.join(ROOT, file), 'utf8');
const placeholders = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort();

/** What is wrong with one text. */
function problems(label: string, text: Text): string[] {
  const words = text.zh.replace(/\{\w+\}/g, '');
  return [
    ...(text.en.trim() === '' || text.zh.trim() === '' ? [`${label} is empty`] : []),
    ...(/\p{Script=Han}/u.test(text.en) ? [`${label}: Chinese in the English text: ${text.en}`] : []),
    ...(/[a-z]{3}/i.test(text.en.replace(/\{\w+\}/g, '')) && !/\p{Script=Han}/u.test(words) ? [`${label}: no Chinese in the Chinese text: ${text.zh}`] : []),
    ...(placeholders(text.en).join() === placeholders(text.zh).join() ? [] : [`${label}: placeholders differ: ${placeholders(text.en)} and ${placeholders(text.zh)}`]),
    ...(/\p{Script=Han}[,;:!?]|[,;:!?]\p{Script=Han}/u.test(text.zh) ? [`${label}: English punctuation between Chinese characters: ${text.zh}`] : []),
  ];
}

/** Every `{en, zh}` inside a value, with where it is. */
function* textsIn(value: unknown, label: string): Generator<[string, Text]> {
  if (typeof value !== 'object' || value === null) return;
  const { en, zh } = value as Record<string, unknown>;
  if (typeof en === 'string' || typeof zh === 'string') yield [label, { en: typeof en === 'string' ? en : '', zh: typeof zh === 'string' ? zh : '' }];
  else for (const [key, inner] of Object.entries(value)) yield* textsIn(inner, `${label}.${key}`);
}

/** Names of programs and formats, the same in every language. */
const SAME_EVERYWHERE = new Set(['bash', 'zsh', 'fish', 'PowerShell', 'WebAssembly SIMD']);

describe('codes', () => {
  it('are all in the catalogue', () => {
    const defining = sources.filter((file) => file !== 'findings/define.ts' && /\bdefineCode\(/.test(read(`src/${file}`)));
    const defined = defining.flatMap((file) => [...read(`src/${file}`).matchAll(/\bcode: '([^']+)'/g)].map((match) => match[1]!));
    expect(defined.length).toBeGreaterThan(50);
    const known = new Set(ALL_CODES.map((code) => code.code));
    // Missing here: node scripts/docs.mjs
    expect(defined.filter((code) => !known.has(code))).toEqual([]);
  });

  it('are permanent words, each defined once', () => {
    expect(ALL_CODES.map((code) => code.code).filter((code) => !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(code))).toEqual([]);
    expect(new Set(ALL_CODES.map((code) => code.code)).size).toBe(ALL_CODES.length);
  });

  it('say everything in both languages', () => {
    const found = ALL_CODES.flatMap((code) => [
      ...problems(`${code.code}.message`, code.message), ...problems(`${code.code}.why`, code.why), ...problems(`${code.code}.fix`, code.fix),
      ...(code.page === undefined ? [] : problems(`${code.code}.page`, code.page)),
    ]);
    expect(found).toEqual([]);
  });

  it('use only the placeholders that their message declares', () => {
    const found = ALL_CODES.flatMap((code) => [code.why, code.fix, ...(code.page === undefined ? [] : [code.page])].flatMap((text) =>
      placeholders(text.en).filter((name) => !placeholders(code.message.en).includes(name)).map((name) => `${code.code}: ${name}`)));
    expect(found).toEqual([]);
  });

  it('say why and what to do in one line', () => {
    expect(ALL_CODES.filter((code) => [code.why, code.fix].some(({ en, zh }) => en.includes('\n') || zh.includes('\n'))).map((code) => code.code)).toEqual([]);
  });
});

describe('the command table', () => {
  it('says everything in both languages', () => {
    const texts = [...textsIn(COMMANDS, 'commands')];
    expect(texts.length).toBeGreaterThan(60);
    expect(texts.filter(([, text]) => !SAME_EVERYWHERE.has(text.en)).flatMap(([label, text]) => problems(label, text))).toEqual([]);
  });

  it('gives every option of a command one name, and every name one option', () => {
    for (const command of COMMANDS) {
      const names = optionsOf(command).flatMap((option) => [option.name, ...(option.aliases ?? []), ...(option.negatable ? [`no-${option.name}`] : []), ...(option.short === undefined ? [] : [`-${option.short}`])]);
      expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
      for (const argument of command.args) if (argument.option !== undefined) expect(names).toContain(argument.option);
      expect(command.args.filter((argument) => argument.many).length).toBeLessThanOrEqual(1);
      expect(command.examples.length).toBeGreaterThan(0);
      for (const option of optionsOf(command)) expect(option.value.kind === 'flag').toBe(option.placeholder === undefined);
    }
  });

  it('names a file for every command', async () => {
    for (const command of COMMANDS) expect((await command.load()).run).toBeTypeOf('function');
  });
});

describe('reports and shell', () => {
  const modules = sources.filter((file) => /^(reports|cli|verbs)\//.test(file) && file !== 'cli/temper.ts');

  it('say everything in both languages', async () => {
    const found: string[] = [];
    let count = 0;
    for (const file of modules) {
      const source = read(`src/${file}`);
      // Texts that are not exported are seen too: every pair of quoted strings under the two keys, in any order of lines.
      for (const [whole, en, zh] of source.matchAll(/\ben: (?:'((?:[^'\\]|\\.)*)'|`(?:[^`\\]|\\.)*`),\s*zh: (?:'((?:[^'\\]|\\.)*)'|`(?:[^`\\]|\\.)*`)/g)) {
        count++;
        if (en === undefined || zh === undefined || SAME_EVERYWHERE.has(en) || (en === '' && zh === '')) continue;
        found.push(...problems(`${file}: ${whole.slice(0, 40)}`, { en, zh }));
      }
    }
    expect(count).toBeGreaterThan(150);
    expect(found).toEqual([]);
  });
});

describe('docs', () => {
  it('lists the modules that define codes (else: node scripts/docs.mjs)', async () => {
    const { generatedSources } = await import('../../scripts/docs.mjs');
    for (const [file, text] of generatedSources()) expect(read(file)).toBe(text);
  });

  it('are what the sources say (else: node scripts/docs.mjs)', () => {
    const pages = docsPages();
    expect(pages.size).toBe(ALL_CODES.length + 4);
    const stale = [...pages].filter(([name, text]) => !fs.existsSync(path.join(ROOT, 'docs', name)) || read(`docs/${name}`) !== text).map(([name]) => name);
    expect(stale).toEqual([]);
    expect(fs.readdirSync(path.join(ROOT, 'docs/codes')).filter((name) => !pages.has(`codes/${name}`))).toEqual([]);
  });
});
