/**
 * @module
 * Findings as SARIF 2.1.0, what code hosts and editors show beside the files. https://docs.oasis-open.org/sarif/sarif/v2.1.0/
 */
import { lookUpCode, renderFinding, type Finding, type FindingDocument, type Language, type Severity } from '../findings/index.ts';
import { VERSION } from '../version.ts';

const LEVELS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'note' };
const LANGUAGES: Readonly<Record<Language, string>> = { en: 'en-US', zh: 'zh-CN' };

/** What a report is about. */
export interface Subject {
  /** The directory as it was given; paths of findings are below it. */
  readonly path: string;
}

/** The text of a SARIF file. */
export function sarifText(findings: readonly Finding[], { path }: Subject, language: Language): string {
  const codes = [...new Set(findings.map(({ code }) => code))].sort(), index = new Map(codes.map((code, i) => [code, i]));
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{
      tool: { driver: { name: 'temper', version: VERSION, semanticVersion: VERSION, rules: codes.map((code) => ruleOf(code, language)) } },
      language: LANGUAGES[language],
      columnKind: 'utf16CodeUnits',
      results: findings.map((one) => resultOf(renderFinding(one, language), index, path, lineOf(one))),
    }],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

/** The words of a code without the numbers of one occurrence. */
function ruleOf(id: string, language: Language): object {
  const code = lookUpCode(id);
  if (code === undefined) return { id };
  const plain = (text: string) => text.replace(/\{(\w+)\}/g, '…');
  return {
    id, name: id.split('-').map((word) => word[0]!.toUpperCase() + word.slice(1)).join(''),
    shortDescription: { text: plain(code.message[language]) }, fullDescription: { text: plain(code.why[language]) },
    help: { text: plain(code.fix[language]) }, defaultConfiguration: { level: LEVELS[code.severity] },
  };
}

/** The line of a finding about code. */
const lineOf = ({ parameters }: Finding): number => (typeof parameters['line'] === 'number' ? parameters['line'] : 1);

function resultOf(one: FindingDocument, index: ReadonlyMap<string, number>, root: string, line: number): object {
  const uri = uriOf(root, one.path);
  return {
    ruleId: one.code, ruleIndex: index.get(one.code), level: LEVELS[one.severity],
    message: { text: [one.message, one.why, one.fix].filter((text) => text !== undefined).join('\n') },
    locations: [{
      // Code hosts want a line; weights have none, so their offset says where.
      physicalLocation: { artifactLocation: { uri }, region: { startLine: line, ...(one.offset === undefined ? {} : { byteOffset: one.offset }) } },
      ...(one.tensor === undefined ? {} : { logicalLocations: [{ fullyQualifiedName: one.tensor, kind: 'member' }] }),
    }],
    partialFingerprints: { 'temper/v1': [one.code, one.path, one.tensor ?? (line > 1 ? line : '')].join(' ') },
    ...(one.profile === undefined ? {} : { properties: { profile: one.profile } }),
  };
}

/** A relative URI where the directory was given by a relative path. */
function uriOf(root: string, path: string): string {
  const parts = [...root.replaceAll('\\', '/').replace(/\/+$/, '').split('/').filter((part) => part !== '.'), ...path === '.' ? [] : path.split('/')];
  return parts.map((part) => encodeURIComponent(part)).join('/') || '.';
}
