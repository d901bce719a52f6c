/** Programs of which no tree is carried: each recognised by what only it leaves, and by nothing less. */
import { describe, expect, it } from 'vitest';
import { fileOf, kindsOf, pickledDict, pickledObject, safetensors, survey, torchTensors, type Content } from './trees.ts';

const MODEL = { model_type: 'llama', architectures: ['LlamaForCausalLM'], transformers_version: '4.57.6' };
const WEIGHTS = safetensors({ 'model.embed_tokens.weight': [2, 2] });
const LORA = safetensors({ 'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight': [1, 2], 'base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight': [2, 1] });
const adapter = (more: object = {}): Record<string, Content> => ({ 'adapter_config.json': { peft_type: 'LORA', r: 1, peft_version: '0.17.1', ...more }, 'adapter_model.safetensors': LORA });
const model = (at = ''): Record<string, Content> => ({ [`${at}config.json`]: MODEL, [`${at}model.safetensors`]: WEIGHTS });
const card = (text: string): Content => `---\n${text}\n---\n# x\n`;

describe('the producer', () => {
  const cases: [string, Record<string, Content>, string, string | undefined][] = [
    ['Unsloth by the tag of its card', { ...adapter(), 'README.md': card('tags:\n- unsloth\n- lora') }, 'Unsloth + PEFT', '0.17.1'],
    ['Unsloth by a configuration', { ...model(), 'config.json': { ...MODEL, unsloth_version: '2025.9.1' } }, 'Unsloth', '2025.9.1'],
    ['Axolotl by its card', { ...adapter(), 'README.md': 'axolotl version: `0.12.2`\n' }, 'Axolotl + PEFT', '0.12.2 / 0.17.1'],
    ['LLaMA-Factory by its log', { ...adapter(), 'trainer_log.jsonl': '{"loss": 1}\n' }, 'LLaMA-Factory + PEFT', '0.17.1'],
    ['TRL by the class of its arguments', { ...adapter(), 'training_args.bin': pickledObject('trl.trainer.dpo_config', 'DPOConfig') }, 'TRL DPOTrainer + PEFT', '0.17.1'],
    ['FlagEmbedding by the class of its arguments', { ...model(), 'training_args.bin': pickledObject('FlagEmbedding.abc.finetune.embedder.AbsArguments', 'AbsEmbedderTrainingArguments') }, 'FlagEmbedding', undefined],
    ['Trainer 4 by a field that is gone since', { ...adapter(), 'training_args.bin': pickledObject('transformers.training_args', 'TrainingArguments', ['output_dir', 'save_safetensors']) }, 'transformers.Trainer + PEFT', '4.x / 0.17.1'],
    ['Trainer 5 without it', { ...adapter(), 'training_args.bin': pickledObject('transformers.training_args', 'TrainingArguments', ['output_dir']) }, 'transformers.Trainer + PEFT', '5.x / 0.17.1'],
    ['Qwen v1 by its vocabulary', { ...model(), 'qwen.tiktoken': 'IQ== 0\n' }, 'Qwen v1', '4.57.6'],
    ['LLaVA by what was trained beside its adapter', { ...adapter(), 'non_lora_trainables.bin': torchTensors({ 'base_model.model.model.mm_projector.0.weight': [2] }) }, 'LLaVA + PEFT', '0.17.1'],
    ['MLX by its configuration', { 'adapter_config.json': { fine_tune_type: 'lora' }, 'adapters.safetensors': safetensors({ 'model.layers.0.q_proj.lora_a': [2, 1], 'model.layers.0.q_proj.lora_b': [1, 2] }) }, 'MLX', undefined],
    ['llama.cpp', { 'model.Q4_K_M.gguf': new Uint8Array([0x47, 0x47, 0x55, 0x46, 3, 0, 0, 0, 0, 0, 0, 0]) }, 'llama.cpp', undefined],
    ['save_pretrained', model(), 'transformers.save_pretrained', '4.57.6'],
  ];
  for (const [title, files, system, version] of cases) {
    it(title, async () => {
      const { producer } = await survey(files);
      expect([producer?.system, producer?.version]).toEqual([system, version]);
      expect(producer!.parts.every(({ why }) => why.en !== '' && why.zh !== '')).toBe(true);
    });
  }

  it('is nobody where nothing tells', async () => {
    expect((await survey({ 'notes.txt': 'hello' })).producer).toBeUndefined();
  });

  it('of a tree is not that of a base beside it', async () => {
    const { producer } = await survey({ ...Object.fromEntries(Object.entries(adapter()).map(([name, content]) => [`run/${name}`, content])), ...model('base/'), 'base/qwen.tiktoken': 'IQ== 0\n' });
    expect(producer?.system).toBe('PEFT');
  });
});

describe('kinds', () => {
  it('of XTuner v1: run, checkpoint, parts, and the model beside', async () => {
    const run = '20250101120000', step = `${run}/checkpoints/ckpt-step-8`;
    const tree = await survey({
      '.xtuner': '{}', [`${step}/train_state.json`]: '{}', [`${step}/trainer_config.json`]: '{}', [`${step}/lr_scheduler`]: pickledDict(['last_epoch']), [`${step}/weights/__0_0.distcp`]: pickledDict([]),
      [`${run}/rank0.log`]: 'x', ...model(`${run}/hf-8/`),
    });
    expect([kindsOf(tree), kindsOf(tree, step), kindsOf(tree, `${step}/weights`), kindsOf(tree, `${run}/hf-8`)]).toEqual([['xtuner-workdir'], ['xtuner-checkpoint'], ['fsdp'], ['full-model']]);
    expect(fileOf(tree, '.xtuner')).toBe('run-metadata json resume');
    expect(fileOf(tree, `${run}/hf-8/model.safetensors`)).toBe('weights safetensors inference');
    expect([fileOf(tree, `${step}/train_state.json`), fileOf(tree, `${step}/lr_scheduler`), fileOf(tree, `${run}/rank0.log`)]).toEqual(['trainer-state json resume', 'scheduler torch-zip resume', 'log text nothing']);
  });

  it('of an XTuner work directory go by what a .pth holds, not by its name', async () => {
    const tree = await survey({ 'anything.pth': pickledDict(['meta', 'state_dict', 'message_hub']), 'weights.pth': pickledDict(['a']) });
    expect(kindsOf(tree)).toEqual(['xtuner-checkpoint']);
    expect(kindsOf(await survey({ 'anything.pth': pickledDict(['meta', 'state_dict']), 'last_checkpoint': '/x/anything.pth' }))).toEqual(['xtuner-workdir']);
    expect([fileOf(tree, 'anything.pth'), fileOf(tree, 'weights.pth')]).toEqual(['mmengine-checkpoint torch-zip resume', 'other torch-zip nothing']);
  });

  it('of a visual encoder that was exported whole is no base of the adapter beside it', async () => {
    const tree = await survey({ 'x/xtuner_config.py': '', ...model('x/visual_encoder/'), 'x/llm_adapter/adapter_config.json': { peft_type: 'LORA' }, 'x/llm_adapter/adapter_model.safetensors': LORA });
    expect(tree.directories.get('x/visual_encoder')!.servesAsBase).toBe(false);
    expect(fileOf(tree, 'x/xtuner_config.py')).toBe('xtuner-config empty inference');
  });

  it('of accelerate: a state without configuration is no model', async () => {
    const state = { 'random_states_0.pkl': pickledDict(['step']), 'model.safetensors': WEIGHTS, 'optimizer.bin': pickledDict(['state']), 'sampler.bin': pickledDict(['x']) };
    const tree = await survey(state);
    expect(kindsOf(tree)).toEqual(['accelerate-state']);
    expect([fileOf(tree, 'model.safetensors'), fileOf(tree, 'sampler.bin')]).toEqual(['weights safetensors resume', 'other torch-zip resume']);
    expect(kindsOf(await survey({ ...state, 'config.json': MODEL }))).toEqual(['accelerate-state', 'full-model']);
    expect(fileOf(await survey({ ...state, 'model_1.safetensors': WEIGHTS }), 'model_1.safetensors')).toBe('weights safetensors resume');
  });

  it('of folders that others watch the run from', async () => {
    const tree = await survey({ 'wandb/run-1/files/config.yaml': 'a: 1', 'runs/Jan01/events.out.tfevents.1': new Uint8Array([1, 0, 0]), 'config.yaml': 'a: 1' });
    expect(['wandb/run-1/files/config.yaml', 'runs/Jan01/events.out.tfevents.1'].map((file) => fileOf(tree, file))).toEqual(['log text nothing', 'log binary nothing']);
  });

  it('of DeepSpeed: layers of a pipeline, parameters of a universal checkpoint, an emptied tag', async () => {
    const module = torchTensors({ 'module.a': [2] }), tree = await survey({
      'global_step4/mp_rank_00_model_states.pt': pickledDict(['module']), 'global_step4/layer_00-model_00-model_states.pt': module,
      'global_step4_universal/mp_rank_00_model_states.pt': module, 'global_step4_universal/zero/a.weight/fp32.pt': module, 'a/fp32.pt': module,
    });
    expect([kindsOf(tree), kindsOf(tree, 'global_step4'), kindsOf(tree, 'global_step4_universal'), kindsOf(tree, 'a')]).toEqual([['deepspeed'], ['deepspeed'], ['deepspeed'], []]);
    expect(fileOf(tree, 'global_step4/layer_00-model_00-model_states.pt')).toBe('other torch-zip resume');
    expect([fileOf(tree, 'global_step4_universal/zero/a.weight/fp32.pt'), fileOf(tree, 'a/fp32.pt')]).toEqual(['deepspeed-optimizer-shard torch-zip resume', 'other torch-zip nothing']);
    expect(kindsOf(await survey({ 'global_step4/mp_rank_00_model_states.pt': pickledDict(['module']) }))).toEqual([]);
  });

  it('of LLaVA and MLX: what lies beside an adapter, and an adapter under another name', async () => {
    expect(fileOf(await survey({ ...adapter(), 'non_lora_trainables.bin': torchTensors({ 'base_model.model.model.mm_projector.0.weight': [2] }) }), 'non_lora_trainables.bin')).toBe('module-weights torch-zip inference+merge');
    const tree = await survey({ 'adapter_config.json': { fine_tune_type: 'lora' }, 'adapters.safetensors': safetensors({ 'model.layers.0.q_proj.lora_a': [2, 1], 'model.layers.0.q_proj.lora_b': [1, 2] }) });
    expect([kindsOf(tree), fileOf(tree, 'adapters.safetensors')]).toEqual([['adapter'], 'adapter-weights safetensors inference+merge']);
  });

  it('of RetroMAE: the wrapper at the top is not the model', async () => {
    const tree = await survey({ 'pytorch_model.bin': torchTensors({ 'lm.bert.embeddings.weight': [2, 2], 'decoder_embeddings.weight': [2, 2] }), ...model('encoder_model/') });
    expect([kindsOf(tree), kindsOf(tree, 'encoder_model')]).toEqual([['collection'], ['full-model']]);
    expect(fileOf(tree, 'pytorch_model.bin')).toBe('weights torch-zip nothing');
  });

  it('of sentence-transformers: modules are parts of the model above them', async () => {
    const modules = [{ idx: 0, name: '0', path: '', type: 'sentence_transformers.models.Transformer' }];
    const tree = await survey({ ...model(), 'modules.json': modules, '1_Pooling/config.json': '{}', '2_Dense/config.json': '{}', '2_Dense/model.safetensors': WEIGHTS });
    expect([kindsOf(tree), kindsOf(tree, '2_Dense')]).toEqual([['full-model', 'sentence-transformers'], []]);
    expect(['1_Pooling/config.json', '2_Dense/config.json', '2_Dense/model.safetensors'].map((file) => fileOf(tree, file)))
      .toEqual(['pooling-config json inference', 'module-config json inference', 'module-weights safetensors inference']);
  });

  it('of an adapter under a model\'s name, and of a model under an adapter\'s', async () => {
    const tree = await survey({ 'a/pytorch_model.bin': torchTensors({ 'base_model.model.q.lora_A.weight': [1, 2] }), 'b/pt_lora_model/config.json': MODEL, 'b/pt_lora_model/model.safetensors': WEIGHTS });
    expect([kindsOf(tree, 'a'), kindsOf(tree, 'b/pt_lora_model')]).toEqual([['adapter'], ['full-model']]);
    expect(fileOf(tree, 'a/pytorch_model.bin')).toBe('adapter-weights torch-zip inference+merge');
    expect(tree.directories.get('a')!.weights).toEqual([]);
  });

  it('of one stray adapter key in a model: still a model', async () => {
    expect(kindsOf(await survey({ 'config.json': MODEL, 'model.safetensors': safetensors({ 'model.norm.weight': [2], 'model.q.lora_A.weight': [1, 2] }) }))).toEqual(['full-model']);
  });

  it('of checkpoints: cut short by the name, whole by their contents, as the root by the name of the folder', async () => {
    expect(kindsOf(await survey({ 'checkpoint-4/optimizer.pt': pickledDict(['state']) }), 'checkpoint-4')).toEqual(['trainer-checkpoint']);
    expect(kindsOf(await survey({ 'other/optimizer.pt': pickledDict(['state']) }), 'other')).toEqual([]);
    expect(kindsOf(await survey({ 'other/optimizer.pt': pickledDict(['state']), 'other/trainer_state.json': '{}' }), 'other')).toEqual(['trainer-checkpoint']);
    expect(kindsOf(await survey({ 'scheduler.pt': pickledDict(['x']) }, '/runs/a/checkpoint-10/'))).toEqual(['trainer-checkpoint']);
  });

  it('of outputs: by the state or the arguments of the end, or by holding checkpoints only', async () => {
    const checkpoint = { 'checkpoint-4/trainer_state.json': '{}', 'checkpoint-4/optimizer.pt': pickledDict(['state']) };
    const args = (module: string) => ({ 'training_args.bin': pickledObject(module, 'Arguments') });
    expect(kindsOf(await survey(checkpoint))).toEqual(['trainer-output']);
    expect(kindsOf(await survey({ ...checkpoint, ...model() }))).toEqual(['full-model']);
    expect(kindsOf(await survey({ ...checkpoint, ...model(), 'trainer_state.json': '{}' }))).toEqual(['full-model', 'trainer-output']);
    expect(kindsOf(await survey({ ...checkpoint, ...model(), ...args('transformers.training_args') }))).toEqual(['full-model', 'trainer-output']);
    expect(kindsOf(await survey({ ...checkpoint, ...model(), ...args('FlagEmbedding.abc') }))).toEqual(['full-model']);
  });
});
