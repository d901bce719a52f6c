import { describe, expect, it } from 'vitest';
import { defineCode, finding, lookUpCode, type Finding, type Language } from '../../src/findings/index.ts';
import { countLine, jsonText, renderDoctor, renderExplain, renderFindings, renderInspect, renderVerify, renderWritten, type Screen } from '../../src/reports/index.ts';
import { TENSOR_VERDICTS, MERGE_VERDICTS } from '../../src/reports/verdicts.ts';
import { displayWidth } from '../../src/reports/width.ts';
import { COLLECTION, DOCTOR, INSPECTED, MERGED, PARTLY, PLANNED, WRITTEN, WRONG_SCALE } from './examples.ts';

const code = lookUpCode('test-shape') ?? defineCode({
  code: 'test-shape', severity: 'error',
  message: { en: '{tensor} has a shape that does not fit', zh: '{tensor} 的形状不符' },
  why: { en: 'A matrix of another shape belongs to another model.', zh: '形状不同的矩阵属于另一个模型。' },
  fix: { en: 'Give the right base: temper inspect {tensor}', zh: '请给出正确的基座：temper inspect {tensor}' },
});
const one = (tensor: string, place: object = {}): Finding => finding(code, { tensor } as never, { path: 'adapter_model.safetensors', tensor, ...place });
const FINDINGS: readonly Finding[] = [
  one('a', { severity: 'info' }), ...[3, 1, 2, 0, 4, 5].map((i) => one(`layers.${i}`, { offset: 100 + i, found: '[8, 64]', expected: '[8, 128]' })), one('\u001b[31mred', { severity: 'warning' }),
];

const REPORTS: Readonly<Record<string, (screen: Screen) => readonly string[]>> = {
  inspect: (screen) => renderInspect(INSPECTED, 'output', screen),
  'inspect collection': (screen) => renderInspect(COLLECTION, '.', screen),
  written: (screen) => renderWritten(WRITTEN, screen),
  plan: (screen) => renderWritten(PLANNED, screen),
  'verify merged': (screen) => renderVerify(MERGED, screen),
  'verify wrong-scale': (screen) => renderVerify(WRONG_SCALE, screen),
  'verify partly-merged': (screen) => renderVerify(PARTLY, screen),
  doctor: (screen) => renderDoctor(DOCTOR, screen),
  explain: (screen) => renderExplain({ ...code, page: { en: 'First paragraph about why this happens, long enough to be wrapped on a narrow screen.\n\n    temper inspect', zh: '第一段。\n\n    temper inspect' } }, screen),
  'explain all': (screen) => renderExplain({ codes: [code, { ...code, code: 'test-other', severity: 'info' }] }, screen),
  findings: (screen) => [...renderFindings(FINDINGS, screen), countLine(FINDINGS, screen)],
};

describe.each(Object.entries(REPORTS))('%s', (_name, render) => {
  it.each<Language>(['en', 'zh'])('reads well in %s at 80 columns', (language) => {
    expect(`\n${render({ language, columns: 80, color: false, all: false }).join('\n')}\n`).toMatchSnapshot();
  });

  it.each<Language>(['en', 'zh'])('stays within narrow and wide screens in %s', (language) => {
    for (const columns of [60, 80, 120]) {
      for (const all of [false, true]) {
        for (const line of render({ language, columns, color: false, all }).join('\n').split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
      }
    }
  });

  it('lets nothing from a file reach the terminal unescaped', () => {
    const text = render({ language: 'en', columns: Infinity, color: false, all: true }).join('\n');
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202a-\u202e]/);
  });

  it('is the same text with colour', () => {
    const screen: Screen = { language: 'zh', columns: 80, color: false, all: false };
    const plain = render(screen).join('\n'), coloured = render({ ...screen, color: true }).join('\n');
    expect(coloured).not.toBe(plain);
    expect(coloured.replace(/\x1b\[[\d;]*m/g, '')).toBe(plain);
  });
});

describe('verdicts', () => {
  it('are good exactly where the contract exits 0', () => {
    expect(Object.entries(MERGE_VERDICTS).filter(([, { good }]) => good).map(([name]) => name)).toEqual(['merged', 'merged-with-rounding']);
    expect(Object.entries(TENSOR_VERDICTS).filter(([, { good }]) => good).map(([name]) => name)).toEqual(['exact', 'rounding', 'untouched', 'replaced', 'no-effect', 'extra']);
  });

  it('begin with yes only when the merge worked', () => {
    for (const { good, en } of Object.values(MERGE_VERDICTS)) expect(en.startsWith('Yes')).toBe(good);
  });
});

describe('a run that took long', () => {
  it('says how long and how fast', () => {
    const screen: Screen = { language: 'en', columns: 80, color: false, all: false };
    expect(renderWritten(WRITTEN, screen, 10)[0]).toBe('Written to merged  6.22 GB in 10 s, 622 MB/s');
    expect(renderWritten(WRITTEN, screen, 0.5)[0]).toBe('Written to merged');
  });
});

describe('the JSON document', () => {
  const document = (body: object, findings: readonly Finding[] = []) => ({ schema: 'temper.test/1', version: '1.2.3', exit: 1, findings, body });

  it('is one document with the keys of the contract first', () => {
    const text = jsonText(document(INSPECTED, FINDINGS), 'en');
    const parsed = JSON.parse(text);
    expect(Object.keys(parsed).slice(0, 4)).toEqual(['schema', 'version', 'exit', 'findings']);
    expect(parsed.findings).toHaveLength(FINDINGS.length);
    expect(parsed.findings[1]).toEqual({
      code: 'test-shape', severity: 'error', path: 'adapter_model.safetensors', tensor: 'layers.3', offset: 103, message: 'layers.3 has a shape that does not fit',
      found: '[8, 64]', expected: '[8, 128]', why: 'A matrix of another shape belongs to another model.', fix: 'Give the right base: temper inspect layers.3',
    });
    expect(parsed.tensors).toEqual(INSPECTED.tensors);
    expect(text.split('\n').filter((line) => line.includes('lora_A'))).toHaveLength(INSPECTED.tensors!.length);
  });

  it('shows one language of every text', () => {
    expect(JSON.parse(jsonText(document(INSPECTED), 'en')).producer.why).toBe('trainer_log.jsonl and training_args.bin');
    expect(JSON.parse(jsonText(document(INSPECTED), 'zh')).producer.why).toBe('有 trainer_log.jsonl 与 training_args.bin');
    expect(JSON.parse(jsonText(document(WRITTEN), 'zh')).tensors.dropped[0].why).toBe('已保存模块的未训练副本');
  });

  it('writes integers beyond 2^53 as strings and leaves nothing out', () => {
    const body = { big: 2n ** 60n, small: 7n, huge: 2 ** 60, real: 0.1, list: [2n ** 53n], none: null, gone: undefined, empty: [], words: ['a', 'b'], __proto_: 1 };
    expect(JSON.parse(jsonText(document(body), 'en'))).toEqual({
      schema: 'temper.test/1', version: '1.2.3', exit: 1, findings: [],
      big: '1152921504606846976', small: 7, huge: '1152921504606846976', real: 0.1, list: ['9007199254740992'], none: null, empty: [], words: ['a', 'b'], __proto_: 1,
    });
  });

  it('keeps a tensor called __proto__', () => {
    const text = jsonText(document({ effective_weights: JSON.parse('{"__proto__":["x"]}'), map: new Map([['__proto__', 1]]) }), 'en');
    expect(text).toContain('"effective_weights": {"__proto__":["x"]}');
    expect(text).toContain('"map": {"__proto__":1}');
  });
});
