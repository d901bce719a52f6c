/**
 * @module
 * G3, G4 and the containers themselves: index and shards agree in both directions, nothing stale beside a single file, every
 * header is sound. The findings are those of opening the directory as every other command does. Always asked.
 */
import { NO_INDEX } from '../../checkpoints/index.ts';
import { FALSE_ALARMS } from './weights-notes.ts';
import type { Rule } from '../rule.ts';

/** The rule. Its codes are those of checkpoints/ and containers/. */
export const weights: Rule = {
  name: 'weights',
  codes: [NO_INDEX],
  fixtures: { fires: 'deploy-g3-missing-shard', silent: 'deploy-healthy' },
  async check(context, report) {
    for (const { directory, checkpoint } of await context.weights()) {
      for (const found of checkpoint.findings) {
        if (FALSE_ALARMS.has(found.code)) continue;
        // Other commands can do without an index; transformers and serving engines cannot.
        report.take([{ ...found, path: context.placeOf(directory, found.path), ...(found.code === NO_INDEX.code ? { severity: 'error' as const } : {}) }]);
      }
    }
  },
};
