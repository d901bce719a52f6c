/** Conversions between torch files and safetensors: sharing, both formats side by side, trees, what is read again. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { closeCheckpoint, openCheckpoint, type Checkpoint } from '../../src/checkpoints/index.ts';
import { openContainer } from '../../src/containers/index.ts';
import type { TorchFile } from '../../src/containers/torch/index.ts';
import { isTemperError } from '../../src/findings/index.ts';
import { fileSource } from '../../src/node/files.ts';
import { openInput } from '../../src/node/folder.ts';
import { convertPath, type ConvertPathOptions } from '../../src/node/verbs.ts';
import { recordedNames, sharedNames } from '../../src/plans/shared.ts';
import { compareTwins } from '../../src/proofs/twins.ts';
import { stored } from '../../src/tensors/index.ts';
import { readRaw } from '../adapters/judge.ts';
import { fixtureFolders, fixtureRoots, readJson } from '../fixtures.ts';

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-convert-'));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));
const fixture = (...parts: string[]) => path.join(fixtureRoots()[0]!, ...parts);
let count = 0;
const fresh = (name = 'out') => path.join(scratch, `${name}-${count++}`);
const convert = (input: string, output: string, more: Partial<ConvertPathOptions> = {}) => convertPath({ input, output, workers: 0, ...more });
const codes = (findings: readonly { code: string }[]) => findings.map(({ code }) => code);

/** A folder with these files, each copied from somewhere or written. */
function folder(files: Readonly<Record<string, string | Uint8Array>>): string {
  const dir = fresh('in');
  for (const [name, content] of Object.entries(files)) {
    const full = path.join(dir, name);
    fs.mkdirSync(path.dirname(full), { recursive: true });
    if (typeof content === 'string' && fs.existsSync(content)) fs.copyFileSync(content, full); else fs.writeFileSync(full, content);
  }
  return dir;
}

/** Every file below a folder but the manifest. */
const filesOf = (dir: string) => fs.readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  .map((entry) => path.relative(dir, path.join(entry.parentPath, entry.name))).filter((name) => name !== 'temper.json').sort();

/** A safetensors file of one tensor `w` of one element. */
function safetensorsOf(dtype: string, bytes: number): Uint8Array {
  const header = JSON.stringify({ w: { dtype, shape: [1], data_offsets: [0, bytes] } }), file = Buffer.alloc(8 + header.length + bytes);
  file.writeBigUInt64LE(BigInt(header.length));
  file.write(header, 8);
  return file;
}

async function openTorch(file: string): Promise<TorchFile> {
  const source = fileSource(file, path.basename(file));
  try { return await openContainer(source) as TorchFile; } finally { source.close(); }
}

async function twins(a: string, b: string) {
  const [first, second] = await Promise.all([a, b].map((one) => { const { folder: dir, file } = openInput(one); return openCheckpoint(dir, file === undefined ? {} : { file }); }));
  try { return await compareTwins(first!, second!); } finally { await closeCheckpoint(first!); await closeCheckpoint(second!); }
}

describe('a torch file written again', () => {
  const TIED = fixture('containers/torch/tied_and_overlapping.pt');

  // Plain dicts of whole contiguous tensors: everything that there is to say of them is kept.
  for (const { label, dir } of fixtureFolders('containers/roundtrip')) {
    it.each(['one_tensor', 'two_tensors', 'same_object', 'tied', 'memo_over_255', 'batch_1001', 'same_dtype_many', 'names', 'v2_dtypes'].filter((name) => fs.existsSync(path.join(dir, name, 'model.pt'))))(
      `${label} %s is the file that torch.save wrote`, async (name) => {
        const input = path.join(dir, name, 'model.pt'), output = path.join(fresh(), 'model.pt');
        fs.mkdirSync(path.dirname(output));
        try { await convert(input, output); } catch (error) {
          // complex128 and names that only torch has.
          expect(isTemperError(error, 'tensor-not-plain')).toBe(true);
          return;
        }
        expect(Buffer.compare(fs.readFileSync(output), fs.readFileSync(input))).toBe(0);
      });
  }

  it.each([[undefined, 'torch-zip'], [true, 'torch-legacy']] as const)('keeps one object for two names, one storage for two views: %s', async (legacyFormat, format) => {
    const output = fresh();
    await convert(folder({ 'pytorch_model.bin': TIED }), output, { to: 'bin', ...(legacyFormat && { legacyFormat }) });
    const file = await openTorch(path.join(output, 'pytorch_model.bin')), byName = new Map(file.tensors.map((tensor) => [tensor.name, tensor]));
    expect(file.format).toBe(format);
    expect(byName.get('lm_head.weight')!.tensor).toBe(byName.get('embed.weight')!.tensor);
    // Another object, and another shape, on the same storage.
    for (const name of ['alias_view', 'flat_alias']) {
      expect(byName.get(name)!.tensor).not.toBe(byName.get('embed.weight')!.tensor);
      expect(byName.get(name)!.tensor.storage).toBe(byName.get('embed.weight')!.tensor.storage);
    }
    expect(await twins(TIED, path.join(output, 'pytorch_model.bin'))).toMatchObject({ equal: true });
  });

  it('has every name of its own when tied names are materialised', async () => {
    const output = fresh();
    await convert(folder({ 'pytorch_model.bin': TIED }), output, { to: 'bin', materializeTied: true });
    const { shared, tensors } = await openTorch(path.join(output, 'pytorch_model.bin'));
    expect([shared, tensors.filter(({ sameAs }) => sameAs !== undefined)]).toEqual([[], []]);
  });

  it('in the old format refuses what torch could not read back', async () => {
    const dir = folder({ 'model.safetensors': safetensorsOf('F8_E4M3', 1) }), failure = await convert(dir, fresh(), { to: 'bin', legacyFormat: true }).catch((error: unknown) => error);
    expect(isTemperError(failure, 'dtype-not-in-legacy')).toBe(true);
    expect((await convert(dir, fresh(), { to: 'bin' })).body.tensors.copied).toBe(1);
  });
});

describe('names that share memory', () => {
  it('come back from safetensors, as one object or each on its own', async () => {
    const input = folder({ 'pytorch_model.bin': fixture('containers/torch/tied_and_overlapping.pt') }), safe = fresh(), back = fresh(), each = fresh();
    const { body } = await convert(input, safe);
    const left = body.tensors.dropped.map(({ name }) => name).sort();
    expect(left).toEqual(['embed.weight', 'lm_head.weight']);
    expect(codes((await convert(safe, back, { to: 'bin' })).findings)).toContain('names-restored');
    expect(await twins(input, back)).toMatchObject({ equal: true });
    const file = await openTorch(path.join(back, 'pytorch_model.bin'));
    expect(file.tensors.filter(({ sameAs }) => sameAs !== undefined).map(({ name }) => name).sort()).toEqual(left);
    await convert(safe, each, { materializeTied: true });
    expect(left.every((name) => readRaw(path.join(each, 'model.safetensors')).has(name))).toBe(true);
  });

  it.each([
    ['a tied decoder', { architectures: ['LlamaForCausalLM'], tie_word_embeddings: true }, true], ['tied where nothing is said', { architectures: ['GPT2LMHeadModel'] }, true],
    ['untied where nothing is said', { architectures: ['LlamaForCausalLM'] }, false], ['an encoder', { architectures: ['LlamaModel'], tie_word_embeddings: true }, false],
    ['no plain decoder', { architectures: ['WhisperForConditionalGeneration'], tie_word_embeddings: true }, false],
  ])('a head that was left out without a note is there again in a torch file: %s', async (_, config, restored) => {
    const input = fresh(), headless = fresh(), output = fresh();
    await convert(fixture('peft/lora-tied-embed/base'), input);
    fs.writeFileSync(path.join(input, 'config.json'), JSON.stringify(config));
    expect([...readRaw(path.join(input, 'model.safetensors')).keys()]).not.toContain('lm_head.weight');
    await convert(input, output, { to: 'bin' });
    const { tensors } = await openTorch(path.join(output, 'pytorch_model.bin')), head = tensors.find(({ name }) => name === 'lm_head.weight');
    expect(head?.sameAs).toBe(restored ? 'model.embed_tokens.weight' : undefined);
    await convert(input, headless, { materializeTied: true });
    expect(readRaw(path.join(headless, 'model.safetensors')).has('lm_head.weight')).toBe(restored);
  });

  it.each([
    [['decoder.embed_tokens.weight', 'encoder.embed_tokens.weight', 'lm_head.weight', 'shared.weight'], 'shared.weight'],
    [['lm_head.decoder.weight', 'roberta.embeddings.word_embeddings.weight'], 'roberta.embeddings.word_embeddings.weight'],
    [['lm_head.weight', 'transformer.wte.weight'], 'transformer.wte.weight'],
    [['cls.predictions.bias', 'cls.predictions.decoder.bias'], 'cls.predictions.bias'],
  ])('%j keep %s, which architectures tie the others to', (names, kept) => {
    const base = { files: [{ format: 'torch-zip' }], tensors: new Map(names.map((name) => [name, { name, dtype: 'F32', shape: [2], bytes: 8, file: 0, expression: stored(0, 64, 'F32', [2]) }])) } as unknown as Checkpoint;
    expect(sharedNames(base, undefined)).toEqual(new Map(names.filter((name) => name !== kept).map((name) => [name, kept])));
  });
});

describe('shards', () => {
  const base = fixture('peft/file-base-bin-sharded/base');

  it('change their names with their index, there and back', async () => {
    const safe = fresh(), back = fresh();
    await convert(base, safe);
    const index = readJson(path.join(safe, 'model.safetensors.index.json')), old = readJson(path.join(base, 'pytorch_model.bin.index.json'));
    expect(filesOf(safe).filter((name) => /model/.test(name))).toEqual(['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors', 'model.safetensors.index.json']);
    expect(Object.fromEntries(Object.entries<string>(index.weight_map).map(([name, file]) => [name, file.replace('model', 'pytorch_model').replace('.safetensors', '.bin')]))).toEqual(old.weight_map);
    expect(index.metadata.total_size).toBe(Object.keys(index.weight_map).reduce((sum, name) => sum + readRaw(path.join(safe, index.weight_map[name])).get(name)!.bytes.length, 0));
    await convert(safe, back, { to: 'bin' });
    expect(readJson(path.join(back, 'pytorch_model.bin.index.json')).weight_map).toEqual(old.weight_map);
    expect(filesOf(back).filter((name) => name.includes('safetensors'))).toEqual([]);
    expect(await twins(base, back)).toMatchObject({ equal: true });
  });

  it.each([['model.fp16.safetensors', 'pytorch_model.fp16.bin'], ['diffusion_pytorch_model.fp16.safetensors', 'diffusion_pytorch_model.fp16.bin'], ['adapter_model.safetensors', 'adapter_model.bin']])('and variants keep theirs: %s, %s', async (safe, bin) => {
    const there = fresh(), back = fresh();
    await convert(folder({ [safe]: fixture('peft/lora-llama-bf16/base/model.safetensors') }), there, { to: 'bin' });
    expect(filesOf(there)).toEqual([bin]);
    await convert(there, back);
    expect(filesOf(back)).toEqual([safe]);
  });

  it('note in the index too which names are left out, and are understood when only it does', async () => {
    const output = fresh();
    await convert(folder({ 'pytorch_model.bin': fixture('containers/torch/tied_and_overlapping.pt') }), output, { maxShardBytes: 100 });
    expect(readJson(path.join(output, 'model.safetensors.index.json')).metadata).toMatchObject({ 'embed.weight': 'alias_view', 'lm_head.weight': 'alias_view' });
    const { folder: dir } = openInput(output), base = await openCheckpoint(dir), hub = { ...base, files: base.files.map((file) => ({ ...file, metadata: new Map() })) };
    expect(recordedNames(hub)).toEqual(new Map([['embed.weight', 'alias_view'], ['lm_head.weight', 'alias_view']]));
    expect(recordedNames({ ...hub, indexTexts: new Map() })).toEqual(new Map());
    await closeCheckpoint(base);
  });

  it('count a shared storage once, and keep it in one of them', async () => {
    const output = fresh();
    await convert(folder({ 'pytorch_model.bin': fixture('containers/torch/tied_and_overlapping.pt') }), output, { to: 'bin', maxShardBytes: 100 });
    const index = readJson(path.join(output, 'pytorch_model.bin.index.json')), sharers = ['embed.weight', 'lm_head.weight', 'alias_view', 'flat_alias'];
    expect(new Set(sharers.map((name) => index.weight_map[name])).size).toBe(1);
    const storages = await Promise.all([...new Set<string>(Object.values(index.weight_map))].map(async (file) => (await openTorch(path.join(output, file))).objects.storages.storages));
    expect(index.metadata.total_size).toBe(storages.flat().reduce((sum, { bytes }) => sum + bytes, 0));
  });
});

describe('both formats side by side', () => {
  it.each([['file-base-bin-sharded', 'safetensors'], ['file-adapter-bin', undefined], ['lora-llama-bf16', 'bin'], ['file-base-sharded', undefined]] as const)('%s to %s', async (name, to) => {
    const part = name === 'file-adapter-bin' ? 'adapter' : 'base', input = fixture('peft', name, part), output = fresh();
    const { body, findings } = await convert(input, output, { ...(to && { to }), keep: true });
    expect(body.verified).toMatchObject({ verdict: 'equal', counts: { equal: body.tensors.copied } });
    expect(codes(findings)).toContain('kept-both');
    const weights = filesOf(input).filter((file) => /model.*\.(?:safetensors|bin)(?:\.index\.json)?$/.test(file));
    for (const file of weights) expect(Buffer.compare(fs.readFileSync(path.join(output, file)), fs.readFileSync(path.join(input, file))), file).toBe(0);
    // The new one beside the old one: opened alone, they hold the same.
    const there = filesOf(output), other = (ending: string) => there.find((file) => /model/.test(file) && file.endsWith(`${ending}.index.json`)) ?? there.find((file) => /model/.test(file) && file.endsWith(ending))!;
    expect(await twins(path.join(output, other('.safetensors')), path.join(output, other('.bin')))).toMatchObject({ equal: true });
    // And a conversion of the two says so.
    expect(codes((await convert(output, fresh())).findings)).toContain('twins-equal');
  });

  it('are in the plan with what they take', async () => {
    const input = fixture('peft/lora-llama-bf16/base'), output = fresh(), { body: { plan } } = await convert(input, output, { keep: true, dryRun: true });
    await convert(input, output, { keep: true });
    const weights = plan!.files.filter(({ path: name }) => /model\.(?:safetensors|bin)$/.test(name));
    expect(weights.map(({ path: name, kind, bytes, tensors }) => [name, kind, bytes, tensors !== undefined])).toEqual([
      ['pytorch_model.bin', 'weights', fs.statSync(path.join(output, 'pytorch_model.bin')).size, true], ['model.safetensors', 'copy', fs.statSync(path.join(input, 'model.safetensors')).size, false],
    ]);
  });

  it('refuses what would be no twin', async () => {
    const input = fixture('peft/lora-llama-bf16/base');
    for (const more of [{ to: 'bin', dtype: 'F32' }, { to: 'safetensors' }] as const) {
      expect(isTemperError(await convert(input, fresh(), { keep: true, ...more }).catch((error: unknown) => error), 'keep-impossible')).toBe(true);
    }
    expect(isTemperError(await convert(input, `${fresh()}.bin`, { keep: true }).catch((error: unknown) => error), 'keep-impossible')).toBe(true);
  });

  it('says where twins begin to differ', async () => {
    const both = fresh(), broken = fresh();
    await convert(fixture('peft/lora-llama-bf16/base'), both, { to: 'bin', keep: true });
    const file = path.join(both, 'pytorch_model.bin'), tensor = (await openTorch(file)).tensors[3]!, bytes = fs.readFileSync(file);
    bytes[(tensor.expression as { offset: number }).offset + 10]! ^= 1;
    fs.writeFileSync(file, bytes);
    const { tensors } = await twins(path.join(both, 'model.safetensors'), file);
    expect(tensors.filter(({ status }) => status !== 'equal')).toEqual([{ name: tensor.name, status: 'differs', element: 10 / (tensor.bytes / tensor.shape.reduce((a, b) => a * b, 1)) }]);
    const { findings } = await convert(both, broken);
    expect(findings.find(({ code }) => code === 'twins-differ')).toMatchObject({ severity: 'warning', tensor: tensor.name });
  });
});

describe('a tree', () => {
  const source = () => folder({
    'pytorch_model.bin': fixture('containers/torch/module_state_dict.pt'), 'config.json': '{"torch_dtype": "float32"}', 'modules.json': '[]', 'temper.json': '{}',
    '1_Pooling/config.json': '{}', '2_Dense/pytorch_model.bin': fixture('containers/roundtrip/two_tensors/model.pt'), '2_Dense/config.json': '{"x": 1}',
    'colbert_linear.pt': fixture('containers/roundtrip/one_tensor/model.pt'), 'checkpoint-5/optimizer.pt': fixture('containers/trainer/hf_optimizer.pt'),
    'checkpoint-5/adapter_model.bin': fixture('peft/file-adapter-bin/adapter/adapter_model.bin'), 'checkpoint-5/adapter_config.json': '{}',
    'both/model.safetensors': fixture('peft/lora-llama-bf16/base/model.safetensors'), 'both/pytorch_model.bin': fixture('containers/torch/module_state_dict.pt'), 'both/pytorch_model.bin.index.json': '{}',
  });

  it('is converted where its weights lie, everything else carried over', async () => {
    const input = source(), output = fresh(), { findings } = await convert(input, output, { recursive: true });
    expect(filesOf(output)).toEqual([
      '1_Pooling/config.json', '2_Dense/config.json', '2_Dense/model.safetensors', 'both/model.safetensors', 'checkpoint-5/adapter_config.json', 'checkpoint-5/adapter_model.safetensors',
      'checkpoint-5/optimizer.pt', 'colbert_linear.pt', 'config.json', 'model.safetensors', 'modules.json',
    ].sort());
    for (const name of filesOf(output).filter((file) => !file.endsWith('.safetensors'))) expect(fs.readFileSync(path.join(output, name))).toEqual(fs.readFileSync(path.join(input, name)));
    for (const [place, stem] of [['', 'pytorch_model.bin'], ['2_Dense', 'pytorch_model.bin'], ['checkpoint-5', 'adapter_model.bin'], ['both', 'model.safetensors']] as const) {
      expect(await twins(path.join(input, place, stem), path.join(output, place))).toMatchObject({ equal: true });
    }
    expect(findings.filter(({ code }) => code === 'not-carried').map(({ path: name }) => name).sort()).toEqual(['both/pytorch_model.bin', 'both/pytorch_model.bin.index.json', 'temper.json']);
    expect(findings.find(({ code }) => code === 'twins-differ')).toBeDefined();
  });

  it('keeps both formats in every folder when asked to', async () => {
    const input = source(), output = fresh();
    fs.rmSync(path.join(input, 'both'), { recursive: true });
    await convert(input, output, { recursive: true, keep: true });
    for (const name of ['pytorch_model.bin', '2_Dense/pytorch_model.bin', 'checkpoint-5/adapter_model.bin']) expect(fs.readFileSync(path.join(output, name))).toEqual(fs.readFileSync(path.join(input, name)));
    expect(filesOf(output)).toHaveLength(filesOf(input).length + 3);
  });

  it('or only its root, with what a loader reads beside the weights', async () => {
    const output = fresh(), input = source();
    for (const [name, text] of Object.entries({ 'README.md': 'card', 'configuration.json': '{}', 'trainer_state.json': '{}', 'notes.zip': 'x' })) fs.writeFileSync(path.join(input, name), text);
    const { findings } = await convert(input, output);
    expect(findings.find(({ code }) => code === 'not-carried')?.parameters).toMatchObject({ names: 'both/, checkpoint-5/, notes.zip, trainer_state.json' });
    // Of a single file that lies somewhere, only what belongs to a model.
    const alone = fresh();
    await convert(path.join(input, 'pytorch_model.bin'), alone);
    expect(filesOf(alone)).not.toContain('README.md');
    expect(filesOf(output)).toEqual(['1_Pooling/config.json', '2_Dense/config.json', '2_Dense/pytorch_model.bin', 'README.md', 'colbert_linear.pt', 'config.json', 'configuration.json', 'model.safetensors', 'modules.json']);
  });

  it.each([[{ recursive: true }, 'x.safetensors'], [{ legacyFormat: true, to: 'safetensors' }, 'x']] as const)('cannot be %j as %s', async (more, name) => {
    expect(isTemperError(await convert(source(), path.join(fresh(), name), more).catch((error: unknown) => error), 'options-contradict')).toBe(true);
  });

  it('cannot be of a single file', async () => {
    expect(isTemperError(await convert(path.join(source(), 'pytorch_model.bin'), fresh(), { recursive: true }).catch((error: unknown) => error), 'options-contradict')).toBe(true);
  });

  it('without weights is refused', async () => {
    const failure = await convert(folder({ 'a/readme.md': 'x' }), fresh(), { recursive: true }).catch((error: unknown) => error);
    expect(isTemperError(failure, 'nothing-to-convert')).toBe(true);
  });
});

describe('what is no tensor', () => {
  it.each([['torch/wrapped_state_dict.pt', ['state-dict-unwrapped']], ['torch/module_state_dict.pt', []], ['trainer/hf_optimizer.pt', ['entries-left-out']]] as const)('is said of %s', async (file, said) => {
    const { findings } = await convert(folder({ 'pytorch_model.bin': fixture('containers', file) }), fresh());
    expect(codes(findings)).toEqual(said);
  });
});

describe('sizes', () => {
  it.each([
    ['containers/torch/small_view_big_storage.pt', {}], ['containers/torch/wrapped_state_dict.pt', {}], ['containers/torch/tied_and_overlapping.pt', { materializeTied: true }],
    ['containers/torch/module_state_dict.pt', { dtype: 'BF16' }], ['containers/torch/module_state_dict.pt', { to: 'bin' }],
  ] as const)('of %s add up: %j', async (file, more) => {
    const output = fresh(), { body } = await convert(folder({ 'pytorch_model.bin': fixture(file) }), output, more);
    const { input_bytes: before, output_bytes: after, changes } = body.size!;
    expect(before).toBe(fs.statSync(fixture(file)).size);
    expect(after).toBe(fs.statSync(path.join(output, body.files[0]!.path)).size);
    expect(changes.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(after - before);
  });
});
