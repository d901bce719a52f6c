/**
 * @module
 * A vitest reporter whose last line is plain: `N passed, N failed` or `N passed, N failed, N skipped`.
 */

/** Counts of a run. A file that could not be loaded and an error outside of any test are failures too. */
export function tally(modules, unhandledErrors) {
  const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      counts[state === 'passed' || state === 'failed' ? state : 'skipped'] += 1;
    }
    // Errors of the file or of a suite's hooks: the tests beneath them were never run.
    counts.failed += module.errors().length;
    for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
  }
  return counts;
}

/** The line that CI and people read. */
export const summary = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;

export default class SummaryReporter {
  onTestRunEnd(modules, unhandledErrors) {
    console.log(summary(tally(modules, unhandledErrors)));
  }
}
