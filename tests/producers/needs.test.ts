/** What needs a file in its place, and what its content is. */
import { describe, expect, it } from 'vitest';
import { fileOf, kindsOf, pickledDict, pickledObject, safetensors, survey, torchTensors } from './trees.ts';

const CONFIG = { model_type: 'llama' };
const WEIGHTS = safetensors({ 'model.norm.weight': [2] });
const index = (...shards: string[]) => ({ metadata: {}, weight_map: Object.fromEntries(shards.map((shard, i) => [`t${i}`, shard])) });

describe('superseded weights', () => {
  it('are needed for nothing: another format with all its shards, a stale index', async () => {
    const tree = await survey({
      'config.json': CONFIG, 'model.safetensors': WEIGHTS, 'model.safetensors.index.json': index('model-00001-of-00001.safetensors'),
      'pytorch_model.bin.index.json': index('pytorch_model-00001-of-00001.bin'), 'pytorch_model-00001-of-00001.bin': torchTensors({ a: [1] }),
    });
    expect(tree.directories.get('')!.weights).toEqual(['model.safetensors']);
    for (const name of ['model.safetensors.index.json', 'pytorch_model.bin.index.json', 'pytorch_model-00001-of-00001.bin']) expect(tree.files.get(name)!.neededFor).toEqual(['nothing']);
    expect(fileOf(tree, 'model.safetensors')).toBe('weights safetensors inference');
  });

  it('of an adapter: safetensors before bin', async () => {
    const tree = await survey({ 'adapter_config.json': { peft_type: 'LORA' }, 'adapter_model.safetensors': safetensors({ 'x.lora_A.weight': [1] }), 'adapter_model.bin': torchTensors({ 'x.lora_A.weight': [1] }) });
    expect(fileOf(tree, 'adapter_model.bin')).toBe('adapter-weights torch-zip nothing');
  });

  it('that are hollow, where a state beside them has the values', async () => {
    const hollow = safetensors({ 'base_model.model.q.lora_A.weight': [0] }), alone = { 'adapter_config.json': { peft_type: 'LORA' }, 'adapter_model.safetensors': hollow };
    expect(fileOf(await survey(alone), 'adapter_model.safetensors')).toBe('adapter-weights safetensors inference+merge');
    const tree = await survey({ ...alone, 'global_step4/mp_rank_00_model_states.pt': pickledDict(['module']), 'global_step4/zero_pp_rank_0_mp_rank_00_optim_states.pt': pickledDict(['optimizer_state_dict']) });
    expect([fileOf(tree, 'adapter_model.safetensors'), fileOf(tree, 'adapter_config.json')]).toEqual(['adapter-weights safetensors nothing', 'adapter-config json nothing']);
    expect(tree.directories.get('')!.weights).toEqual([]);
  });
});

describe('an index', () => {
  it('comes first, shards follow in their order, those that are missing are left out', async () => {
    const tree = await survey({ 'config.json': CONFIG, 'model.safetensors.index.json': index('b.safetensors', 'a.safetensors', 'c.safetensors'), 'a.safetensors': WEIGHTS, 'b.safetensors': WEIGHTS });
    expect(tree.directories.get('')!.weights).toEqual(['model.safetensors.index.json', 'a.safetensors', 'b.safetensors']);
    expect((await survey({ 'config.json': CONFIG, 'model.safetensors.index.json': index('a.safetensors') })).directories.get('')!.weights).toEqual([]);
  });
});

describe('a checkpoint', () => {
  it('needs its weights and Trainer\'s state to resume; the copies outside are for nothing', async () => {
    const files = { 'config.json': CONFIG, 'model.safetensors': WEIGHTS, 'trainer_state.json': '{}', 'training_args.bin': pickledObject('transformers.training_args', 'TrainingArguments') };
    const tree = await survey({ ...files, ...Object.fromEntries(Object.entries({ ...files, 'optimizer.pt': pickledDict(['state']) }).map(([name, content]) => [`checkpoint-2/${name}`, content])) });
    const needs = (path: string) => tree.files.get(path)!.neededFor.join('+');
    expect(['', 'checkpoint-2/'].map((at) => Object.keys(files).map((name) => needs(at + name)))).toEqual([
      ['inference', 'inference', 'nothing', 'nothing'], ['inference', 'inference+resume', 'resume', 'resume'],
    ]);
  });
});

describe('a base', () => {
  const adapter = { 'run/adapter_config.json': { peft_type: 'LORA' }, 'run/adapter_model.safetensors': safetensors({ 'x.lora_A.weight': [1] }) };
  const model = (at: string) => ({ [`${at}/config.json`]: CONFIG, [`${at}/model.safetensors`]: WEIGHTS, [`${at}/README.md`]: '#', [`${at}/kernel.cu`]: 'x' });

  it('is needed to merge, with its optional code, without its card', async () => {
    const tree = await survey({ ...adapter, ...model('base') });
    expect(['config.json', 'model.safetensors', 'README.md', 'kernel.cu'].map((name) => tree.files.get(`base/${name}`)!.neededFor.join())).toEqual(['merge', 'merge', 'nothing', 'merge']);
  });

  it('is none without an adapter, and what a merge has written is none', async () => {
    expect((await survey(model('base'))).files.get('base/model.safetensors')!.neededFor).toEqual(['inference']);
    expect((await survey({ ...adapter, ...model('merged_model') })).directories.get('merged_model')!.servesAsBase).toBe(false);
  });
});

describe('a tokenizer', () => {
  it('is needed to merge where the adapter has rows of its own', async () => {
    const config = { 'adapter_config.json': { peft_type: 'LORA' }, 'tokenizer.json': '{}' }, lora = { 'base_model.model.q.lora_A.weight': [1, 2] };
    expect(fileOf(await survey({ ...config, 'adapter_model.safetensors': safetensors(lora) }), 'tokenizer.json')).toBe('tokenizer json inference');
    expect(fileOf(await survey({ ...config, 'adapter_model.safetensors': safetensors({ ...lora, 'base_model.model.model.embed_tokens.weight': [3, 2] }) }), 'tokenizer.json')).toBe('tokenizer json inference+merge');
  });
});

describe('formats', () => {
  const cases: [string, string | object | Uint8Array, string][] = [
    ['model.safetensors', WEIGHTS, 'safetensors'], ['model.safetensors', WEIGHTS.subarray(0, WEIGHTS.length - 1), 'safetensors-truncated'], ['model.safetensors', WEIGHTS.subarray(0, 40), 'safetensors-truncated'],
    ['model.safetensors', '<!DOCTYPE html><html></html>', 'html'], ['model.safetensors', '<?xml version="1.0"?><Error/>', 'html'], ['model.safetensors', { error: 'gated' }, 'json'],
    ['model.safetensors', 'Entry not found', 'text'], ['model.safetensors', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n', 'lfs-pointer'], ['model.safetensors', '', 'empty'],
    ['a.bin', torchTensors({ a: [1] }), 'torch-zip'], ['a.bin', torchTensors({ a: [1] }).subarray(0, 300), 'torch-zip-truncated'], ['.metadata', new Uint8Array([0x80, 2, 0x7d, 0x2e]), 'pickle'],
    ['__0_0.distcp', new Uint8Array([1, 2, 3, 4, 5]), 'dcp-shard'], ['a.json', '{"loss": NaN, "x": -Infinity}', 'json'], ['a.json', '{"a": 1}\n{"a": 2}\n', 'json-invalid'], ['a.json', '{"a": 1', 'json-invalid'],
    ['a.json', 'oops', 'json-invalid'], ['a.jsonl', '{"a": 1}\n{"a": 2}\n', 'jsonl'], ['a.log', '[2024] x', 'text'], ['README.md', '# x', 'markdown'], ['a.py', '[1]', 'python'],
    ['chat_template.jinja', '{% for m in messages %}', 'jinja'], ['chat_template.jinja', '{{ bos }}', 'jinja'], ['tokenizer.model', new Uint8Array([0x0a, 0x0e, 0x0a, 5, ...new TextEncoder().encode('<unk>'), 0x15, 0, 0, 0, 0, 0x18, 2]), 'sentencepiece'],
    ['a.whl', new Uint8Array([0x50, 0x4b, 3, 4, ...new Array(22).fill(0), 3, 0, 0, 0, 0x61, 0x2f, 0x62, 0x50, 0x4b, 1, 2, ...new Array(24).fill(0), 3, 0, ...new Array(16).fill(0), 0x61, 0x2f, 0x62, 0x50, 0x4b, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0, 49, 0, 0, 0, 33, 0, 0, 0, 0, 0]), 'zip'],
    ['tokenizer.model', 'IQ== 0\n', 'text'], ['x.png', new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), 'binary'], ['x.dat', new Uint8Array(16), 'binary'], ['vocab.txt', '词\n', 'text'],
  ];
  for (const [name, content, format] of cases) {
    it(`${name} is ${format}`, async () => { expect((await survey({ [name]: content })).files.get(name)!.format).toBe(format); });
  }

  it('a text may be cut within a character at the end of what is looked at', async () => {
    expect((await survey({ 'a.txt': `a${'词'.repeat(2000)}` })).files.get('a.txt')!.format).toBe('text');
  });
});

describe('damage', () => {
  it('is never refused: every prefix of every file', async () => {
    const files = { 'config.json': JSON.stringify(CONFIG), 'adapter_config.json': '{"peft_type": "LORA"}', 'adapter_model.bin': torchTensors({ 'x.lora_A.weight': [1] }), 'modules.json': '[{"type": "sentence_transformers.models.Transformer"}]', 'training_args.bin': pickledObject('trl.trainer.sft_config', 'SFTConfig', ['a']) };
    for (const [name, content] of Object.entries(files)) {
      for (let length = 0; length < content.length; length += Math.max(1, Math.floor(content.length / 40))) {
        const tree = await survey({ ...files, [name]: typeof content === 'string' ? content.slice(0, length) : content.subarray(0, length) });
        expect(tree.files.size).toBe(5);
        expect(kindsOf(tree)).toContain('adapter');
      }
    }
  });
});
