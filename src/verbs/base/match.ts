/** @module base match, base verify: the verbs over `fit.ts`. */
import type { Folder } from '../../bytes/index.ts';
import { fingerprint, closeCheckpoint, openCheckpoint } from '../../checkpoints/index.ts';
import { isTemperError, refuse, renderFinding, type Finding, type Text } from '../../findings/index.ts';
import type { Answer } from '../verb.ts';
import { NO_CANDIDATES } from './codes.ts';
import { fitAdapter, fitModel, type BaseCandidate, type Fit } from './fit.ts';
import { BASE_RECORD, recordText } from './record.ts';
import { ADAPTER_CONFIG } from './show.ts';

/** What is matched with which bases. */
export interface BaseMatchRequest {
  readonly subject: BaseCandidate;
  readonly candidates: readonly BaseCandidate[];
}

/** A candidate that cannot even be opened is a misfit with a reason. */
export interface MatchedCandidate extends Partial<Fit> { readonly path: string; readonly verdict: Fit['verdict']; readonly problems: readonly Text[] }

/** Body of the answer of `match`. */
export interface BaseMatchBody {
  readonly path: string;
  readonly subject: 'adapter' | 'model';
  /** The best first. */
  readonly candidates: readonly MatchedCandidate[];
  /** The only one that fits, or the only one whose weights are the right ones. */
  readonly best: string | null;
}

const inWords = (found: Finding): Text => ({ en: renderFinding(found, 'en').message, zh: renderFinding(found, 'zh').message });

/** Whether a folder is an adapter's. */
export async function isAdapter(folder: Folder): Promise<boolean> {
  return (await folder.list()).some(({ path, kind }) => kind === 'file' && path === ADAPTER_CONFIG);
}

const ORDER: Readonly<Record<Fit['verdict'], number>> = { fits: 0, 'other-weights': 1, misfit: 2 };
const CONTENT: Readonly<Record<Fit['content'], number>> = { equal: 0, partly: 1, unknown: 2, different: 3 };

/** Holds the subject against every candidate. */
export async function baseMatch({ subject, candidates }: BaseMatchRequest): Promise<Answer<BaseMatchBody>> {
  if (candidates.length === 0) refuse(NO_CANDIDATES, { path: subject.path }, { path: '.' });
  const adapter = subject.file === undefined && await isAdapter(subject.folder), rows: MatchedCandidate[] = [];
  for (const candidate of candidates) {
    try {
      const { fit, findings } = await (adapter ? fitAdapter(subject.folder, candidate) : fitModel(subject, candidate));
      rows.push({ ...fit, problems: findings.filter(({ severity }) => severity === 'error').map(inWords) });
    } catch (error) {
      if (!isTemperError(error)) throw error;
      rows.push({ path: candidate.path, verdict: 'misfit', problems: error.findings.map(inWords) });
    }
  }
  const share = ({ same_content: same }: MatchedCandidate) => (same === undefined || same.of === 0 ? 0 : same.equal / same.of);
  rows.sort((a, b) => ORDER[a.verdict] - ORDER[b.verdict] || share(b) - share(a) || CONTENT[a.content ?? 'different'] - CONTENT[b.content ?? 'different']);
  const fitting = rows.filter(({ verdict }) => verdict === 'fits'), [first, second] = fitting;
  // The only one, the only one whose weights are recorded, or the one that shares more of its weights than any other.
  const isBest = first !== undefined && (second === undefined || share(first) > share(second) || (first.content === 'equal' && second.content !== 'equal'));
  const best = isBest ? first : undefined;
  return { schema: 'temper.base-match/1', exit: 0, findings: [], body: { path: subject.path, subject: adapter ? 'adapter' : 'model', candidates: rows, best: best?.path ?? null } };
}

/** What is verified. */
export interface BaseVerifyRequest {
  readonly base: BaseCandidate;
  readonly adapter: BaseCandidate;
  /** Writes the record of the base into the adapter's folder, and says under which name the old one was kept. */
  readonly record?: (path: string, bytes: Uint8Array) => Promise<string | undefined>;
}

/** Body of the answer of `verify`: the row of the one candidate, and what else was found. */
export interface BaseVerifyBody extends Fit {
  readonly adapter: string;
  /** The lines of Python that load the two together. */
  readonly snippet?: string;
  readonly recorded?: string;
}

/** Says whether one base fits. Exit 1 when it does not. */
export async function baseVerify({ base, adapter, record }: BaseVerifyRequest): Promise<Answer<BaseVerifyBody>> {
  const { fit, findings } = await fitAdapter(adapter.folder, base), fits = fit.verdict === 'fits';
  const recorded = fits && record !== undefined ? await writeRecord(base, record) : undefined;
  return {
    schema: 'temper.base-verify/1', exit: fits ? 0 : 1, findings: shown(findings),
    body: { ...fit, ...(recorded === undefined ? {} : { content: 'equal' as const }), adapter: adapter.path, ...(fits ? { snippet: snippet(base.path, adapter.path) } : {}), ...(recorded === undefined ? {} : { recorded }) },
  };
}

const shown = (findings: readonly Finding[]): Finding[] => [...new Map(findings.map((one) => [JSON.stringify(one), one])).values()];

async function writeRecord(base: BaseCandidate, record: NonNullable<BaseVerifyRequest['record']>): Promise<string | undefined> {
  const checkpoint = await openCheckpoint(base.folder, base.file === undefined ? {} : { file: base.file });
  try {
    const found = await fingerprint(checkpoint);
    if (found === undefined) return undefined;
    await record(BASE_RECORD, new TextEncoder().encode(recordText({ fingerprint: found.sha256, tensors: found.tensors.size, name: base.path })));
    return BASE_RECORD;
  } finally {
    await closeCheckpoint(checkpoint);
  }
}

/** Loading a base of one's own: it comes first, the adapter second, whatever adapter_config.json names. */
function snippet(base: string, adapter: string): string {
  return [
    'from peft import PeftModel',
    'from transformers import AutoModelForCausalLM',
    `model = AutoModelForCausalLM.from_pretrained(${JSON.stringify(base)}, torch_dtype="auto")`,
    `model = PeftModel.from_pretrained(model, ${JSON.stringify(adapter)})`,
  ].join('\n');
}
