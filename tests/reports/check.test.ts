/** The forms of a check's report: what they hold, in both languages, and that names from files break none of them. */
import { describe, expect, it } from 'vitest';
import { CONFIG_MISSING } from '../../src/checks/rules/config.ts';
import { HOLLOW_TENSOR } from '../../src/checks/rules/hollow.ts';
import { TWINS_EQUAL } from '../../src/checks/rules/twins.ts';
import { finding, type Finding } from '../../src/findings/index.ts';
import { checkSentence, renderCheck } from '../../src/reports/check.ts';
import type { CheckBody } from '../../src/reports/documents.ts';
import { htmlText } from '../../src/reports/html.ts';
import { markdownText } from '../../src/reports/markdown.ts';
import { sarifText } from '../../src/reports/sarif.ts';
import { PLAIN } from '../../src/reports/screen.ts';

const hollow = (layer: number) => finding(HOLLOW_TENSOR, { tensor: `layers.${layer}.w`, shape: '0' }, { path: 'adapter_model.safetensors', tensor: `layers.${layer}.w` });
const FINDINGS: readonly Finding[] = [
  finding(CONFIG_MISSING, { folder: '.' }, { path: '.' }), ...[0, 1, 2, 3].map(hollow),
  finding(TWINS_EQUAL, { twin: 'pytorch_model.bin', used: 'model.safetensors' }, { path: 'pytorch_model.bin' }),
];
const body = (more: Partial<CheckBody> = {}): CheckBody => ({
  path: 'out put', kinds: ['full-model'], producer: null, profiles: [], fail_on: 'error', checked: { folders: 1, files: 3, bytes: 1000 }, counts: { error: 5, warning: 1, info: 0 }, known: 0, ...more,
});

describe('for people', () => {
  it('says first whether it is fine', () => {
    expect(checkSentence(body(), PLAIN)).toBe('out put is not in order: 5 errors, 1 warning.');
    expect(checkSentence(body({ counts: { error: 0, warning: 1, info: 0 } }), PLAIN)).toBe('out put can be used, but look at this first: 1 warning.');
    expect(checkSentence(body({ counts: { error: 0, warning: 0, info: 2 }, profiles: ['deploy'] }), PLAIN)).toBe('out put is fine for deploy; 2 notes.');
    expect(checkSentence(body({ counts: { error: 0, warning: 0, info: 0 } }), { ...PLAIN, language: 'zh' })).toBe('out put 没有问题。');
  });

  it('folds tensors that differ in a number, and types paths as they were given', () => {
    const text = renderCheck(body(), FINDINGS, PLAIN).join('\n');
    expect(text).toContain('layers.[0-3].w is hollow: shape [0], no elements (×4)');
    expect(text).toContain('temper check \'out put\' --fix --yes');
    expect(renderCheck(body(), FINDINGS, { ...PLAIN, all: true }).join('\n')).toContain('layers.2.w is hollow');
  });

  it('shows what can be put right', () => {
    const fixes = [{ path: 'config.json', action: 'write' as const, why: { en: 'rows', zh: '行数' }, applied: false }];
    expect(renderCheck(body({ fixes }), [], PLAIN).join('\n')).toContain('write config.json: rows');
    expect(renderCheck(body({ fixes: [] }), [], { ...PLAIN, language: 'zh' }).at(-1)).toContain('没有可以');
  });
});

describe('SARIF', () => {
  it('has a rule per code, a result per finding, and places as URIs', () => {
    const log = JSON.parse(sarifText(FINDINGS, { path: './out put/' }, 'en')), [run] = log.runs;
    expect([log.version, run.tool.driver.rules.map((rule: any) => rule.id), run.results.length]).toEqual(['2.1.0', ['config-missing', 'hollow-tensor', 'twins-equal'], 6]);
    for (const result of run.results) expect(run.tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
    expect(run.results.map((result: any) => result.locations[0].physicalLocation.artifactLocation.uri)).toEqual(['out%20put', ...Array(4).fill('out%20put/adapter_model.safetensors'), 'out%20put/pytorch_model.bin']);
    expect(run.results[1]).toMatchObject({ level: 'error', locations: [{ logicalLocations: [{ fullyQualifiedName: 'layers.0.w' }] }] });
    expect(new Set(run.results.map((result: any) => result.partialFingerprints['temper/v1'])).size).toBe(6);
  });

  it('speaks Chinese', () => {
    const [run] = JSON.parse(sarifText(FINDINGS, { path: 'x' }, 'zh')).runs;
    expect([run.language, run.results[0].message.text]).toEqual(['zh-CN', expect.stringContaining('却没有 config.json')]);
  });
});

describe('Markdown and HTML', () => {
  const nasty = finding(HOLLOW_TENSOR, { tensor: '<script>alert(1)</script>|`x`', shape: '0' }, { path: 'a|b`.safetensors', tensor: '<script>alert(1)</script>|`x`' });

  it('list every finding', () => {
    expect(markdownText(FINDINGS, { path: 'x' }, 'en').match(/layers\.\d\.w/g)?.length).toBe(8);
    expect(htmlText(FINDINGS, { path: 'x' }, 'en').match(/layers\.\d\.w is hollow/g)?.length).toBe(4);
    expect(markdownText([], { path: 'x' }, 'zh')).toContain('未发现问题');
    expect(htmlText([], { path: 'x' }, 'zh')).toContain('lang="zh-Hans"');
  });

  it('take names from files as text', () => {
    expect(htmlText([nasty], { path: '"><img src=x>' }, 'en')).not.toMatch(/<script|<img/);
    const rows = markdownText([nasty], { path: 'x' }, 'en').split('\n').filter((line) => line.startsWith('| `'));
    expect(rows).toHaveLength(1);
    expect(rows[0]!.replaceAll('\\|', '').split('|')).toHaveLength(4);
    expect(rows[0]).not.toMatch(/is hollow.*<script/);
  });
});
