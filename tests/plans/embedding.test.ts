/** Embedding models: files of sentence-transformers written and repaired, wrappers taken off names, heads of M3. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { poolingOf, textLength } from '../../src/families/index.ts';
import { isTemperError } from '../../src/findings/index.ts';
import { convertPath, type ConvertPathOptions } from '../../src/node/verbs.ts';
import { wrapperNames } from '../../src/plans/embedding/wrappers.ts';
import { fixtureRoots, readJson } from '../fixtures.ts';
import { withTemporary } from '../hostile.ts';
import { readFileOf } from '../states/support.ts';

const trees = path.join(fixtureRoots()[0]!, 'trees'), five = path.join(trees, 'st-layout5-bge/tree'), six = path.join(trees, 'st-layout6-bge/tree');
const types = (dir: string) => (readJson(path.join(dir, 'modules.json')) as { type: string }[]).map(({ type }) => type);
const MODULES = ['Transformer', 'Pooling', 'Normalize'].map((name) => `sentence_transformers.models.${name}`);

describe('--to sentence-transformers', () => {
  const written = async (dir: string, input: string, options: Partial<ConvertPathOptions> = {}) => {
    const output = fs.mkdtempSync(path.join(dir, 'out-'));
    fs.rmdirSync(output);
    await convertPath({ input, output, to: 'sentence-transformers', ...options });
    return output;
  };
  /** The model without some of its files. */
  const without = (dir: string, from: string, names: readonly string[], called = 'model') => {
    const own = path.join(fs.mkdtempSync(path.join(dir, 'in-')), called);
    fs.cpSync(from, own, { recursive: true });
    for (const name of names) fs.rmSync(path.join(own, name), { recursive: true, force: true });
    return own;
  };

  it('writes the form that releases 5 and 6 read, from either', async () => withTemporary(async (dir) => {
    for (const input of [five, six]) {
      const output = await written(dir, input);
      expect(types(output)).toEqual(MODULES);
      expect(readJson(path.join(output, '1_Pooling/config.json'))).toMatchObject({ word_embedding_dimension: 32, pooling_mode_cls_token: true, pooling_mode_mean_tokens: false, pooling_mode_lasttoken: false });
      // An empty folder would be lost on the way.
      expect(fs.readdirSync(path.join(output, '2_Normalize'))).toEqual(['config.json']);
      expect(Object.keys(readJson(path.join(output, 'sentence_bert_config.json')))).toEqual(['max_seq_length', 'do_lower_case']);
      expect(await readFileOf(path.join(output, 'model.safetensors'))).toEqual(await readFileOf(path.join(input, 'model.safetensors')));
    }
    expect(readJson(path.join(await written(dir, five), 'sentence_bert_config.json'))).toEqual({ max_seq_length: 128, do_lower_case: true });
  }));

  it('repairs what was lost, and takes the pooling from the name of the family', async () => withTemporary(async (dir) => {
    const bare = ['modules.json', '1_Pooling', '2_Normalize', 'sentence_bert_config.json', 'config_sentence_transformers.json'];
    const output = await written(dir, without(dir, six, bare, 'bge-small-zh'));
    expect([types(output), readJson(path.join(output, '1_Pooling/config.json')).pooling_mode_cls_token, readJson(path.join(output, 'sentence_bert_config.json')).max_seq_length]).toEqual([MODULES, true, 128]);
    expect(readJson(path.join(await written(dir, without(dir, six, bare, 'e5-base')), '1_Pooling/config.json')).pooling_mode_mean_tokens).toBe(true);
    // A module list without its normalisation stays without; one without its pooling gets it.
    const listed = without(dir, six, ['1_Pooling'], 'bge');
    fs.writeFileSync(path.join(listed, 'modules.json'), JSON.stringify(readJson(path.join(six, 'modules.json')).slice(0, 1)));
    expect(types(await written(dir, listed))).toEqual(MODULES.slice(0, 2));
  }));

  it('asks for a pooling that nothing tells, and for modules with weights that are gone', async () => withTemporary(async (dir) => {
    const code = async (input: string, options: Partial<ConvertPathOptions> = {}) => written(dir, input, options).then(() => 'written', (error: unknown) => { if (!isTemperError(error)) throw error; return error.code; });
    const unknown = without(dir, six, ['modules.json', '1_Pooling', '2_Normalize']);
    expect(await code(unknown)).toBe('pooling-unknown');
    expect(await code(unknown, { pooling: 'mean' })).toBe('written');
    const dense = without(dir, six, []);
    fs.writeFileSync(path.join(dense, 'modules.json'), JSON.stringify([...readJson(path.join(six, 'modules.json')), { idx: 3, name: '3', path: '3_Dense', type: 'sentence_transformers.models.Dense' }]));
    expect(await code(dense)).toBe('sentence-transformers-module-lost');
  }));

  it('knows families', () => {
    expect(['BAAI/bge-m3', 'BAAI/bge-multilingual-gemma2', 'intfloat/e5-mistral-7b-instruct', 'intfloat/multilingual-e5-large', 'thenlper/gte-base-zh', 'thenlper/gte-base', 'Qwen/Qwen3-Embedding-0.6B', 'my-model'].map((name) => poolingOf([name], 'BertModel')))
      .toEqual(['cls', 'lasttoken', 'lasttoken', 'mean', 'cls', 'mean', 'lasttoken', undefined]);
    expect([poolingOf([], 'Qwen2Model'), poolingOf([undefined], 'MistralForCausalLM'), poolingOf([], undefined)]).toEqual(['lasttoken', 'lasttoken', undefined]);
    expect([textLength(new Map<string, unknown>([['max_position_embeddings', 514], ['model_type', 'xlm-roberta']])), textLength(new Map([['max_position_embeddings', 512]])), textLength(undefined)]).toEqual([512, 512, undefined]);
  });
});

describe('wrappers', () => {
  const config = (architecture: string) => new Map<string, unknown>([['architectures', [architecture]]]);
  const unwrapped = (names: string[], architecture?: string) => { const { renamed, dropped } = wrapperNames(names, architecture === undefined ? undefined : config(architecture)); return [names.filter((name) => !dropped.some((one) => one.name === name)).map((name) => renamed.get(name) ?? name), dropped.map(({ name }) => name)]; };

  it('are taken off when the names of the architecture are left', () => {
    expect(unwrapped(['model.embeddings.x', 'model.encoder.layer.0.x'], 'BertModel')).toEqual([['embeddings.x', 'encoder.layer.0.x'], []]);
    expect(unwrapped(['model.embeddings.x', 'colbert_linear.weight', 'sparse_linear.bias'], 'XLMRobertaModel')).toEqual([['embeddings.x'], ['colbert_linear.weight', 'sparse_linear.bias']]);
    expect(unwrapped(['model.model.layers.0.x', 'model.lm_head.weight'], 'Qwen2ForCausalLM')).toEqual([['model.layers.0.x', 'lm_head.weight'], []]);
    expect(unwrapped(['model.layers.0.x', 'model.norm.x'], 'Qwen2Model')).toEqual([['layers.0.x', 'norm.x'], []]);
    expect(unwrapped(['0.auto_model.embeddings.x', '0.auto_model.encoder.x'])).toEqual([['embeddings.x', 'encoder.x'], []]);
    expect(unwrapped(['lm.bert.embeddings.x', 'lm.bert.encoder.x', 'lm.cls.x', 'decoder_embeddings.x', 'c_head.self.x'], 'BertModel')).toEqual([['embeddings.x', 'encoder.x'], ['lm.cls.x', 'decoder_embeddings.x', 'c_head.self.x']]);
    expect(unwrapped(['_orig_mod.roberta.x', '_orig_mod.classifier.x'], 'XLMRobertaForSequenceClassification')).toEqual([['roberta.x', 'classifier.x'], []]);
  });

  it('are not seen in right names', () => {
    for (const [names, architecture] of [[['model.layers.0.x', 'lm_head.weight'], 'LlamaForCausalLM'], [['layers.0.x', 'embed_tokens.weight'], 'LlamaModel'], [['encoder.layer.0.x', 'embeddings.x', 'pooler.x'], 'BertModel'], [['transformer.h.0.x'], 'GPT2LMHeadModel']] as const) {
      expect(unwrapped([...names], architecture)).toEqual([names, []]);
    }
    expect(unwrapped(['strange.x', 'model.y'])).toEqual([['strange.x', 'model.y'], []]);
  });
});
