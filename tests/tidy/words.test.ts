import { describe, expect, it } from 'vitest';
import { filesBelow, readText } from './modules.ts';
import { lockProblems, wordProblems } from './words.ts';

const isText = (file: string) => /\.(m?[jt]s|json|md|ya?ml|txt|toml|sh|wat)$|(^|\/)\.?[\w-]+$/.test(file) && file !== 'package-lock.json' && file !== 'LICENSE';

describe('words', () => {
  it('of one machine, one tool or one afternoon are nowhere', () => {
    const files = filesBelow().filter(isText);
    expect(files).toContain('package.json');
    expect(files.flatMap((file) => wordProblems(file, readText(file)))).toEqual([]);
  });

  it('of a registry are not in the lock file or .npmrc', () => {
    expect(lockProblems(JSON.parse(readText('package-lock.json')))).toEqual([]);
    expect(readText('.npmrc')).not.toMatch(/registry|_auth|https?:/);
  });
});

describe('the rule itself', () => {
  it.each([
    'as we did in an earlier sess' + 'ion', 'asked Clau' + 'de', 'an AI ' + 'assistant wrote it', 'see /wo' + 'rk/notes', '"/ro' + 'ot/x"', '// TO' + 'DO later', 'FIX' + 'ME',
  ])('finds "%s"', (text) => {
    expect(wordProblems('a.md', `fine\n${text}\n`)).toHaveLength(1);
  });

  it.each(['requests.sess' + 'ions', 'framework/x', 'docs/wo' + 'rk/x', 'a method to do it', 'LLM', '${dir}/wo' + 'rk/'])('allows "%s"', (text) => {
    expect(wordProblems('a.md', text)).toEqual([]);
  });

  it('finds an address in a lock file', () => {
    expect(lockProblems({ packages: { '': {}, 'node_modules/a': { resolved: 'https://example.org/a.tgz' } } })).toHaveLength(1);
  });
});
