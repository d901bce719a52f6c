/**
 * @module
 * Whether an adapter belongs to the base that the user names: every tensor has a home there, in the right shape. What a merge
 * would refuse is an error here; asked with --base, of every adapter.
 */
import { openAdapter } from '../../adapters/index.ts';
import { AMBIGUOUS_HOME, SHAPE_MISMATCH, TENSOR_NOT_IN_BASE, UNMATCHED_TENSOR, VOCABULARY_MISMATCH } from '../../adapters/codes.ts';
import { closeCheckpoint } from '../../checkpoints/index.ts';
import { defineCode, isTemperError, type Finding } from '../../findings/index.ts';
import { applyAll, readConfig } from '../../plans/index.ts';
import type { CheckContext } from '../context.ts';
import { join } from '../paths.ts';
import type { Rule } from '../rule.ts';

/** It does. */
export const BASE_FITS = defineCode({
  code: 'base-fits',
  severity: 'info',
  message: { en: '{folder}: every tensor of the adapter has a home in the base, in its shape', zh: '{folder}：适配器的每个张量在基座中都有位置，形状相符' },
  why: { en: 'Names and shapes fit; another base of the same shape would fit as well.', zh: '名字和形状相符；形状相同的其他基座也会相符。' },
  fix: { en: 'To tell bases of one shape apart: temper base verify BASE {folder}', zh: '要区分形状相同的基座：temper base verify BASE {folder}' },
});

/** Codes that say that adapter and base do not belong together; what else stands against a merge is no matter of the base. */
const MISFITS: ReadonlySet<string> = new Set([UNMATCHED_TENSOR, SHAPE_MISMATCH, VOCABULARY_MISMATCH, TENSOR_NOT_IN_BASE, AMBIGUOUS_HOME].map(({ code }) => code));

/** The rule. */
export const baseFit: Rule = {
  name: 'base-fit',
  codes: [BASE_FITS, UNMATCHED_TENSOR, SHAPE_MISMATCH, VOCABULARY_MISMATCH, TENSOR_NOT_IN_BASE, AMBIGUOUS_HOME],
  fixtures: { silent: 'llamafactory-lora' },
  async check(context, report) {
    const base = await context.givenBase();
    if (base === undefined) return;
    for (const { directory, purpose, checkpoint } of await context.weights()) {
      if (purpose !== 'adapter' || !context.has(directory, 'adapter_config.json') || checkpoint.tensors.size === 0) continue;
      const misfits = await misfitsOf(context, directory.path), file = checkpoint.files[0]!.path;
      if (misfits === undefined) continue;
      report.take(misfits.map((one) => ({ ...one, path: join(directory.path, file) })));
      if (misfits.length === 0) report.add(BASE_FITS, { folder: directory.path || '.' }, { path: directory.path });
    }
  },
};

/** What stands against the base; undefined where the adapter itself cannot be opened, which other rules say. */
async function misfitsOf(context: CheckContext, path: string): Promise<readonly Finding[] | undefined> {
  const base = (await context.givenBase())!, directory = context.tree.directories.get(path)!;
  try {
    const adapter = await openAdapter(context.inside(directory));
    try {
      const { model } = await applyAll(base, [adapter], { config: (await readConfig(base))?.fields });
      return model.findings.filter(({ code }) => MISFITS.has(code));
    } finally {
      await closeCheckpoint(adapter.checkpoint);
    }
  } catch (error) {
    if (!isTemperError(error)) throw error;
    const misfits = error.findings.filter(({ code }) => MISFITS.has(code));
    return misfits.length > 0 ? misfits : undefined;
  }
}
