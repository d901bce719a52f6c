/**
 * @module
 * check: what stands against a directory. Complete, safe, finite, really trained, ready for the purpose that is asked.
 */
import type { Folder } from '../bytes/index.ts';
import { keyOf } from '../checks/baseline.ts';
import { checkCode, type CodeCheck } from '../checks/code.ts';
import { planFixes, type Fix } from '../checks/fixes.ts';
import { FILE_RULES, runRules, type CheckHost, type Profile } from '../checks/index.ts';
import { onlyFile, withoutBackup } from '../checks/view.ts';
import type { Finding, Severity, Text } from '../findings/index.ts';
import type { Producer, Tree } from '../producers/index.ts';
import { surveyTree } from '../producers/survey.ts';
import type { Answer, VerbContext } from './verb.ts';

/** What to check, and for what. */
export interface CheckRequest {
  readonly folder: Folder;
  /** A single file inside `folder`: only what concerns files is asked. */
  readonly file?: string;
  /** What the user typed. */
  readonly path: string;
  readonly profiles?: readonly Profile[];
  /** Severity from which the answer is bad. */
  readonly failOn?: Severity;
  /** Modules that training must have updated. */
  readonly updated?: readonly string[];
  readonly base?: Folder;
  /** Keys of known findings. */
  readonly known?: ReadonlySet<string>;
  /** Look at the code in the folder instead of models. */
  readonly code?: boolean;
  /** Say what could be put right. */
  readonly fix?: boolean;
  readonly host?: CheckHost;
}

/** One fix as the answer shows it. */
export interface FixBody { readonly path: string; readonly action: Fix['action']; readonly why: Text; readonly applied: boolean }

/** Body of the answer (INTERFACE.md). */
export interface CheckBody {
  readonly path: string;
  readonly kinds: readonly string[];
  readonly producer: Producer | null;
  readonly profiles: readonly Profile[];
  readonly fail_on: Severity;
  readonly checked: { readonly folders: number; readonly files: number; readonly bytes: number };
  readonly counts: Readonly<Record<Severity, number>>;
  /** Findings that the baseline knows, left out of the others. */
  readonly known: number;
  /** With `fix`. */
  readonly fixes?: readonly FixBody[];
}

/** Checks. `plan` holds the fixes themselves, for who applies them. */
export async function check(request: CheckRequest, context: VerbContext = {}): Promise<Answer<CheckBody> & { readonly plan: readonly Fix[]; readonly all: readonly Finding[] }> {
  const { file, failOn = 'error', profiles = [] } = request;
  context.onEvent?.({ kind: 'phase', phase: 'open' });
  const folder = file === undefined ? withoutBackup(request.folder) : onlyFile(request.folder, file);
  if (request.code) return codeAnswer(request, await checkCode(folder, () => context.signal?.throwIfAborted()));
  const signal = context.signal === undefined ? {} : { signal: context.signal };
  const tree = await surveyTree(folder, signal);
  const totalBytes = [...tree.files.values()].filter(({ role }) => READ_ROLES.has(role)).reduce((sum, { bytes }) => sum + bytes, 0);
  let doneBytes = 0;
  context.onEvent?.({ kind: 'phase', phase: 'verify' });
  const all = await runRules(folder, tree, {
    profiles: new Set(profiles), ...signal, ...(file === undefined ? {} : { file }),
    ...(request.updated === undefined ? {} : { updated: request.updated }), ...(request.base === undefined ? {} : { base: request.base }), ...(request.host === undefined ? {} : { host: request.host }),
    onBytes: (bytes, current) => {
      doneBytes = Math.min(totalBytes, doneBytes + bytes);
      context.onEvent?.({ kind: 'progress', phase: 'verify', doneBytes, totalBytes, current });
    },
  }, file === undefined ? undefined : FILE_RULES);
  const findings = request.known === undefined ? all : all.filter((one) => !request.known!.has(keyOf(one)));
  const plan = request.fix ? await planFixes(folder, findings) : [];
  const counts = countsOf(findings);
  return {
    schema: 'temper.check/1', exit: BAD[failOn].some((severity) => counts[severity] > 0) ? 1 : 0, findings, all, plan,
    body: {
      path: request.path, kinds: kindsOf(tree), producer: tree.producer ?? null, profiles, fail_on: failOn,
      checked: { folders: tree.directories.size, files: tree.files.size, bytes: [...tree.files.values()].reduce((sum, { bytes }) => sum + bytes, 0) },
      counts, known: all.length - findings.length,
      ...(request.fix ? { fixes: plan.map(({ path, action, why }) => ({ path, action, why, applied: false })) } : {}),
    },
  };
}

/** The answer about code. */
function codeAnswer({ path, failOn = 'error', known }: CheckRequest, { files, bytes, findings: all }: CodeCheck): Answer<CheckBody> & { readonly plan: readonly Fix[]; readonly all: readonly Finding[] } {
  const findings = known === undefined ? all : all.filter((one) => !known.has(keyOf(one))), counts = countsOf(findings);
  return {
    schema: 'temper.check/1', exit: BAD[failOn].some((severity) => counts[severity] > 0) ? 1 : 0, findings, all, plan: [],
    body: { path, kinds: ['code'], producer: null, profiles: [], fail_on: failOn, checked: { folders: 1, files, bytes }, counts, known: all.length - findings.length },
  };
}

/** Severities that make an answer bad, by the one from which they do. */
const BAD: Readonly<Record<Severity, readonly Severity[]>> = { error: ['error'], warning: ['error', 'warning'], info: ['error', 'warning', 'info'] };

/** Roles of files whose values are read. */
const READ_ROLES: ReadonlySet<string> = /* @__PURE__ */ new Set(['weights', 'adapter-weights', 'module-weights', 'retrieval-head', 'added-embedding', 'mmengine-checkpoint']);

const kindsOf = (tree: Tree): readonly string[] => tree.directories.get('')?.kinds ?? [];

function countsOf(findings: readonly Finding[]): Record<Severity, number> {
  const of = (severity: Severity) => findings.filter((one) => one.severity === severity).length;
  return { error: of('error'), warning: of('warning'), info: of('info') };
}
