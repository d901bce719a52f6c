import { describe, expect, it } from 'vitest';
import { assertionProblems } from './assertions.ts';
import { modulesBelow, parseModule } from './modules.ts';

const problemsOf = (text: string) => assertionProblems(parseModule('tests/tidy/a.test.ts', text));

describe('tests', () => {
  it('assert something, and none hides the others', () => {
    const modules = modulesBelow('tests', /\.(test|soak)\.ts$/);
    expect(modules.map(({ path }) => path)).toContain('tests/tidy/assertions.test.ts');
    expect(modules.flatMap(assertionProblems)).toEqual([]);
  });
});

describe('the rule itself', () => {
  it.each([
    ['an empty test', 'it("a", () => {});'],
    ['a test that only calls', 'test("a", async () => { await run(); });'],
    ['a table of empty tests', 'it.each([1, 2])("a", (n) => { run(n); });'],
    ['a helper that does not assert', 'const help = () => 1; it("a", () => { help(); });'],
    ['.only on a test', 'it.only("a", () => { expect(1).toBe(1); });'],
    ['.only on a suite', 'describe.only("a", () => {});'],
    ['a test without a body', 'it.todo("a");'],
  ])('finds %s', (_what, text) => {
    expect(problemsOf(text)).toHaveLength(1);
  });

  it.each([
    ['expect', 'it("a", () => { expect(1).toBe(1); });'],
    ['expect after an option', 'it("a", { timeout: 1 }, async () => { await expect(run()).rejects.toThrow(); });'],
    ['assert', 'it("a", () => { assert.equal(1, 1); });'],
    ['a property', 'it("a", () => { fc.assert(fc.property(fc.nat(), (n) => n >= 0)); });'],
    ['a helper of a helper', 'function one() { expect(1).toBe(1); } const two = () => { one(); }; it("a", () => { two(); });'],
    ['a condition', 'it.skipIf(true)("a", () => { expect(1).toBe(1); });'],
    ['a helper handed on', 'const one = () => { expect(1).toBe(1); }; it("a", () => each(one)); it("b", one);'],
  ])('allows %s', (_what, text) => {
    expect(problemsOf(text)).toEqual([]);
  });
});
