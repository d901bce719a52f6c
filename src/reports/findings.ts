/**
 * @module
 * Findings for people: worst first, equal ones once, each with its place, what was found, why it matters and what to do.
 *
 *     error[shape-mismatch] model.layers.0.mlp.up_proj.weight: lora_A is [8, 64], the base needs [8, 128]
 *       → adapter_model.safetensors:1024  found [8, 64], expected [8, 128]
 *       why  …
 *       fix  …
 */
import { printable, renderFinding, type Finding, type FindingDocument, type Severity } from '../findings/index.ts';
import { group } from './group.ts';
import { paint, type Screen, type Style } from './screen.ts';
import { counted, joined, severityWord, word } from './words.ts';
import { hanging } from './wrap.ts';
import { displayWidth } from './width.ts';

const ORDER: readonly Severity[] = ['error', 'warning', 'info'];
/** Findings of one code shown before the rest is counted. One more than this is shown too, rather than "and 1 more". */
const SHOWN_PER_CODE = 3;

/** Lines of all findings; empty without findings. */
export function renderFindings(findings: readonly Finding[], screen: Screen): string[] {
  const documents = sorted(findings).map((one) => renderFinding(one, screen.language));
  const groups = group(documents, (one) => `${one.severity} ${one.code}`);
  const lines: string[] = [];
  for (const own of groups.values()) lines.push(...renderGroup(own, screen), '');
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

function renderGroup(alike: readonly FindingDocument[], screen: Screen): string[] {
  const { language } = screen;
  const shown = screen.all || alike.length <= SHOWN_PER_CODE + 1 ? alike : alike.slice(0, SHOWN_PER_CODE);
  const lines: string[] = [];
  for (const one of shown) lines.push(headline(one, screen), ...placeLines(one, screen));
  const rest = alike.length - shown.length;
  if (rest > 0) lines.push(`  ${paint(screen, 'faint', word(language, 'moreAll').replace('{n}', String(rest)))}`);
  // Reason and remedy once: they are those of the code, for the first as an example.
  lines.push(...labelled('why', alike[0]!.why, screen), ...labelled('fix', alike[0]!.fix, screen, 'name'));
  return lines;
}

function headline(one: FindingDocument, screen: Screen): string {
  const label = `${severityWord(screen.language, one.severity)}[${one.code}]`;
  const lines = hanging('', `${label} ${one.message}`, screen.columns);
  return lines.replace(label, paint(screen, one.severity, label));
}

function placeLines(one: FindingDocument, screen: Screen): string[] {
  const lines: string[] = [];
  const place = one.offset === undefined && (one.path === '.' || one.message.includes(printable(one.path))) ? '' : printable(one.path) + (one.offset === undefined ? '' : `:${one.offset}`);
  const tensor = one.tensor === undefined || one.message.includes(printable(one.tensor)) ? '' : printable(one.tensor);
  const profile = one.profile === undefined ? '' : `(${printable(one.profile)})`;
  const where = [place, tensor, profile].filter((part) => part !== '').join('  ');
  const evidence = (['found', 'expected'] as const).filter((key) => one[key] !== undefined).map((key) => `${word(screen.language, key)} ${printable(String(one[key]))}`);
  const inOne = [...(where === '' ? [] : [where]), ...(evidence.length === 0 ? [] : [joined(screen.language, evidence)])].join('  ');
  if (inOne === '') return [];
  const arrow = (text: string) => `  ${paint(screen, 'faint', '→')} ${text}`;
  if (displayWidth(inOne) + 4 <= screen.columns) return [arrow(inOne)];
  // Too long for one line: a line each.
  if (where !== '') lines.push(arrow(where));
  lines.push(...evidence.map((text) => hanging('    ', text, screen.columns)));
  return lines;
}

function labelled(key: 'why' | 'fix', text: string | undefined, screen: Screen, style: Style = 'faint'): string[] {
  if (text === undefined) return [];
  const label = word(screen.language, key);
  const block = hanging(`  ${label}  `, text, screen.columns);
  return [block.replace(label, paint(screen, style, label))];
}
