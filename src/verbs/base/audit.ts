/** @module base audit: base show, and the rule of `check` that judges what it shows. */
import { runRules, RULES } from '../../checks/index.ts';
import { surveyTree } from '../../producers/survey.ts';
import type { Answer, VerbContext } from '../verb.ts';
import { baseShow, type BaseShowBody, type BaseShowRequest } from './show.ts';

/** The rules about the base's name. */
const BASE_RULES = RULES.filter(({ name }) => name === 'base-name');

/** Looks at every adapter below the folder. Exit 0 whatever is found: `check` is for scripts. */
export async function baseAudit(request: BaseShowRequest, context: VerbContext = {}): Promise<Answer<BaseShowBody>> {
  const { body, findings: unread } = await baseShow(request), { exists } = request, signal = context.signal === undefined ? {} : { signal: context.signal };
  const tree = await surveyTree(request.folder, signal);
  const findings = await runRules(request.folder, tree, { profiles: new Set(), ...signal, ...(exists === undefined ? {} : { host: { exists } }) }, BASE_RULES);
  return { schema: 'temper.base-audit/1', exit: 0, findings: [...unread, ...findings], body };
}
