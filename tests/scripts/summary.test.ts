import { describe, expect, it } from 'vitest';
import { summary, tally } from '../../scripts/summary-reporter.mjs';

const moduleOf = (states: string[], errors: unknown[] = [], suiteErrors: unknown[] = []) => ({
  children: {
    allTests: () => states.map((state) => ({ result: () => ({ state }) })),
    allSuites: () => [{ errors: () => suiteErrors }],
  },
  errors: () => errors,
});

describe('the last line of a run', () => {
  it.each([
    ['passed tests', [moduleOf(['passed', 'passed']), moduleOf(['passed'])], [], '3 passed, 0 failed'],
    ['skipped tests', [moduleOf(['passed', 'skipped', 'pending'])], [], '1 passed, 0 failed, 2 skipped'],
    ['failed tests', [moduleOf(['passed', 'failed'])], [], '1 passed, 1 failed'],
    ['a file that could not be loaded', [moduleOf([], [new Error('no such module')])], [], '0 passed, 1 failed'],
    ['a hook that threw', [moduleOf(['skipped'], [], [new Error('beforeAll')])], [], '0 passed, 1 failed, 1 skipped'],
    ['an error outside of any test', [moduleOf(['passed'])], [new Error('unhandled')], '1 passed, 1 failed'],
  ])('counts %s', (_what, modules, unhandled, line) => {
    expect(summary(tally(modules, unhandled))).toBe(line);
  });
});
