/**
 * @module
 * `vitest run`: the quick tests. `vitest run --mode soak`: the long ones, `tests/soak/*.soak.ts`.
 */
import { defineConfig } from 'vitest/config';

const MINUTE = 60_000;

export default defineConfig(({ mode }) => {
  const soak = mode === 'soak';
  return {
    test: {
      include: soak ? ['tests/soak/**/*.soak.ts'] : ['tests/**/*.test.ts'],
      // Processes, not threads: tests change directories, and the workers under test are threads themselves.
      pool: 'forks',
      maxWorkers: soak ? 1 : 2,
      testTimeout: soak ? 60 * MINUTE : 2 * MINUTE,
      hookTimeout: soak ? 60 * MINUTE : 2 * MINUTE,
      reporters: ['default', './scripts/summary-reporter.mjs'],
    },
  };
});
