/** One deployable directory: what comes along, whose it is, and what stays behind. */
import { describe, expect, it } from 'vitest';
import { memoryFolder } from '../../src/bytes/index.ts';
import { editConfig, findCompanions } from '../../src/plans/index.ts';

const folder = (files: Record<string, string>) => memoryFolder('folder', new Map(Object.entries(files).map(([path, text]) => [path, new TextEncoder().encode(text)])));
const chosen = async (base: Record<string, string>, ...adapters: Record<string, string>[]) => {
  const { companions, tokenizer } = await findCompanions(folder(base), adapters.map((files, i) => ({ role: i === 0 ? 'adapter' : `adapter-${i + 1}`, folder: folder(files) })));
  return { tokenizer, from: Object.fromEntries(companions.map(({ path, from }) => [path, from])) };
};

const BASE = {
  'config.json': '{}', 'generation_config.json': '{}', 'tokenizer.json': '{}', 'tokenizer_config.json': '{}', 'special_tokens_map.json': '{}', 'vocab.json': '{}', 'merges.txt': '',
  'chat_template.jinja': '{{ x }}', 'preprocessor_config.json': '{}', 'modeling_x.py': '', 'kernel.cu': '', 'kernel.cpp': '', 'qwen.tiktoken': '', 'LICENSE': '',
  'README.md': '', 'training_args.bin': '', 'trainer_state.json': '', 'optimizer.pt': '', 'rng_state.pth': '', 'model.safetensors': '', 'pytorch_model.bin': '', 'zero_to_fp32.py': '', 'train.log': '',
  '1_Pooling/config.json': '{}', 'checkpoint-10/config.json': '{}',
};

describe('companions', () => {
  it('are everything that inference needs, and nothing of the training', async () => {
    const { from } = await chosen(BASE, { 'adapter_config.json': '{}', 'adapter_model.safetensors': '', 'README.md': '', 'trainer_state.json': '' });
    expect(Object.keys(from).sort()).toEqual(['1_Pooling/config.json', 'LICENSE', 'chat_template.jinja', 'generation_config.json', 'kernel.cpp', 'kernel.cu', 'merges.txt', 'modeling_x.py',
      'preprocessor_config.json', 'qwen.tiktoken', 'special_tokens_map.json', 'tokenizer.json', 'tokenizer_config.json', 'vocab.json']);
    expect(new Set(Object.values(from))).toEqual(new Set(['base']));
  });

  it('take the tokenizer of the adapter where it has one, without side files of the other', async () => {
    const { from, tokenizer } = await chosen(BASE, { 'tokenizer.json': '{}', 'tokenizer_config.json': '{"x":1}' });
    expect(tokenizer).toBe('adapter');
    expect([from['tokenizer.json'], from['tokenizer_config.json']]).toEqual(['adapter', 'adapter']);
    // Tokens that only the base's map knows would contradict the adapter's vocabulary.
    expect(from['special_tokens_map.json']).toBeUndefined();
    expect(from['chat_template.jinja']).toBe('base');
  });

  it('take the chat template that training used', async () => {
    expect((await chosen(BASE, { 'tokenizer.json': '{}', 'chat_template.jinja': '{{ y }}' })).from['chat_template.jinja']).toBe('adapter');
    // A template inside tokenizer_config.json counts; a stale file beside it would win at load time.
    const inline = await chosen(BASE, { 'tokenizer.json': '{}', 'tokenizer_config.json': '{"chat_template":"{{ z }}"}' });
    expect(inline.from['chat_template.jinja']).toBeUndefined();
  });

  it('do not take half a tokenizer', async () => {
    const { from, tokenizer } = await chosen(BASE, { 'tokenizer_config.json': '{"x":1}' });
    expect([tokenizer, from['tokenizer_config.json'], from['tokenizer.json']]).toEqual(['base', 'base', 'base']);
  });

  it('let a later adapter win', async () => {
    expect((await chosen(BASE, { 'tokenizer.json': '1' }, { 'tokenizer.json': '2' })).from['tokenizer.json']).toBe('adapter-2');
  });
});

describe('config.json', () => {
  const text = '{\n    "rms_norm_eps": 1e-05,\n    "rope_theta": 10000.0,\n    "vocab_size": 26,\n    "text_config": {"vocab_size": 26},\n    "__proto__": 1\n}\n';
  it('keeps every byte that need not change', () => {
    expect(editConfig(text, [])).toBe(text);
    expect(editConfig(text, [{ path: ['vocab_size'], value: 30 }, { path: ['text_config', 'vocab_size'], value: 30 }])).toBe(text.replaceAll('26', '30'));
  });
  it('adds a field in the file\'s own style', () => {
    const added = editConfig(text, [{ path: ['tie_word_embeddings'], value: false }]);
    expect(JSON.parse(added)).toMatchObject({ tie_word_embeddings: false, rope_theta: 10000 });
    expect(added).toContain('1e-05');
    expect(added).toContain('\n    "tie_word_embeddings": false');
  });
});
