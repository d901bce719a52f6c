/** Python configurations read as data. What would run in Python stays text. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTemperError } from '../../src/findings/index.ts';
import { CONFIG_TEXT_MAX, parsePythonConfig, PyText } from '../../src/producers/python/config.ts';
import { xtunerName, xtunerSettings } from '../../src/producers/xtuner-state.ts';

const parse = (text: string) => parsePythonConfig(text, 'config.py');
const map = (entries: Record<string, unknown>) => new Map(Object.entries(entries));

describe('a Python configuration', () => {
  it('gives literals', () => {
    expect(parse('a = 1\nb = -2.5e-3\nc = \'x\'\nd = "y" \'z\'\ne = True\nf = None\ng = 1_000\nh = r\'\\d\'\ni = \'\\u4e2d\\n\'\nj = 0x10\n'))
      .toEqual(map({ a: 1, b: -0.0025, c: 'x', d: 'yz', e: true, f: null, g: 1000, h: '\\d', i: '中\n', j: 16 }));
  });

  it('gives lists, dicts and calls of dict, over lines, with comments between', () => {
    expect(parse('model = dict(  # the model\n    type=\'M\',\n    lora=dict(r=8,\n              # rank above\n              lora_alpha=16),\n    more={\'a\': [1, 2, (3, 4)], 5: \'b\'},\n)\nlast = (1,)\nalone = (2)\nset_ = {1, 2}\n')).toEqual(map({
      model: map({ type: 'M', lora: map({ r: 8, lora_alpha: 16 }), more: map({ a: [1, 2, [3, 4]], 5: 'b' }) }), last: [1], alone: 2, set_: [1, 2],
    }));
  });

  it('follows names, and dicts spread into others', () => {
    expect(parse('name = \'base\'\npart = dict(r=4)\nmodel = dict(llm=dict(path=name), **part)\n').get('model')).toEqual(map({ llm: map({ path: 'base' }), r: 4 }));
  });

  it('keeps as text what it would have to run', () => {
    const found = parse('import os\nfrom x import *\nwith read_base():\n    from y import z\na = os.system(\'echo\')\nb = 2 * 8\nc = f\'{a}\'\nd = [i for i in range(3)]\ne = AutoModel.from_pretrained\nf = lambda x: x\nif True:\n    g = 1\ndef h():\n    return 1\nok = 5\n');
    for (const name of ['a', 'b', 'c', 'e', 'f']) expect([name, found.get(name)]).toEqual([name, expect.any(PyText)]);
    expect(found.get('ok')).toBe(5);
    expect(found.has('g')).toBe(false);
  });

  it.each(['a=[)', 'a=[}', 'a=(]', 'a={]', 'a={)', 'a=dict(]', 'a=[1, {2: (]', 'a={1:]'])('ends where brackets do not match: %s', (text) => {
    expect([...parse(`${text}\nb=1\n`).keys()]).toContain('a');
  });

  it('ends on any text, with data or a refusal', () => {
    const pieces = fc.constantFrom('a', '=', 'dict(', ')', '[', ']', '{', '}', ',', ':', '\'', '"', '\'\'\'', '1', '\n', ' ', '#', '**', '.', 'None', '-', '\\', 'x=', '中');
    fc.assert(fc.property(fc.array(pieces, { maxLength: 60 }), (words) => { expect(parse(words.join(''))).toBeInstanceOf(Map); }), { numRuns: 500 });
  });

  it('is refused when it is none', () => {
    const code = (text: string) => { try { parse(text); return undefined; } catch (error) { return isTemperError(error) ? error.code : error; } };
    expect(code(`a = ${'['.repeat(200)}`)).toBe('config-text');
    expect(code('#'.repeat(CONFIG_TEXT_MAX + 1))).toBe('config-text');
  });
});

describe('settings of XTuner', () => {
  it('come from the dumped form and from the form that people write', () => {
    const settings = { llm: { base: 'org/llm', lora: { r: 64, alpha: 16, dropout: 0.1, taskType: 'CAUSAL_LM', rslora: false, dora: false } }, visual_encoder: { base: 'org/clip', lora: { r: 8, alpha: 1, dropout: 0, taskType: null, rslora: false, dora: false } } };
    expect(xtunerSettings(parse('llm_name = \'org/llm\'\nmodel = dict(type=LLaVAModel, llm=dict(type=AutoModelForCausalLM.from_pretrained, pretrained_model_name_or_path=llm_name),\n llm_lora=dict(type=LoraConfig, r=64, lora_alpha=16, lora_dropout=0.1, task_type=\'CAUSAL_LM\'),\n visual_encoder=dict(pretrained_model_name_or_path=\'org/clip\'), visual_encoder_lora=dict(type=\'peft.LoraConfig\', lora_alpha=1))'))).toEqual(settings);
    expect(xtunerSettings(parse('model = dict(type=InternVL_V1_5, model_path=\'org/vl\', llm_lora=dict(r=4))'))).toMatchObject({ llm: { base: 'org/vl', lora: { r: 4, alpha: 8 } }, visual_encoder: { base: 'org/vl' } });
    expect(xtunerSettings(parse('a = 1'))).toEqual({ llm: {}, visual_encoder: {} });
  });

  it('find the part of every key', () => {
    expect(['llm.model.norm.weight', 'visual_encoder.vision_model.x', 'projector.model.0.bias', 'v_head.weight', 'model.language_model.model.x', 'model.mlp1.0.weight', 'model.layers.0.x'].map((key) => xtunerName(key)))
      .toEqual([
        { part: 'llm', name: 'model.norm.weight', keep: '' }, { part: 'visual_encoder', name: 'vision_model.x', keep: '' }, { part: 'projector', name: 'model.0.bias', keep: '' }, { part: 'head', name: 'v_head.weight', keep: '' },
        { part: 'llm', name: 'model.x', keep: 'language_model.' }, { part: 'projector', name: 'mlp1.0.weight', keep: '' }, undefined,
      ]);
  });
});
