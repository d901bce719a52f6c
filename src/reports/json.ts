/**
 * @module
 * The JSON document of an answer. One key of the document per line and one entry of a list per line, so that a diff or
 * `grep` over it is readable, and so that half a million tensors are written without holding the whole text.
 */
import { renderFinding, type Finding, type Language } from '../findings/index.ts';

/** `{schema, version, exit, findings, …body}` of the contract. */
export interface AnswerDocument {
  readonly schema: string;
  readonly version: string;
  readonly exit: number;
  readonly findings: readonly Finding[];
  readonly body: object;
}

/** JSON.stringify's view of values that JSON cannot hold: exact integers become strings, texts one language. */
function plain(language: Language) {
  return (_key: string, value: unknown): unknown => {
    if (typeof value === 'bigint') return exact(value);
    if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) return String(BigInt(value));
    if (value instanceof Map) return Object.fromEntries(value);
    return isText(value) ? value[language] : value;
  };
}

const exact = (value: bigint) => (value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value));

/** Whether a value is one text in every language, and nothing else. */
export function isText(value: unknown): value is Record<Language, string> {
  if (typeof value !== 'object' || value === null) return false;
  const { en, zh } = value as Record<string, unknown>;
  return typeof en === 'string' && typeof zh === 'string' && Object.keys(value).length === 2;
}

/** The document in pieces, to be written one after the other; ends with a newline. */
export function* jsonChunks(document: AnswerDocument, language: Language): Generator<string> {
  const { schema, version, exit, findings, body } = document;
  const replace = plain(language);
  const entries = Object.entries({ schema, version, exit, findings: findings.map((one) => renderFinding(one, language)), ...body })
    .filter(([, value]) => value !== undefined);
  yield '{';
  let first = true;
  for (const [key, value] of entries) {
    yield `${first ? '' : ','}\n  ${JSON.stringify(key)}: `;
    first = false;
    if (Array.isArray(value) && value.some((entry) => typeof entry === 'object')) {
      for (const [i, entry] of value.entries()) yield `${i === 0 ? '[' : ','}\n    ${JSON.stringify(entry, replace)}`;
      yield '\n  ]';
    } else {
      yield JSON.stringify(value, replace);
    }
  }
  yield '\n}\n';
}

/** The whole document as one string. */
export function jsonText(document: AnswerDocument, language: Language): string {
  return [...jsonChunks(document, language)].join('');
}
