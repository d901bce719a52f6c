/** The parts of a model put together: what is merged, carried, completed, refused; and as one model. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/checkpoints/index.ts';
import { isTemperError } from '../../src/findings/index.ts';
import { assemblePaths, parseBase } from '../../src/node/assemble.ts';
import { openFolder } from '../../src/node/folder.ts';
import { decodeTensor } from '../../src/tensors/index.ts';
import { fixtureRoots, readJson } from '../fixtures.ts';
import { withTemporary } from '../hostile.ts';
import { readAll, readFileOf } from '../states/support.ts';

const tree = path.join(fixtureRoots()[0]!, 'trees/xt-llava-export-825/tree'), at = (name: string) => path.join(tree, name);
const LLM = `llm=${at('base_llm')}`, CLIP = `visual_encoder=${at('base_clip')}`, PARTS = at('iter_8_xtuner');
const modelIn = async (dir: string) => readAll(await openCheckpoint(openFolder(dir)));
const names = (dir: string): string[] => fs.readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) => fs.statSync(path.join(dir, name)).isFile()).map((name) => name.replaceAll('\\', '/')).sort();

/** The code of a refusal; nothing may be left behind. */
async function refused(dir: string, options: { tree: string; bases: string[]; saveFormat?: string }): Promise<string> {
  const code = await assemblePaths({ ...options, output: path.join(dir, 'refused') }).then(() => 'written', (error: unknown) => { if (!isTemperError(error)) throw error; return error.code; });
  expect(fs.readdirSync(dir).filter((name) => /^\.?refused/.test(name))).toEqual([]);
  return code;
}

describe('assemble', () => {
  it('merges what has a base and carries the rest', async () => withTemporary(async (dir) => {
    const one = path.join(dir, 'one'), both = path.join(dir, 'both'), none = path.join(dir, 'none');
    const how = async (output: string, bases: string[]) => (await assemblePaths({ tree: PARTS, bases, output })).body.parts.map(({ part, how: done, to }) => `${part} ${done} ${to}`);
    expect(await how(one, [LLM])).toEqual(['llm_adapter merged .', 'projector carried-over projector/', 'visual_encoder_adapter carried-over visual_encoder_adapter/']);
    expect(await how(both, [LLM, CLIP])).toEqual(['llm_adapter merged .', 'projector carried-over projector/', 'visual_encoder_adapter merged visual_encoder/']);
    expect(await how(none, [])).toEqual(['llm_adapter carried-over llm_adapter/', 'projector carried-over projector/', 'visual_encoder_adapter carried-over visual_encoder_adapter/']);
    for (const output of [one, both, none]) expect(names(output).filter((name) => /\.(?:bin|pth?)$/.test(name))).toEqual([]);
    expect(names(both)).toEqual(expect.arrayContaining(['visual_encoder/config.json', 'visual_encoder/preprocessor_config.json', 'tokenizer.model', 'projector/modeling_projector.py', 'xtuner_config.py']));
    expect(names(none)).toEqual(expect.arrayContaining(['llm_adapter/adapter_config.json', 'llm_adapter/adapter_model.safetensors', 'llm_adapter/README.md']));
    // The language model is the same, whatever else was merged.
    expect(await readFileOf(path.join(both, 'model.safetensors'))).toEqual(await readFileOf(path.join(one, 'model.safetensors')));
  }));

  it('splits into shards, but never an adapter', async () => withTemporary(async (dir) => {
    const output = path.join(dir, 'out');
    await assemblePaths({ tree: PARTS, bases: [LLM], output, maxShardBytes: 40_000 });
    expect(names(output).filter((name) => name.endsWith('.safetensors'))).toEqual(['model-00001-of-00003.safetensors', 'model-00002-of-00003.safetensors', 'model-00003-of-00003.safetensors', 'projector/model.safetensors', 'visual_encoder_adapter/adapter_model.safetensors']);
  }));

  it('completes weights alone from their base', async () => withTemporary(async (dir) => {
    const state = path.join(dir, 'state'), output = path.join(dir, 'out');
    fs.mkdirSync(state);
    fs.copyFileSync(at('base_llm/model.safetensors'), path.join(state, 'model.safetensors'));
    const { findings } = await assemblePaths({ tree: state, bases: [LLM], output });
    expect(findings.map(({ code }) => code)).toContain('completed-from-base');
    expect(names(output)).toEqual(['config.json', 'generation_config.json', 'model.safetensors', 'special_tokens_map.json', 'temper.json', 'tokenizer.model', 'tokenizer_config.json']);
    expect(await refused(dir, { tree: state, bases: [`llm=${at('base_clip')}`] })).toBe('parts-do-not-fit');
    const whole = await assemblePaths({ tree: output, bases: [LLM], output: path.join(dir, 'again') });
    expect(whole.findings.map(({ code }) => code)).toEqual(['base-not-needed']);
  }));

  it('names what it does not know', async () => withTemporary(async (dir) => {
    const own = path.join(dir, 'own');
    fs.cpSync(PARTS, own, { recursive: true });
    fs.mkdirSync(path.join(own, 'extra'));
    fs.writeFileSync(path.join(own, 'notes.txt'), 'x');
    const { findings } = await assemblePaths({ tree: own, bases: [LLM], output: path.join(dir, 'out') });
    expect(findings.find(({ code }) => code === 'not-assembled')?.parameters).toEqual({ names: 'extra/, notes.txt' });
  }));

  it('refuses bases that do not fit, roles that nobody knows, and trees without parts', async () => withTemporary(async (dir) => {
    expect(await refused(dir, { tree: PARTS, bases: [`llm=${at('base_clip')}`] })).toBe('parts-do-not-fit');
    expect(await refused(dir, { tree: PARTS, bases: [`visual_encoder=${at('base_llm')}`] })).toBe('parts-do-not-fit');
    expect(await refused(dir, { tree: at('iter_8_xtuner/projector'), bases: ['tower=x'] })).toBe('unknown-base-role');
    fs.mkdirSync(path.join(dir, 'empty'));
    expect(await refused(dir, { tree: path.join(dir, 'empty'), bases: [LLM] })).toBe('no-parts');
    expect(parseBase('visual-encoder=a=b')).toEqual(['visual_encoder', 'a=b']);
  }));
});

describe('one model out of the parts', () => {
  it('as transformers has it, with the image token and rows for it', async () => withTemporary(async (dir) => {
    const parts = path.join(dir, 'parts'), output = path.join(dir, 'out'), rows = 448;
    await assemblePaths({ tree: PARTS, bases: [LLM, CLIP], output: parts });
    await assemblePaths({ tree: PARTS, bases: [LLM, CLIP], output, saveFormat: 'huggingface' });
    const model = await modelIn(output), llm = await modelIn(parts), vision = await modelIn(path.join(parts, 'visual_encoder')), projector = await modelIn(path.join(parts, 'projector'));
    expect(model.size).toBe(llm.size + vision.size + projector.size);
    for (const [name, tensor] of vision) expect(model.get(`vision_tower.${name}`)).toEqual(tensor);
    for (const [from, to] of [['model.0', 'linear_1'], ['model.2', 'linear_2']]) for (const part of ['weight', 'bias']) expect(model.get(`multi_modal_projector.${to}.${part}`)).toEqual(projector.get(`${from}.${part}`));
    for (const [name, tensor] of llm) {
      const got = model.get(`language_model.${name}`)!, [count, width] = tensor.shape as [number, number];
      if (!/embed_tokens|lm_head/.test(name)) { expect(got).toEqual(tensor); continue; }
      expect(got.shape).toEqual([rows, width]);
      expect(got.bytes.subarray(0, tensor.bytes.length)).toEqual(tensor.bytes);
      const before = decodeTensor(tensor.dtype, tensor.shape, tensor.bytes), after = decodeTensor(got.dtype, got.shape, got.bytes);
      for (let column = 0; column < width; column++) {
        let sum = 0;
        for (let row = 0; row < count; row++) sum += before[row * width + column]! / count;
        // Rounded once to float16.
        for (let row = count; row < rows; row++) expect(Math.abs(after[row * width + column]! - sum)).toBeLessThanOrEqual(Math.max(2 ** -11 * Math.abs(sum), 2 ** -25));
      }
    }
    expect(readJson(path.join(output, 'config.json'))).toMatchObject({ architectures: ['LlavaForConditionalGeneration'], image_token_index: 420, pad_token_id: 421, text_config: { vocab_size: rows, hidden_size: 32 }, vision_config: { hidden_size: 24 } });
    // transformers 5 takes no integer for a float.
    expect(fs.readFileSync(path.join(output, 'config.json'), 'utf8')).toMatch(/"initializer_factor": 1\.0/);
    expect(readJson(path.join(output, 'tokenizer_config.json'))).toMatchObject({ pad_token: '<pad>', added_tokens_decoder: { 420: { content: '<image>', special: true }, 421: { content: '<pad>' } } });
  }));

  it('as LLaVA has it, with the tower only where it was trained', async () => withTemporary(async (dir) => {
    const trained = path.join(dir, 'trained'), frozen = path.join(dir, 'frozen'), tree2 = path.join(dir, 'tree');
    await assemblePaths({ tree: PARTS, bases: [LLM, CLIP], output: trained, saveFormat: 'official' });
    fs.cpSync(PARTS, tree2, { recursive: true });
    fs.rmSync(path.join(tree2, 'visual_encoder_adapter'), { recursive: true });
    await assemblePaths({ tree: tree2, bases: [LLM, CLIP], output: frozen, saveFormat: 'official' });
    const tower = async (output: string) => [...(await modelIn(output)).keys()].filter((name) => name.startsWith('model.vision_tower.vision_tower.vision_model.')).length;
    expect([await tower(trained), await tower(frozen)]).toEqual([[...(await modelIn(at('base_clip'))).keys()].filter((name) => name.startsWith('vision_model.')).length, 0]);
    expect([...(await modelIn(frozen)).keys()]).toEqual(expect.arrayContaining(['model.embed_tokens.weight', 'lm_head.weight', 'model.mm_projector.0.weight', 'model.mm_projector.2.bias']));
    expect(readJson(path.join(frozen, 'config.json'))).toMatchObject({ model_type: 'llava', mm_hidden_size: 24, mm_projector_type: 'mlp2x_gelu', unfreeze_mm_vision_tower: false });
    expect(readJson(path.join(trained, 'config.json'))).toMatchObject({ mm_vision_tower: 'example-org/tiny-clip', unfreeze_mm_vision_tower: true });
  }));

  it('not while a part is an adapter, or missing', async () => withTemporary(async (dir) => {
    expect(await refused(dir, { tree: PARTS, bases: [LLM], saveFormat: 'huggingface' })).toBe('format-needs-bases');
    const tree2 = path.join(dir, 'tree');
    fs.mkdirSync(tree2);
    fs.cpSync(path.join(PARTS, 'projector'), path.join(tree2, 'projector'), { recursive: true });
    expect(await refused(dir, { tree: tree2, bases: [LLM], saveFormat: 'huggingface' })).toBe('save-format-cannot');
    expect(await refused(dir, { tree: tree2, bases: [CLIP], saveFormat: 'official' })).toBe('save-format-cannot');
  }));
});
