/** XTuner's checkpoints divided into parts, by the names of every algorithm. */
import { describe, expect, it } from 'vitest';
import { memoryFolder } from '../../src/bytes/index.ts';
import type { Checkpoint } from '../../src/checkpoints/index.ts';
import { isTemperError } from '../../src/findings/index.ts';
import { planXtuner, type XtunerOptions } from '../../src/plans/states/xtuner.ts';
import type { XtunerSettings } from '../../src/producers/xtuner-state.ts';
import { stored } from '../../src/tensors/index.ts';

/** A checkpoint of tensors without bytes. */
function checkpointOf(shapes: Readonly<Record<string, readonly number[]>>): Checkpoint {
  const tensors = new Map(Object.entries(shapes).map(([name, shape]) => [name, { name, dtype: 'F32' as const, shape, bytes: 0, file: 0, expression: stored(0, 0, 'F32', shape) }]));
  return { folder: memoryFolder('DIR', new Map()), files: [], tensors, others: [], unused: [], findings: [] };
}

const lora = { r: 4, alpha: 8, dropout: 0.1, taskType: 'CAUSAL_LM', rslora: false, dora: false };
const settings: XtunerSettings = { llm: { base: 'org/llm', lora }, visual_encoder: { base: 'org/clip', lora: { ...lora, r: 2, alpha: 2, taskType: null } } };

/** Names of tensors by file, and what other files there are. */
async function divided(shapes: Readonly<Record<string, readonly number[]>>, options: Partial<XtunerOptions> = {}, trained?: readonly string[]) {
  const { plan } = await planXtuner({ ...checkpointOf(shapes), ...(trained === undefined ? {} : { state: { kind: 'zero' as const, tag: '', trained: new Set(trained) } }) }, { format: 'xtuner', settings, output: 'OUT', version: '0', ...options });
  return {
    weights: Object.fromEntries(plan.files.flatMap((file) => (file.kind === 'weights' ? [[file.path, file.tensors.map(({ name }) => name).sort()]] : []))),
    texts: Object.fromEntries(plan.files.flatMap((file) => (file.kind === 'text' ? [[file.path, file.text]] : []))), codes: plan.findings.map(({ code }) => code), dropped: plan.dropped.map(({ name }) => name),
  };
}
const codeOf = async (run: Promise<unknown>) => run.then(() => 'planned', (error: unknown) => { if (!isTemperError(error)) throw error; return error.code; });

const q = 'base_model.model.model.layers.0.self_attn.q_proj', pair = (prefix: string, r = 4) => ({ [`${prefix}${q}.lora_A.default.weight`]: [r, 8], [`${prefix}${q}.lora_B.default.weight`]: [8, r] });
const PROJECTOR = { 'projector.model.0.weight': [8, 6], 'projector.model.0.bias': [8], 'projector.model.2.weight': [8, 8], 'projector.model.2.bias': [8] };

describe('a checkpoint of XTuner', () => {
  it('of supervised fine-tuning with LoRA is an adapter in the root', async () => {
    const { weights, texts, codes } = await divided({ ...pair('llm.'), 'llm.base_model.model.lm_head.modules_to_save.default.weight': [20, 8], 'llm.base_model.model.lm_head.original_module.weight': [20, 8] }, { configText: 'model = dict()' });
    expect(weights).toEqual({ 'adapter_model.safetensors': ['base_model.model.lm_head.weight', `${q}.lora_A.weight`, `${q}.lora_B.weight`] });
    expect(JSON.parse(texts['adapter_config.json']!)).toMatchObject({ r: 4, lora_alpha: 8, lora_dropout: 0.1, task_type: 'CAUSAL_LM', base_model_name_or_path: 'org/llm', target_modules: ['q_proj'], modules_to_save: ['lm_head'] });
    expect([texts['xtuner_config.py'], codes]).toEqual(['model = dict()', ['adapter-config-from-run']]);
  });

  it('of full fine-tuning is the model, without its configuration', async () => {
    expect(await divided({ 'llm.model.embed_tokens.weight': [20, 8], 'llm.lm_head.weight': [20, 8] })).toMatchObject({ weights: { 'model.safetensors': ['lm_head.weight', 'model.embed_tokens.weight'] }, codes: ['config-of-base-needed'] });
  });

  it('of LLaVA is divided, frozen parts left out', async () => {
    const vision = Object.fromEntries(Object.entries(pair('visual_encoder.', 2)).map(([name, shape]) => [name.replace('model.model.layers', 'model.vision_model.encoder.layers'), shape]));
    const { weights, texts } = await divided({ ...pair('llm.'), ...vision, ...PROJECTOR });
    expect(Object.keys(weights)).toEqual(['llm_adapter/adapter_model.safetensors', 'visual_encoder_adapter/adapter_model.safetensors', 'projector/model.safetensors']);
    expect(weights['projector/model.safetensors']).toEqual(['model.0.bias', 'model.0.weight', 'model.2.bias', 'model.2.weight']);
    expect(JSON.parse(texts['projector/config.json']!)).toMatchObject({ visual_hidden_size: 6, llm_hidden_size: 8, depth: 2, bias: true, hidden_act: 'gelu', torch_dtype: 'float32' });
    expect(JSON.parse(texts['visual_encoder_adapter/adapter_config.json']!)).toMatchObject({ r: 2, lora_alpha: 2, task_type: null, base_model_name_or_path: 'org/clip' });
    expect(Object.keys((await divided(PROJECTOR)).weights)).toEqual(['projector/model.safetensors']);
    expect(Object.keys((await divided({ 'llm.model.norm.weight': [8], 'visual_encoder.vision_model.x': [6], ...PROJECTOR })).weights)).toEqual(['model.safetensors', 'visual_encoder/model.safetensors', 'projector/model.safetensors']);
  });

  it('that holds frozen weights too gives what was trained', async () => {
    const frozen = { [`llm.${q}.base_layer.weight`]: [8, 8], 'llm.base_model.model.model.norm.weight': [8], 'visual_encoder.vision_model.x': [6] };
    const { weights, dropped } = await divided({ ...pair('llm.'), ...frozen, ...PROJECTOR }, {}, [...Object.keys(pair('llm.')), ...Object.keys(PROJECTOR)]);
    expect(Object.keys(weights)).toEqual(['llm_adapter/adapter_model.safetensors', 'projector/model.safetensors']);
    expect(weights['llm_adapter/adapter_model.safetensors']).toEqual([`${q}.lora_A.weight`, `${q}.lora_B.weight`]);
    expect(dropped.length).toBe(3);
  });

  it('of InternVL keeps the names of the whole model', async () => {
    const internvl = { 'model.vision_model.encoder.x': [6], 'model.mlp1.0.weight': [6] };
    expect((await divided({ 'model.language_model.model.norm.weight': [8], ...internvl })).weights).toEqual({ 'model.safetensors': ['language_model.model.norm.weight', 'mlp1.0.weight', 'vision_model.encoder.x'] });
    expect((await divided({ ...pair('model.language_model.'), 'model.mlp1.0.weight': [6] })).weights).toEqual({ 'llm_adapter/adapter_model.safetensors': [`${q}.lora_A.weight`, `${q}.lora_B.weight`], 'projector/model.safetensors': ['mlp1.0.weight'] });
  });

  it('of a reward model has its head', async () => {
    expect((await divided({ 'llm.layers.0.x': [8], 'v_head.weight': [1, 8] })).weights['model.safetensors']).toContain('score.weight');
    expect((await divided({ 'llm.layers.0.attention.wqkv.weight': [8, 8], 'v_head.weight': [1, 8] })).weights['model.safetensors']).toContain('v_head.weight');
    const { weights, texts } = await divided({ ...pair('llm.'), 'v_head.weight': [1, 8] });
    expect([weights['adapter_model.safetensors'], JSON.parse(texts['adapter_config.json']!).modules_to_save]).toEqual([[`${q}.lora_A.weight`, `${q}.lora_B.weight`, 'base_model.model.score.weight'].sort(), ['score']]);
  });

  it('becomes one model where nothing has to be merged', async () => {
    const whole = { 'llm.model.norm.weight': [8], 'llm.lm_head.weight': [9, 8], 'visual_encoder.vision_model.x': [6], 'visual_encoder.vision_model.embeddings.position_ids': [1], ...PROJECTOR };
    expect((await divided(whole, { format: 'huggingface' })).weights['model.safetensors']).toEqual([
      'language_model.lm_head.weight', 'language_model.model.norm.weight', 'multi_modal_projector.linear_1.bias', 'multi_modal_projector.linear_1.weight', 'multi_modal_projector.linear_2.bias', 'multi_modal_projector.linear_2.weight', 'vision_tower.vision_model.x',
    ]);
    expect((await divided(whole, { format: 'official' })).weights['model.safetensors']).toEqual(expect.arrayContaining(['lm_head.weight', 'model.mm_projector.0.weight', 'model.mm_projector.2.bias', 'model.vision_tower.vision_tower.vision_model.x']));
    expect(await codeOf(divided({ ...pair('llm.'), ...PROJECTOR }, { format: 'huggingface' }))).toBe('format-needs-bases');
    expect(await codeOf(divided({ ...PROJECTOR, 'projector.model.4.weight': [8, 8] }, { format: 'huggingface' }))).toBe('save-format-cannot');
  });

  it('is refused where alpha is unknown, the configuration is of another run, or the names are of none', async () => {
    const nothing: XtunerSettings = { llm: {}, visual_encoder: {} };
    expect(await codeOf(divided(pair('llm.'), { settings: nothing }))).toBe('adapter-alpha-unknown');
    expect(JSON.parse((await divided(pair('llm.'), { settings: nothing, alpha: 3 })).texts['adapter_config.json']!)).toMatchObject({ lora_alpha: 3, r: 4 });
    expect(await codeOf(divided(pair('llm.', 6)))).toBe('config-and-tensors-differ');
    expect(await codeOf(divided({ 'llm.x': [1], 'model.layers.0.x': [1] }))).toBe('not-an-xtuner-state');
    expect(await codeOf(divided({ 'llm.x': [1] }, { adapters: true }))).toBe('state-no-adapter');
  });
});
