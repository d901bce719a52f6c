/** @module A plan from a file, bound to where its inputs are now. */
import type { Folder } from '../bytes/index.ts';
import { refuse } from '../findings/index.ts';
import { PLAN_INVALID } from './codes.ts';
import type { BoundPlan } from './merge.ts';
import type { Plan } from './plan.ts';

/** Roles of the directories on the command line, in order. */
export function rolesOf(base: Folder, adapters: readonly Folder[], initial?: Folder): ReadonlyMap<string, Folder> {
  return new Map<string, Folder>([['base', base], ...(initial === undefined ? [] : [['initial-adapter', initial] as const]), ...adapters.map((folder, i) => [i === 0 ? 'adapter' : `adapter-${i + 1}`, folder] as const)]);
}

/** Binds every input; a role that was not given is refused. Nothing is opened yet. */
export function bindPlan(plan: Plan, roots: ReadonlyMap<string, Folder>): BoundPlan {
  const inputs = plan.inputs.map((input, i) => {
    const folder = roots.get(input.role);
    if (folder === undefined) {
      refuse(PLAN_INVALID, { file: input.path, line: i + 2, problem: { en: `the plan reads ${input.role}, which was not given`, zh: `计划需要读取 ${input.role}，但没有给出` } }, { path: input.path });
    }
    // Times differ from machine to machine; content is checked instead.
    const { modifiedMs: _, ...rest } = input;
    return { ...rest, folder };
  });
  return { plan, inputs };
}
