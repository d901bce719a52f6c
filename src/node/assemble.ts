/** @module `assemble` over paths of this machine. */
import { refuse } from '../findings/index.ts';
import { UNKNOWN_ROLE } from '../plans/assemble/codes.ts';
import { BASE_ROLES, type BaseRole } from '../plans/assemble/parts.ts';
import type { AssembleBody, AssembleRequest } from '../verbs/assemble.ts';
import type { Answer, VerbContext } from '../verbs/verb.ts';
import { openInput } from './folder.ts';
import { nodeHost, withHost } from './host.ts';
import { executeOptions, hostOptions, pick, resolveModel, writePlan, type WriteOptions } from './verbs.ts';

/** What an assembly on this machine is made of. */
export interface AssemblePathsOptions extends WriteOptions, Pick<AssembleRequest, 'saveFormat'> {
  readonly tree: string;
  /** Bases as they are written on the command line: `llm=PATH`, `visual_encoder=PATH`. */
  readonly bases: readonly string[];
  readonly revision?: string;
  readonly loraAlpha?: number;
}

/** Role and path of a `--base ROLE=PATH`. */
export function parseBase(text: string): readonly [BaseRole, string] {
  const equals = text.indexOf('='), word = text.slice(0, Math.max(0, equals)).trim().replaceAll('-', '_'), role = BASE_ROLES.find((known) => known === word);
  if (role === undefined || equals === text.length - 1) refuse(UNKNOWN_ROLE, { given: text, known: BASE_ROLES.join(', ') }, { path: '.', found: text });
  return [role, text.slice(equals + 1)];
}

/** `assemble TREE --base ROLE=PATH… -o OUT`. */
export async function assemblePaths(options: AssemblePathsOptions, context: VerbContext = {}): Promise<Answer<AssembleBody>> {
  const tree = openInput(options.tree), paths = options.bases.map(parseBase).map(([role, given]) => [role, resolveModel(given, options.revision)] as const);
  const host = nodeHost({ ...hostOptions(options), inputs: [options.tree, ...paths.map(([, given]) => given)] });
  const request: AssembleRequest = {
    tree: tree.folder, output: options.output, ...(tree.file === undefined ? {} : { file: tree.file }),
    bases: new Map(paths.map(([role, given]) => [role, openInput(given)])), ...pick(options, ['dtype', 'maxShardBytes', 'loraAlpha', 'saveFormat', 'dryRun']), ...(options.safeSerialization === false ? { container: 'torch-zip' as const } : {}),
  };
  const { assemble } = await import('../verbs/assemble.ts');
  const { bound, ...answer } = await withHost(host, () => assemble(request, host, executeOptions(options), context));
  if (options.dryRun && options.planFile !== undefined) await writePlan(options.planFile, bound.plan);
  return answer;
}
