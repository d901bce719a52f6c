/**
 * @module
 * Runs the rules over a surveyed tree.
 */
import type { Folder } from '../bytes/index.ts';
import type { Finding, Severity } from '../findings/index.ts';
import type { Tree } from '../producers/index.ts';
import { CheckContext, type CheckOptions } from './context.ts';
import { Report, type Rule } from './rule.ts';
import { FILE_NOT_WHAT_NAMED } from './rules/files.ts';
import { RULES } from './rules/index.ts';

const ORDER: readonly Severity[] = ['error', 'warning', 'info'];

/** Every finding about a tree, worst first, by path. */
export async function runRules(folder: Folder, tree: Tree, options: CheckOptions, rules: readonly Rule[] = RULES): Promise<readonly Finding[]> {
  const context = new CheckContext(folder, tree, options), all: Finding[] = [];
  try {
    for (const rule of rules) {
      options.signal?.throwIfAborted();
      if (rule.profiles !== undefined && !rule.profiles.some((profile) => context.asks(profile))) continue;
      const report = new Report();
      await rule.check(context, report);
      all.push(...report.findings);
    }
  } finally {
    await context.close();
  }
  return sorted(joined(all));
}

/** One fact is told once: what a reader says of a file in detail stands for the remark that it is broken. */
function joined(findings: readonly Finding[]): Finding[] {
  const broken = new Set(findings.filter(({ code, severity, tensor }) => severity === 'error' && tensor === undefined && code !== FILE_NOT_WHAT_NAMED.code).map(({ path }) => path));
  const once = new Map<string, Finding>();
  for (const one of findings) {
    if (one.code === FILE_NOT_WHAT_NAMED.code && broken.has(one.path)) continue;
    once.set(JSON.stringify([one.code, one.path, one.tensor, one.parameters]), one);
  }
  return [...once.values()];
}

function sorted(findings: readonly Finding[]): Finding[] {
  const path = (one: Finding) => one.path ?? '.';
  return [...findings].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity) || (path(a) < path(b) ? -1 : path(a) > path(b) ? 1 : 0));
}
