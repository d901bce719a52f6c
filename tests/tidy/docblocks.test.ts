import { describe, expect, it } from 'vitest';
import { docblockProblems } from './docblocks.ts';
import { modulesBelow, parseModule } from './modules.ts';

const HEAD = '/** @module A sample. */\nimport "./b.ts";\n';
const problemsOf = (text: string) => docblockProblems(parseModule('src/bytes/a.ts', text));

describe('docblocks', () => {
  it('open every module and stand before every export', () => {
    expect(modulesBelow('src').flatMap(docblockProblems)).toEqual([]);
  });
});

describe('the rule itself', () => {
  it.each([
    ['a module without one', 'import "./b.ts";\n'],
    ['a docblock that comes late', 'import "./b.ts";\n/** @module Late. */\n'],
    ['a constant', `${HEAD}export const a = 1;`],
    ['a function', `${HEAD}export function a() {}`],
    ['an interface', `${HEAD}export interface A { readonly b: 1 }`],
    ['a type after a line comment', `${HEAD}// not a docblock\nexport type A = 1;`],
    ['an export list', `${HEAD}const a = 1;\nexport { a };`],
    ["the module's own docblock in an export's place", '/** @module A. */\nexport const a = 1;'],
  ])('finds %s', (_what, text) => {
    expect(problemsOf(text)).toHaveLength(1);
  });

  it.each([
    ['documented exports', `${HEAD}/** One. */\nexport const a = 1;\n/** Two. */\nexport default function b() {}`],
    ['overloads', `${HEAD}/** One. */\nexport function a(x: 1): 1;\nexport function a(x: 2): 2;\nexport function a(x: any): any { return x; }`],
    ['re-exports', `${HEAD}export * from "./c.ts";\nexport { d } from "./d.ts";\nexport type { E } from "./e.ts";`],
    ['a documented thing in an export list', `${HEAD}/** One. */\nconst a = 1;\nexport { a };`],
    ['a code, which explains itself', `${HEAD}export const A = defineCode({ code: 'a' });`],
    ['what is not exported', `${HEAD}const a = 1;\nfunction b() { return a; }\nb();`],
  ])('allows %s', (_what, text) => {
    expect(problemsOf(text)).toEqual([]);
  });
});
