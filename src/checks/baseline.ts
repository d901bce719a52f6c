/**
 * @module
 * A baseline: findings that are known and accepted, so that a check fails only on what is new. Told apart by code, path and
 * tensor, never by wording.
 */
import { parseJson } from '../containers/index.ts';
import { defineCode, refuse, type Finding } from '../findings/index.ts';

/** A file that is none. */
export const BASELINE_INVALID = defineCode({
  code: 'baseline-invalid',
  severity: 'error',
  message: { en: '{file} is no baseline', zh: '{file} 不是基线文件' },
  why: { en: 'Ignoring it would let known findings fail the check again, or hide that the file is damaged.', zh: '忽略它会让已知问题再次导致失败，或掩盖文件已损坏的事实。' },
  fix: { en: 'Write it anew: temper check DIR --write-baseline {file}', zh: '请重新生成：temper check DIR --write-baseline {file}' },
});

const SCHEMA = 'temper.baseline/1';

/** What tells a finding apart. */
export const keyOf = ({ code, path = '.', tensor }: Finding): string => JSON.stringify([code, path, tensor ?? null]);

/** Text of a baseline that knows these findings; notes are left out. */
export function baselineText(findings: readonly Finding[]): string {
  const entries = findings.filter(({ severity }) => severity !== 'info').map(({ code, severity, path = '.', tensor }) => ({ code, severity, path, ...(tensor === undefined ? {} : { tensor }) }));
  return `${JSON.stringify({ schema: SCHEMA, findings: entries }, null, 2)}\n`;
}

/** Keys of the findings that a baseline knows. */
export function readBaseline(bytes: Uint8Array, file: string): ReadonlySet<string> {
  const document = parseJson(bytes, file), list = document instanceof Map && document.get('schema') === SCHEMA ? document.get('findings') : undefined;
  if (!Array.isArray(list)) return refuse(BASELINE_INVALID, { file }, { path: file });
  return new Set(list.map((one) => {
    const of = (key: string) => (one instanceof Map && typeof one.get(key) === 'string' ? one.get(key) : null);
    return JSON.stringify([of('code'), of('path'), of('tensor')]);
  }));
}
