/**
 * @module
 * Pickles among the files, read without running them: names that run code are an error, names on no list a warning in files
 * that a loader opens and a note elsewhere. Always asked.
 */
import { isTemperError, type Finding } from '../../findings/index.ts';
import type { Rule } from '../rule.ts';
import { scanDistributed, scanFile, SCAN_DANGEROUS, SCAN_HIDDEN, SCAN_NESTED, SCAN_UNKNOWN } from '../scan/index.ts';

/** Findings of the scan that are told here; damage is the business of other rules. */
const TOLD: ReadonlySet<string> = new Set([SCAN_DANGEROUS, SCAN_UNKNOWN, SCAN_NESTED, SCAN_HIDDEN].map(({ code }) => code));
const ZIP_STRUCTURE = 'zip-structure';
const PICKLES = /^(?:torch|pickle|npy-object|tar|zip)/;

/** The rule. */
export const pickles: Rule = {
  name: 'pickles',
  codes: [SCAN_DANGEROUS, SCAN_UNKNOWN, SCAN_NESTED, SCAN_HIDDEN],
  fixtures: { silent: 't4-llama-full-bin' },
  async check(context, report) {
    for (const directory of context.directories()) {
      // Data files of a distributed checkpoint are torch files laid end to end: `.metadata` says where each begins.
      if (!directory.files.some(({ name }) => name === '.metadata')) continue;
      const found: Finding[] = [];
      await scanDistributed(context.folder, directory.path, {}, [], found);
      // A file that is cut off is told by its own rule, and what it seems to hide is its records.
      const cut = new Set(found.filter(({ code }) => code === ZIP_STRUCTURE).map(({ path }) => path));
      report.take(found.filter(({ code, path }) => TOLD.has(code) && !(code === SCAN_HIDDEN.code && cut.has(path))));
    }
    for (const { path, name, format, neededFor } of context.tree.files.values()) {
      if (!PICKLES.test(format) || name.endsWith('.distcp')) continue;
      context.options.signal?.throwIfAborted();
      const isLoaded = neededFor.includes('inference') || neededFor.includes('merge');
      let found: readonly Finding[];
      try {
        const source = await context.folder.open(path);
        try { found = (await scanFile(source)).findings; } finally { await source.close(); }
      } catch (error) {
        if (!isTemperError(error)) throw error;
        found = [];
      }
      // What a broken archive seems to hide is its own records.
      report.take(found.filter(({ code }) => TOLD.has(code) && !(code === SCAN_HIDDEN.code && format.endsWith('-truncated'))).map((one) => ({ ...one, ...(one.code === SCAN_UNKNOWN.code && !isLoaded ? { severity: 'info' as const } : {}) })));
    }
  },
};
