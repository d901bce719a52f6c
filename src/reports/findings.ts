/**
 * @module
 * Findings for people: worst first, equal ones once, each with its place, what was found, why it matters and what to do.
 *
 *     error[shape-mismatch] model.layers.0.mlp.up_proj.weight: lora_A is [8, 64], the base needs [8, 128]
 *       → adapter_model.safetensors:1024
 *       found     [8, 64]
 *       expected  [8, 128]
 *       why  …
 *       fix  …
 */
import { printable, renderFinding, type Finding, type FindingDocument, type Severity } from '../findings/index.ts';
import { paint, type Screen, type Style } from './screen.ts';
import { counted, joined, severityWord, word } from './words.ts';
import { hanging } from './wrap.ts';
import { pad } from './width.ts';

const ORDER: readonly Severity[] = ['error', 'warning', 'info'];
/** Findings of one code shown before the rest is counted. One more than this is shown too, rather than "and 1 more". */
const SHOWN_PER_CODE = 3;

/** Lines of all findings; empty without findings. */
export function renderFindings(findings: readonly Finding[], screen: Screen): string[] {
  const groups = new Map<string, FindingDocument[]>();
  for (const finding of sorted(findings)) {
    const rendered = renderFinding(finding, screen.language);
    const key = `${finding.severity} ${finding.code}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [rendered]);
    else group.push(rendered);
  }
  const lines: string[] = [];
  for (const group of groups.values()) lines.push(...renderGroup(group, screen), '');
  return lines.slice(0, -1);
}

/** `2 errors, 1 warning`, or that there is nothing. */
export function countLine(findings: readonly Finding[], screen: Screen): string {
  const { language } = screen;
  if (findings.length === 0) return paint(screen, 'good', word(language, 'nothingFound'));
  return joined(language, ORDER.map((severity) => {
    const n = findings.filter((one) => one.severity === severity).length;
    return n === 0 ? '' : paint(screen, severity, counted(language, severity, n));
  }));
}

/** Worst first, then by file and offset; findings without an order keep theirs. */
function sorted(findings: readonly Finding[]): Finding[] {
  const rank = (one: Finding) => ORDER.indexOf(one.severity);
  const path = (one: Finding) => one.path ?? '';
  return [...findings].sort((a, b) => rank(a) - rank(b) || (path(a) < path(b) ? -1 : path(a) > path(b) ? 1 : 0) || (a.offset ?? 0) - (b.offset ?? 0));
}

function renderGroup(group: readonly FindingDocument[], screen: Screen): string[] {
  const { language } = screen;
  const shown = screen.all || group.length <= SHOWN_PER_CODE + 1 ? group : group.slice(0, SHOWN_PER_CODE);
  const lines: string[] = [];
  for (const [i, one] of shown.entries()) {
    lines.push(headline(one, screen), ...placeLines(one, screen));
    // Reason and remedy once, unless they differ from one to the next.
    const next = shown[i + 1];
    if (next === undefined || next.why !== one.why) lines.push(...labelled('why', one.why, screen));
    if (next === undefined || next.fix !== one.fix) lines.push(...labelled('fix', one.fix, screen, 'name'));
  }
  const rest = group.length - shown.length;
  if (rest > 0) lines.push(`  ${paint(screen, 'faint', word(language, 'moreAll').replace('{n}', String(rest)))}`);
  return lines;
}

function headline(one: FindingDocument, screen: Screen): string {
  const label = `${severityWord(screen.language, one.severity)}[${one.code}]`;
  const lines = hanging('', `${label} ${one.message}`, screen.columns);
  return lines.replace(label, paint(screen, one.severity, label));
}

function placeLines(one: FindingDocument, screen: Screen): string[] {
  const lines: string[] = [];
  const place = one.path === '.' && one.offset === undefined ? '' : printable(one.path) + (one.offset === undefined ? '' : `:${one.offset}`);
  const tensor = one.tensor === undefined || one.message.includes(printable(one.tensor)) ? '' : printable(one.tensor);
  const profile = one.profile === undefined ? '' : `(${printable(one.profile)})`;
  const where = [place, tensor, profile].filter((part) => part !== '').join('  ');
  if (where !== '') lines.push(`  ${paint(screen, 'faint', '→')} ${where}`);
  const evidence = (['found', 'expected'] as const).filter((key) => one[key] !== undefined);
  for (const key of evidence) {
    const label = pad(word(screen.language, key), evidence.length > 1 ? 8 : 0);
    lines.push(hanging(`  ${label}  `, printable(String(one[key])), screen.columns));
  }
  return lines;
}

function labelled(key: 'why' | 'fix', text: string | undefined, screen: Screen, style: Style = 'faint'): string[] {
  if (text === undefined) return [];
  const label = word(screen.language, key);
  const block = hanging(`  ${label}  `, text, screen.columns);
  return [block.replace(label, paint(screen, style, label))];
}
