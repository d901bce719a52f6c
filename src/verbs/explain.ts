/**
 * @module
 * explain: what a code means, why it matters, what to do about it. Without a code: all of them.
 */
import { refuse, type Code, type Text } from '../findings/index.ts';
import { suggest, type ExplainBody } from '../reports/index.ts';
import { CORE_CODES } from './catalogue.ts';
import { UNKNOWN_CODE } from './codes.ts';
import type { Answer } from './verb.ts';

/** Which code to explain, of which. */
export interface ExplainRequest {
  readonly code?: string;
  /** Those of the core unless the caller has more. */
  readonly codes?: readonly Code[];
}

/** Explains a code, in whatever case and with or without the brackets that reports put around it. */
export function explain({ code, codes = CORE_CODES }: ExplainRequest): Answer<ExplainBody> {
  return { schema: 'temper.explain/1', exit: 0, findings: [], body: code === undefined ? { codes: codes.map(summary) } : details(find(code, codes)) };
}

const summary = ({ code, severity, message }: Code) => ({ code, severity, message });

function details(code: Code): ExplainBody {
  return { ...summary(code), why: code.why, fix: code.fix, ...(code.page === undefined ? {} : { page: code.page }) };
}

function find(given: string, codes: readonly Code[]): Code {
  const name = given.trim().replace(/^(?:error|warning|note|info)?\[(.*)\]$/, '$1').toLowerCase().replaceAll('_', '-');
  const code = codes.find((one) => one.code === name);
  if (code !== undefined) return code;
  const near = suggest(name, codes.map((one) => one.code));
  const hint: Text = near === undefined ? { en: '', zh: '' } : { en: `; did you mean ${near}?`, zh: `；您是否想查 ${near}？` };
  return refuse(UNKNOWN_CODE, { code: given, hint }, { path: '.' });
}
