/** Adapters in training states: taken out under PEFT's names, with a configuration that nobody guessed, and merged in one pass. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { adapterPart } from '../../src/adapters/memory.ts';
import { methodOf } from '../../src/adapters/methods/index.ts';
import { memoryFolder } from '../../src/bytes/index.ts';
import type { Checkpoint } from '../../src/checkpoints/index.ts';
import { modelPart } from '../../src/checkpoints/states/dcp.ts';
import { readModelStates } from '../../src/checkpoints/states/model-states.ts';
import { StateFiles, type StateFile } from '../../src/checkpoints/states/files.ts';
import { StateTensors } from '../../src/checkpoints/states/tensors.ts';
import { PyDict, PyList, type Value } from '../../src/containers/torch/index.ts';
import { isTemperError } from '../../src/findings/index.ts';
import { convertPath, mergePaths, verifyPaths } from '../../src/node/verbs.ts';
import { stored } from '../../src/tensors/index.ts';
import { fixtureFolders, fixtureRoots, readJson } from '../fixtures.ts';
import { withTemporary } from '../hostile.ts';
import { readFileOf } from './support.ts';

const carried = path.join(fixtureRoots()[0]!, 'trees');

/** A state of tensors without bytes, for what is decided by names. */
function stateOf(names: readonly string[], trained?: readonly string[]): Checkpoint {
  const tensors = new Map(names.map((name) => [name, { name, dtype: 'F32' as const, shape: [1], bytes: 4, file: 0, expression: stored(0, 0, 'F32', [1]) }]));
  return { folder: memoryFolder('DIR', new Map()), files: [], tensors, others: [], unused: [], findings: [], state: { kind: 'zero', tag: '', ...(trained === undefined ? {} : { trained: new Set(trained) }) } };
}

const codesOf = (run: () => unknown): string[] => { try { run(); return []; } catch (error) { if (!isTemperError(error)) throw error; return error.findings.map(({ code }) => code); } };
const lora = methodOf('LORA')!;

describe('names of a model in memory', () => {
  const q = 'base_model.model.model.layers.0.q_proj';

  it('become those that PEFT saves', () => {
    const { checkpoint, dropped, renamed } = adapterPart(stateOf([
      `${q}.lora_A.default.weight`, `${q}.lora_B.default.weight`, `${q}.lora_magnitude_vector.default.weight`, `${q}.base_layer.weight`, 'base_model.model.model.embed.lora_embedding_A.default',
      'base_model.model.lm_head.original_module.weight', 'base_model.model.lm_head.modules_to_save.default.weight', 'base_model.model.model.norm.weight',
    ]), lora);
    expect([...checkpoint.tensors.keys()]).toEqual([`${q}.lora_A.weight`, `${q}.lora_B.weight`, `${q}.lora_magnitude_vector`, 'base_model.model.model.embed.lora_embedding_A', 'base_model.model.lm_head.weight']);
    expect(dropped.map(({ name }) => name)).toEqual([`${q}.base_layer.weight`, 'base_model.model.lm_head.original_module.weight', 'base_model.model.model.norm.weight']);
    expect(renamed.get('base_model.model.lm_head.weight')).toBe('base_model.model.lm_head.modules_to_save.default.weight');
  });

  it('lose wrappers of training, and the part of a larger model', () => {
    for (const before of ['module.', '_forward_module.', 'llm.', 'model.', 'module.llm.']) {
      const { checkpoint } = adapterPart(stateOf([`${before}${q}.lora_A.default.weight`, `${before}${q.replace('layers.0', 'layers.0._fsdp_wrapped_module')}.lora_B.default.weight`]), lora);
      expect([...checkpoint.tensors.keys()]).toEqual([`${q}.lora_A.weight`, `${q}.lora_B.weight`]);
    }
  });

  it('of whole weights are kept when they were trained', () => {
    const names = [`${q}.lora_A.default.weight`, 'base_model.model.model.embed.weight', 'base_model.model.model.norm.weight'];
    expect([...adapterPart(stateOf(names, names.slice(0, 2)), lora).checkpoint.tensors.keys()]).toEqual([`${q}.lora_A.weight`, 'base_model.model.model.embed.weight']);
  });

  it('of whole weights follow from the configuration where the state does not say what was trained', () => {
    const names = [`${q}.lora_A.default.weight`, `${q}.base_layer.weight`, 'base_model.model.model.embed_tokens.weight', 'base_model.model.lm_head.weight', 'base_model.model.model.norm.bias'];
    const part = (fields: [string, string | string[]][]) => [...adapterPart(stateOf(names), lora, { path: 'adapter_config.json', fields: new Map(fields) }).checkpoint.tensors.keys()].slice(1);
    expect(part([['modules_to_save', ['embed_tokens', 'head']]])).toEqual(['base_model.model.model.embed_tokens.weight']);
    expect(part([['bias', 'all']])).toEqual(['base_model.model.model.norm.bias']);
    expect(part([])).toEqual([]);
  });

  it('of no adapter, of two, or of two models are refused', () => {
    expect(codesOf(() => adapterPart(stateOf(['model.layers.0.q_proj.weight']), lora))).toEqual(['state-no-adapter']);
    expect(codesOf(() => adapterPart(stateOf([`${q}.lora_A.one.weight`, `${q}.lora_B.two.weight`]), lora))).toEqual(['several-adapter-names']);
    expect(codesOf(() => adapterPart(stateOf([`${q}.lora_A.one.weight`, `${q}.lora_A.two.weight`]), lora))).toEqual(['several-adapter-names']);
    expect(codesOf(() => adapterPart(stateOf([`llm.${q}.lora_A.default.weight`, `visual_encoder.${q}.lora_A.default.weight`.replace('layers.0', 'layers.1')]), lora))).toEqual(['state-several-parts']);
    expect(codesOf(() => adapterPart(stateOf([`${q}.lora_A.default.weight`, `${q}.lora_odd.default.weight`]), lora))).toEqual(['unknown-tensor']);
  });
});

describe('distributed checkpoints', () => {
  const names = (all: readonly (readonly (string | number)[])[]) => { const { taken, left } = modelPart(all.map((keys) => ({ name: keys.join('.'), keys, of: 0 }))); return [taken.map(({ name }) => name), left]; };

  it('give the part of the model, unwrapped', () => {
    expect(names([['model', 'a.weight'], ['optimizer', 'state', 'a.weight', 'exp_avg'], ['nested', 'list', 0]])).toEqual([['a.weight'], ['optimizer.state.a.weight.exp_avg', 'nested.list.0']]);
    expect(names([['app', 'model', 'a.weight'], ['app', 'optim', 'state', 'a']])).toEqual([['a.weight'], ['app.optim.state.a']]);
    expect(names([['a.weight'], ['optim.a'], ['model.b']])).toEqual([['a.weight', 'model.b'], ['optim.a']]);
    expect(names([['optimizer', 'state', 'a']])).toEqual([[], ['optimizer.state.a']]);
  });
});

describe('signs of parallelism in model states', () => {
  const dict = (entries: Record<string, Value>) => { const made = new PyDict(); for (const [key, value] of Object.entries(entries)) made.set(key, value); return made; };
  const list = (...items: Value[]) => { const made = new PyList(); for (const item of items) made.append(item); return made; };
  const file = (entries: Record<string, Value>): StateFile => ({ path: 'mp_rank_00_model_states.pt', savedAs: undefined, root: dict({ module: dict({}), ...entries }), findings: [], others: [], tensor: () => undefined, below: () => new Map(), place: () => undefined, shape: () => undefined, all: () => [] });

  it('are refused', () => {
    for (const entries of [{ ds_autoep_layers: list(dict({ checkpoint_format: 'zero3_partitioned' })) }, { autoep_layers: list(1) }, { mp_world_size: 2 }, { num_experts: list(4) }, { num_experts: 8 },
      { checkpoint_parallel_dimensions: dict({ pp_degree: 2, tp_degree: 1 }) }, { checkpoint_parallel_dimensions: dict({ pp_degree: 1, tp_degree: 4 }) }]) {
      expect(codesOf(() => readModelStates(file(entries)))).toEqual(['state-parallel']);
    }
    expect(codesOf(() => readModelStates(file({ mp_world_size: 1, num_experts: list(1), checkpoint_parallel_dimensions: dict({ pp_degree: 1, tp_degree: 1 }) })))).toEqual([]);
    expect(codesOf(() => readModelStates({ ...file({}), root: dict({ epoch: 3 }) }))).toEqual(['state-structure']);
  });
});

describe('tensors of a state', () => {
  it('that stand for trained ones are trained, and circles are refused', () => {
    const tensors = new StateTensors(new StateFiles(memoryFolder('DIR', new Map())), [], 'DIR');
    tensors.add('embed', stored(0, 0, 'F32', [2]));
    tensors.add('norm', stored(0, 8, 'F32', [2]));
    tensors.alias(new Map([['head', 'middle'], ['middle', 'embed'], ['gone', 'nowhere']]));
    const { tensors: all, state } = tensors.checkpoint({ kind: 'zero', tag: '', trained: new Set(['embed']) });
    expect([...all.keys()]).toEqual(['embed', 'norm', 'head', 'middle']);
    expect([...state!.trained!]).toEqual(['embed', 'head', 'middle']);
    const circle = new StateTensors(new StateFiles(memoryFolder('DIR', new Map())), [], 'DIR');
    circle.alias(new Map([['a', 'b'], ['b', 'a']]));
    expect(codesOf(() => circle.checkpoint({ kind: 'zero', tag: '' }))).toEqual(['state-structure']);
  });
});

describe.each(fixtureFolders('trees'))('$label', ({ dir }) => {
  const cases = fs.readdirSync(dir).filter((name) => fs.existsSync(path.join(dir, name, 'expected.json'))).flatMap((name) => {
    const { consolidated, kinds } = readJson(path.join(dir, name, 'expected.json')) as { consolidated: { source: string; path: string; as_adapter?: boolean }[] | null; kinds: string[] };
    return (consolidated ?? []).filter((one) => one.as_adapter && /^expected_adapter/.test(one.path) && fs.existsSync(path.join(dir, name, one.path)) && (kinds.includes('deepspeed') || !fs.statSync(path.join(dir, name, 'tree', one.source)).isFile())).map((one) => [`${name} ${one.path}`, name, one] as const);
  });
  it.each(cases)('%s', async (_, name, { source, path: wanted }) => {
    await withTemporary(async (temporary) => {
      const output = path.join(temporary, 'out');
      await convertPath({ input: path.join(dir, name, 'tree', source), output, asAdapter: true, workers: 0 });
      const found = await readFileOf(path.join(output, 'adapter_model.safetensors')), right = await readFileOf(path.join(dir, name, wanted));
      expect([...found.keys()].sort()).toEqual([...right.keys()].sort());
      for (const [tensor, value] of right) expect(found.get(tensor), tensor).toEqual(value);
    });
  });
});

describe('configurations', () => {
  const input = path.join(carried, 'ds2-w3-lora-mts-frozen-excluded', 'tree');

  it('are not written where alpha is not known', async () => {
    await withTemporary(async (temporary) => {
      const output = path.join(temporary, 'out'), { findings } = await convertPath({ input, output, asAdapter: true, workers: 0 });
      expect(fs.readdirSync(output).sort()).toEqual(['adapter_model.safetensors', 'temper.json']);
      expect(findings.map(({ code }) => code)).toContain('state-adapter-config-absent');
    });
  });

  it('of another run are refused; the alpha that is given wins over that of a file', async () => {
    const checkpoint = path.join(carried, 'cla-pretrain-complete', 'tree', 'output_dir', 'checkpoint-200');
    await withTemporary(async (temporary) => {
      const there = path.join(temporary, 'checkpoint-200'), config = path.join(there, 'adapter_config.json');
      fs.cpSync(checkpoint, there, { recursive: true });
      const fields = readJson(config) as Record<string, unknown>, converted = async (name: string, more: object = {}) => {
        await convertPath({ input: there, output: path.join(temporary, name), asAdapter: true, workers: 0, ...more });
        return readJson(path.join(temporary, name, 'adapter_config.json')) as Record<string, unknown>;
      };
      expect(await converted('as-it-is')).toEqual(fields);
      expect(await converted('alpha', { loraAlpha: 3 })).toEqual({ ...fields, lora_alpha: 3 });
      fs.writeFileSync(config, JSON.stringify({ ...fields, r: 64 }));
      const refused = await converted('none').catch((error: unknown) => error);
      expect(isTemperError(refused, 'config-and-tensors-differ')).toBe(true);
      expect(await converted('synthesised', { loraAlpha: 3 })).toMatchObject({ r: 8, lora_alpha: 3 });
    });
  });

  it('follow from the tensors and the alpha that is given', async () => {
    await withTemporary(async (temporary) => {
      const output = path.join(temporary, 'out');
      await convertPath({ input: path.join(input, 'global_step20'), output, asAdapter: true, loraAlpha: 12, workers: 0 });
      expect(readJson(path.join(output, 'adapter_config.json'))).toMatchObject({ peft_type: 'LORA', r: 4, lora_alpha: 12, target_modules: ['q_proj', 'v_proj'], modules_to_save: ['embed_tokens', 'lm_head'] });
    });
  });
});

describe('merging out of a state', () => {
  it('gives what two passes give, and proves it', async () => {
    const run = path.join(carried, 'cla-pretrain-complete', 'tree'), base = path.join(run, 'base'), state = path.join(run, 'output_dir', 'checkpoint-200', 'global_step200');
    await withTemporary(async (temporary) => {
      const adapter = path.join(temporary, 'adapter'), once = path.join(temporary, 'once'), twice = path.join(temporary, 'twice');
      await mergePaths({ base, adapters: [state], output: once, workers: 0 });
      await convertPath({ input: state, output: adapter, asAdapter: true, workers: 0 });
      await mergePaths({ base, adapters: [adapter], output: twice, workers: 0 });
      for (const name of fs.readdirSync(twice).filter((file) => file !== 'temper.json')) expect(fs.readFileSync(path.join(once, name)), name).toEqual(fs.readFileSync(path.join(twice, name)));
      expect((await verifyPaths({ base, adapters: [state], merged: once, workers: 0 })).body.verdict).toBe('merged');
    });
  });

  it('needs no saved adapter, only its configuration or the alpha, and the right tag', async () => {
    const run = path.join(carried, 'cla-pretrain-complete', 'tree'), base = path.join(run, 'base');
    await withTemporary(async (temporary) => {
      const there = path.join(temporary, 'checkpoint-200'), merged = async (name: string, more: object = {}) => {
        const output = path.join(temporary, name);
        await mergePaths({ base, adapters: [there], output, workers: 0, ...more });
        return fs.readFileSync(path.join(output, 'model-00001-of-00002.safetensors'));
      };
      const refused = async (more: object = {}) => { const error = await merged('none', more).catch((reason: unknown) => reason); return isTemperError(error) ? error.findings[0]!.code : undefined; };
      fs.cpSync(path.join(run, 'output_dir', 'checkpoint-200'), there, { recursive: true });
      fs.rmSync(path.join(there, 'adapter_model.bin'));
      fs.rmSync(path.join(there, 'pt_lora_model'), { recursive: true });
      const first = await merged('first');
      expect(await refused({ tag: 'global_step7' })).toBe('state-tag-absent');
      const { lora_alpha: alpha } = readJson(path.join(there, 'adapter_config.json')) as { lora_alpha: number };
      fs.rmSync(path.join(there, 'adapter_config.json'));
      expect(await refused()).toBe('adapter-alpha-unknown');
      expect(await merged('second', { loraAlpha: alpha, tag: 'global_step200' })).toEqual(first);
    });
  });

  it('takes the state where the saved adapter is hollow', async () => {
    const run = path.join(carried, 'cla-pretrain-complete', 'tree'), checkpoint = path.join(run, 'output_dir', 'checkpoint-200');
    const hollow = path.join(carried, 'hollow-zero3-adapter', 'tree', 'adapter_model.safetensors');
    await withTemporary(async (temporary) => {
      const there = path.join(temporary, 'checkpoint-200');
      fs.cpSync(checkpoint, there, { recursive: true });
      fs.rmSync(path.join(there, 'adapter_model.bin'));
      fs.copyFileSync(hollow, path.join(there, 'adapter_model.safetensors'));
      const { findings } = await mergePaths({ base: path.join(run, 'base'), adapters: [there], output: path.join(temporary, 'out'), workers: 0 });
      expect(findings.map(({ code }) => code)).toContain('state-instead-of-hollow');
      // So does convert, without being asked for the adapter.
      const told = await convertPath({ input: there, output: path.join(temporary, 'adapter'), workers: 0 });
      expect(told.findings.map(({ code }) => code)).toContain('state-instead-of-hollow');
      expect((await readFileOf(path.join(temporary, 'adapter', 'adapter_model.safetensors'))).size).toBe(30);
    });
  });
});
