/** What a run came to, what to do with it, and why its files are as large as they are. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/table.ts';
import { openFolder } from '../../src/node/folder.ts';
import { explainSizes, nextCommands, quoted, resultOf, surveyTree, type Survey } from '../../src/producers/index.ts';
import { fixtureFolders } from '../fixtures.ts';
import { pickledDict, safetensors, survey, torchTensors } from './trees.ts';

const CONFIG = { model_type: 'llama' };
const WEIGHTS = safetensors({ 'model.norm.weight': [2] });
const LORA = safetensors({ 'base_model.model.q.lora_A.weight': [1, 2] });
const model = (at = '') => ({ [`${at}config.json`]: CONFIG, [`${at}model.safetensors`]: WEIGHTS });
const adapter = (at = '') => ({ [`${at}adapter_config.json`]: { peft_type: 'LORA' }, [`${at}adapter_model.safetensors`]: LORA });
const state = (at: string) => ({ [`${at}trainer_state.json`]: '{}', [`${at}optimizer.pt`]: pickledDict(['state']) });
const carried = async (name: string): Promise<Survey> => surveyTree(openFolder(path.join(fixtureFolders('trees')[0]!.dir, name, 'tree')));
const place = (tree: Survey) => { const result = resultOf(tree); return result === undefined ? 'none' : `${result.kind} ${result.path}`; };
const commands = (tree: Survey, given = 'run', bases: readonly (string | null)[] = []) =>
  nextCommands(given, tree, resultOf(tree), bases.map((base) => ({ path: '.', base }))).map(({ command }) => command);

describe('the result', () => {
  it('is the final model, not a checkpoint of it', async () => { expect(place(await survey({ ...model(), ...model('checkpoint-4/'), ...state('checkpoint-4/'), 'trainer_state.json': '{}' }))).toBe('model '); });
  it('is the newest usable checkpoint where nothing final is left, by number', async () => {
    const tree = await survey({ ...model('checkpoint-9/'), ...state('checkpoint-9/'), ...model('checkpoint-10/'), ...state('checkpoint-10/'), ...state('checkpoint-11/'), 'checkpoint-11/model.safetensors': WEIGHTS.subarray(0, 50) });
    expect(place(tree)).toBe('model checkpoint-10');
    expect(resultOf(tree)!.why.en).toContain('newest usable checkpoint');
  });
  it('is the outer copy of an adapter that was saved three times', async () => { expect(place(await carried('cla-pretrain-complete'))).toBe('adapter output_dir/pt_lora_model'); });
  it('is an export with all its parts', async () => { expect(place(await carried('xt-llava-export-825'))).toBe('parts iter_8_xtuner'); });
  it('is a state where there are no weights yet', async () => { expect(place(await carried('xt-llava-pth-file'))).toBe('state '); });
  it('is a merged model rather than the adapter that went into it', async () => { expect(place(await survey({ ...adapter('run/'), ...model('run/merged_model/'), ...model('base/') }))).toBe('model run/merged_model'); });
  it('is never the base', async () => { expect(place(await survey({ ...adapter('run/'), ...model('base/') }))).toBe('adapter run'); });
  it('is left open between equals, and where there is nothing', async () => {
    expect(place(await carried('base-audit-values'))).toBe('none');
    expect(place(await survey({ 'a.txt': 'x' }))).toBe('none');
  });
  it('is not what cannot be loaded', async () => {
    expect(place(await carried('deploy-g5-lfs-pointer'))).toBe('none');
    expect(place(await carried('deploy-g5-html-page'))).toBe('none');
    expect(place(await survey({ 'config.json': CONFIG, 'pytorch_model.bin': WEIGHTS }))).toBe('none');
    expect(place(await carried('hollow-zero3-adapter'))).toBe('none');
    expect(place(await survey({ ...adapter(), 'adapter_model.safetensors': safetensors({ 'x.lora_A.weight': [0] }), 'global_step4/zero_pp_rank_0_mp_rank_00_optim_states.pt': pickledDict(['a']) }))).toBe('state ');
    expect((await survey({ 'config.json': CONFIG, 'model-00001-of-00001.safetensors': WEIGHTS })).directories.get('')!.weights).toEqual([]);
    const slice = torchTensors({ 'tok_embeddings.weight': [1, 2] });
    expect(place(await survey({ 'params.json': '{}', 'consolidated.00.pth': slice, 'consolidated.01.pth': slice }))).toBe('model ');
    expect(place(await survey({ 'params.json': '{}', 'consolidated.01.pth': slice }))).toBe('none');
  });
});

describe('what to do next', () => {
  it('takes the base from the tree, else from the configuration, else leaves the word', async () => {
    expect(commands(await survey({ ...adapter('run/'), ...model('base/') }))).toEqual(['temper check run/run --base run/base', 'temper merge run/base run/run -o merged']);
    expect(commands(await survey(adapter()), 'run', ['Qwen/Qwen2.5-7B'])[1]).toBe('temper merge Qwen/Qwen2.5-7B run -o merged');
    for (const base of ['', null, '/data/models/llama', 'evil; rm -rf']) expect(commands(await survey(adapter()), 'run', [base])[1]).toBe('temper merge BASE run -o merged');
    expect(commands(await survey({ ...adapter('run/'), ...model('a/'), ...model('b/') }))[1]).toBe('temper merge BASE run/run -o merged');
  });
  it('asks for an alpha where there is no configuration', async () => {
    expect(commands(await survey({ 'pytorch_model.bin': torchTensors({ 'base_model.model.q.lora_A.weight': [1, 2] }) }))[1]).toBe('temper merge BASE run -o merged --lora-alpha N');
  });
  it('fetches what is only pointed to, scans what nobody knows, converts pickles', async () => {
    expect(commands(await carried('deploy-g5-lfs-pointer'))[0]).toBe('git -C run lfs pull');
    expect(commands(await survey({ 'x.pkl': new Uint8Array([0x80, 2, 0x4e, 0x2e]) }))).toEqual(['temper scan run/x.pkl']);
    expect(commands(await survey({ 'config.json': CONFIG, 'pytorch_model.bin': torchTensors({ 'model.norm.weight': [1] }) }))).toContain('temper convert run -o OUT');
  });
  it('assembles exactly the parts that are there', async () => {
    expect(commands(await carried('xt-llava-export-825'))).toEqual(['temper assemble run/iter_8_xtuner --base llm=PATH --base visual_encoder=PATH -o OUT']);
  });
  it('quotes what a shell would take apart, and names only commands that exist', async () => {
    expect(quoted('a b\'c')).toBe('\'a b\'\\\'\'c\'');
    expect(commands(await survey(model()), 'my run')).toEqual(['temper check \'my run\'']);
    const known = new Set(COMMANDS.map(({ name }) => name)), planned = new Set(['check', 'base']);
    for (const name of ['cla-pretrain-complete', 'base-audit-values', 'xt-llava-export-825', 'fsdp-missing-shard', 'deploy-g3-missing-shard', 'cla-bin-is-adapter']) {
      for (const command of commands(await carried(name))) { const [program, verb] = command.split(' '); expect(program === 'git' || known.has(verb as never) || planned.has(verb!)).toBe(true); }
    }
  });
});

describe('sizes', () => {
  it('tell the state of an engine, the optimizer and the adapter apart by what each parameter takes', async () => {
    const notes = await explainSizes((await carried('cla-pretrain-complete')).root);
    expect(notes.map(({ paths, parameters, bytesEach, frozen }) => [paths.length, parameters, bytesEach, frozen])).toEqual([[1, 52_000, 2, 20_640], [2, 31_360, 12, undefined]]);
    for (const { bytes, parameters, bytesEach } of notes) expect(bytes / (parameters * bytesEach)).toBeGreaterThan(1);
  });
  it('of placeholders are not explained by the weights that they stand for', async () => {
    expect(await explainSizes((await carried('ds3-w2-placeholder-only')).root)).toEqual([]);
  });
  it('of Trainer\'s optimizer: two moments', async () => {
    const [note, ...others] = await explainSizes((await carried('trl-sft-lora')).root);
    expect([note!.parameters, note!.bytesEach, others.length]).toEqual([896, 8, 1]);
  });
});
