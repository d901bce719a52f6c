/** A directory as one checkpoint: the index held against the headers in both directions, and everything said at once. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareNames, memoryFolder, type Folder } from '../../src/bytes/index.ts';
import { closeCheckpoint, indexDocument, openCheckpoint, shardFileName, splitIntoShards } from '../../src/checkpoints/index.ts';
import { sourcesOf } from '../../src/tensors/index.ts';
import { folderOf, index, json, open, refusals, weights } from './support.ts';

const A = 'model-00001-of-00002.safetensors', B = 'model-00002-of-00002.safetensors', INDEX = 'model.safetensors.index.json';
const codes = (findings: readonly { code: string }[]): string[] => findings.map(({ code }) => code);

describe('a single file', () => {
  it('opens with its metadata and no findings', async () => {
    const checkpoint = await open({ 'model.safetensors': weights(['b', 'a']), 'config.json': json({}) });
    expect([...checkpoint.tensors.keys()]).toEqual(['a', 'b']);
    expect(checkpoint).toMatchObject({ unused: [], findings: [], files: [{ path: 'model.safetensors', format: 'safetensors' }] });
    expect(checkpoint.files[0]!.metadata.get('format')).toBe('pt');
    expect(checkpoint.index).toBeUndefined();
  });

  it('that was named is taken whatever lies beside it', async () => {
    const checkpoint = await open({ 'model.safetensors': weights(['a']), 'sub/other.safetensors': weights(['b']) }, { file: 'sub/other.safetensors' });
    expect([[...checkpoint.tensors.keys()], checkpoint.files[0]!.path]).toEqual([['b'], 'sub/other.safetensors']);
  });

  it('that is not there', async () => {
    expect(codes(await refusals({}, { file: 'model.safetensors' }))).toEqual(['cannot-read']);
  });

  it('whose name says another format', async () => {
    expect((await open({ 'pytorch_model.bin': weights(['a']) })).findings).toMatchObject([{ code: 'name-and-content-differ', path: 'pytorch_model.bin', severity: 'error' }]);
  });

  it('beside a stale index', async () => {
    const stale = await open({ 'model.safetensors': weights(['a']), [INDEX]: index({ a: A }) });
    expect(stale).toMatchObject({ findings: [{ code: 'stale-index', path: INDEX, severity: 'warning' }], unused: [INDEX] });
    const twin = await open({ 'model.safetensors': weights(['a']), [INDEX]: index({ a: A }), [A]: weights(['a']) });
    expect(twin).toMatchObject({ findings: [{ code: 'two-weight-files', path: A, severity: 'info' }], unused: [A, INDEX] });
  });
});

describe('shards with an index', () => {
  it('open in the order of their names, each tensor with its source', async () => {
    const checkpoint = await open({ [INDEX]: index({ z: A, a: B, y: A }), [A]: weights(['z', 'y']), [B]: weights(['a']) });
    expect([...checkpoint.tensors.values()].map(({ name, file, expression }) => [name, file, [...sourcesOf(expression)]])).toEqual([['y', 0, [0]], ['z', 0, [0]], ['a', 1, [1]]]);
    expect(checkpoint).toMatchObject({ index: INDEX, findings: [], unused: [] });
  });

  it('take names that are hard on programs', async () => {
    const names = ['__proto__', 'constructor', 'A', 'a', 'a\u0000', '\u001b[2J', ''];
    const map = `{"metadata":{"total_size":${names.length}},"weight_map":{${names.map((name) => `${JSON.stringify(name)}:"${A}"`).join(',')}}}`;
    const checkpoint = await open({ [INDEX]: json(map), [A]: weights(names) });
    expect([...checkpoint.tensors.keys()].sort()).toEqual([...names].sort());
    expect(codes(checkpoint.findings)).toEqual(['shard-count-differs']);
  });

  it('in a folder below', async () => {
    const checkpoint = await open({ [`hf/${INDEX}`]: index({ a: A, b: B }), [`hf/${A}`]: weights(['a']), [`hf/${B}`]: weights(['b']) }, { file: `hf/${INDEX}` });
    expect([checkpoint.tensors.size, checkpoint.findings, checkpoint.files.map(({ path }) => path)]).toEqual([2, [], [`hf/${A}`, `hf/${B}`]]);
  });

  const whole = { [A]: weights(['a']), [B]: weights(['b']) };
  it.each([
    ['a missing shard', { [INDEX]: index({ a: A, b: B, c: B }), [A]: weights(['a']) }, [{ code: 'missing-shard', path: B, parameters: { count: 2 } }]],
    ['a shard in other case', { ...whole, [INDEX]: index({ a: A, b: B.toUpperCase() }) }, [{ code: 'missing-shard', path: B.toUpperCase() }]],
    ['a tensor that its shard lacks', { ...whole, [INDEX]: index({ a: A, b: B, c: B }) }, [{ code: 'index-missing-tensor', path: INDEX, tensor: 'c', expected: B }]],
    ['two shards that do not open', { [INDEX]: index({ a: A, b: B }), [A]: new Uint8Array(0), [B]: weights(['b']).subarray(0, 20) }, [{ code: 'empty-file', path: A }, { code: 'safetensors-truncated', path: B }]],
    ['no weight_map', { ...whole, [INDEX]: json({ metadata: {} }) }, [{ code: 'index-invalid', path: INDEX }]],
    ['an empty weight_map', { ...whole, [INDEX]: index({}) }, [{ code: 'index-invalid' }]],
    ['a weight_map that is a list', { ...whole, [INDEX]: json({ weight_map: [A] }) }, [{ code: 'index-invalid' }]],
    ['an index that is a list', { ...whole, [INDEX]: json([]) }, [{ code: 'index-invalid' }]],
    ['a tensor sent to two shards', { ...whole, [INDEX]: json(`{"weight_map":{"a":"${A}","a":"${B}"}}`) }, [{ code: 'index-invalid', offset: 54 }]],
    ['deep metadata', { ...whole, [INDEX]: json(`{"metadata":${'['.repeat(200)}${']'.repeat(200)},"weight_map":{"a":"${A}"}}`) }, [{ code: 'json-too-deep' }]],
    ['no JSON', { ...whole, [INDEX]: json('weights') }, [{ code: 'json-malformed', offset: 0 }]],
  ] as [string, Record<string, Uint8Array>, object[]][])('refuse %s', async (_, files, expected) => {
    const found = await refusals(files);
    expect(found).toMatchObject(expected);
    expect(found).toHaveLength(expected.length);
  });

  it.each(['../x.safetensors', '/etc/passwd', 'C:\\x', 'c:x', 'sub/x.safetensors', 'sub\\x.safetensors', 'x\u0000.safetensors', 'x\n', '', '.', '..', INDEX, 'x:stream', 5, null, [A], { x: A }, true])(
    'refuse the shard name %j before anything is opened', async (name) => {
      const opened: string[] = [], inner = folderOf({ ...whole, [INDEX]: index({ a: A, b: name }) });
      const folder: Folder = { ...inner, open: (path) => { opened.push(path); return inner.open(path); } };
      await expect(openCheckpoint(folder)).rejects.toMatchObject({ code: typeof name === 'string' ? 'index-shard-name' : 'index-invalid' });
      expect(opened).toEqual([INDEX]);
    });

  it.each([
    ['a tensor that the index does not name is used', { ...whole, [INDEX]: index({ a: A }), [A]: weights(['a', 'x']), [B]: undefined }, [{ code: 'shard-count-differs' }, { code: 'index-extra-tensor', path: A, tensor: 'x' }], ['a', 'x']],
    ['of a tensor in two shards the one of the index counts', { [INDEX]: index({ a: A, b: B }), [A]: weights(['a', 'b']), [B]: weights(['b']) }, [{ code: 'tensor-in-two-shards', tensor: 'b', path: A, severity: 'warning' }], ['a', 'b']],
    ['a wrong total_size', { ...whole, [INDEX]: index({ a: A, b: B }, { total_size: 3 }) }, [{ code: 'total-size-wrong', found: 3, expected: 2, severity: 'warning' }], ['a', 'b']],
    ['a negative total_size', { ...whole, [INDEX]: index({ a: A, b: B }, { total_size: -2 }) }, [{ code: 'total-size-wrong', found: -2 }], ['a', 'b']],
    ['a total_size that is huge', { ...whole, [INDEX]: json(`{"metadata":{"total_size":1e999},"weight_map":{"a":"${A}","b":"${B}"}}`) }, [{ code: 'total-size-wrong', found: 'Infinity' }], ['a', 'b']],
    ['a total_size with a fraction part of zero', { ...whole, [INDEX]: json(`{"metadata":{"total_size":2.0},"weight_map":{"a":"${A}","b":"${B}"}}`) }, [], ['a', 'b']],
    ['no total_size', { ...whole, [INDEX]: index({ a: A, b: B }, {}) }, [{ code: 'total-size-absent', path: INDEX }], ['a', 'b']],
    ['no metadata', { ...whole, [INDEX]: json({ weight_map: { a: A, b: B } }) }, [{ code: 'index-metadata-absent' }], ['a', 'b']],
    ['a byte order mark', { ...whole, [INDEX]: json(`\ufeff{"metadata":{"total_size":2},"weight_map":{"a":"${A}","b":"${B}"}}`) }, [{ code: 'index-bom' }], ['a', 'b']],
    ['a tensor twice with the same shard', { ...whole, [INDEX]: json(`{"metadata":{"total_size":2},"weight_map":{"a":"${A}","b":"${B}","a":"${A}"}}`) }, [{ code: 'index-duplicate-tensor', tensor: 'a' }], ['a', 'b']],
  ] as [string, Record<string, Uint8Array | undefined>, object[], string[]][])('report: %s', async (_, files, expected, tensors) => {
    const there = Object.fromEntries(Object.entries(files).filter((entry): entry is [string, Uint8Array] => entry[1] !== undefined));
    const checkpoint = await open(there);
    expect(checkpoint.findings).toMatchObject(expected);
    expect(checkpoint.findings).toHaveLength(expected.length);
    expect([...checkpoint.tensors.keys()]).toEqual(tensors);
  });

  it('the tensor that is used is that of the shard the index names', async () => {
    const files = { [INDEX]: index({ a: A, b: B }), [A]: weights(['a', 'b']), [B]: weights(['b']) };
    expect((await open(files)).tensors.get('b')!.file).toBe(1);
    expect((await open({ ...files, [INDEX]: index({ a: A, b: A, c: B }), [B]: weights(['b', 'c']) })).tensors.get('b')!.file).toBe(0);
  });

  it('name at most a hundred tensors one by one when two models are mixed up', async () => {
    const names = Array.from({ length: 250 }, (_, i) => `t${String(i).padStart(3, '0')}`);
    const found = await refusals({ [INDEX]: index(Object.fromEntries(names.map((name) => [name, A]))), [A]: weights(['x']) });
    expect(found).toHaveLength(101);
    expect(found[100]).toMatchObject({ code: 'index-missing-tensors', parameters: { count: 150 } });
  });
});

describe('directories without an index', () => {
  it('complete shards are used, with a warning', async () => {
    const checkpoint = await open({ [A]: weights(['a']), [B]: weights(['b']) });
    expect([[...checkpoint.tensors.keys()], codes(checkpoint.findings)]).toEqual([['a', 'b'], ['no-index']]);
  });
  it.each([
    ['incomplete shards', { [B]: weights(['b']) }, { code: 'incomplete-shards', path: A }],
    ['a tensor in two shards', { [A]: weights(['a']), [B]: weights(['a']) }, { code: 'tensor-twice', tensor: 'a', path: B }],
    ['XTuner shards', { 'model-0001-fused-save_rank0.safetensors': weights(['a']) }, { code: 'index-needed' }],
    ['several models', { 'a.safetensors': weights(['a']), 'b.safetensors': weights(['a']) }, { code: 'ambiguous-weights' }],
    ['no weights', { 'config.json': json({}) }, { code: 'no-weights' }],
  ] as [string, Record<string, Uint8Array>, object][])('%s are refused', async (_, files, expected) => {
    expect(await refusals(files)).toMatchObject([expected]);
  });
});

describe('tolerantly, for checks', () => {
  it('opens what can be opened and reports the rest', async () => {
    const checkpoint = await open({ [INDEX]: index({ a: A, b: B, c: A }), [A]: weights(['a']) }, { tolerant: true });
    expect([...checkpoint.tensors.keys()]).toEqual(['a']);
    expect(checkpoint.files.map(({ path }) => path)).toEqual([A]);
    expect(checkpoint.findings).toMatchObject([{ code: 'missing-shard', path: B }, { code: 'index-missing-tensor', tensor: 'c' }]);
  });

  it('gives an empty checkpoint where nothing opens', async () => {
    expect(await open({}, { tolerant: true })).toMatchObject({ files: [], findings: [{ code: 'no-weights' }] });
    expect(await open({ [INDEX]: json('x') }, { tolerant: true })).toMatchObject({ files: [], index: INDEX, findings: [{ code: 'json-malformed' }] });
  });
});

describe('sources', () => {
  /** A folder that counts what is open. */
  function counting(files: Record<string, Uint8Array>): { folder: Folder; count: () => number } {
    const inner = folderOf(files);
    let count = 0;
    return { count: () => count, folder: { ...inner, open: async (path) => { const source = await inner.open(path); count++; return { ...source, close: () => { count--; } }; } } };
  }
  it('are closed by closeCheckpoint, by a refusal, and when a shard does not open', async () => {
    const good = counting({ [INDEX]: index({ a: A, b: B }), [A]: weights(['a']), [B]: weights(['b']) });
    const checkpoint = await openCheckpoint(good.folder);
    expect(good.count()).toBe(2);
    await closeCheckpoint(checkpoint);
    expect(good.count()).toBe(0);
    const bad = counting({ [INDEX]: index({ a: A, b: B }), [A]: weights(['a']), [B]: new Uint8Array(3) });
    await expect(openCheckpoint(bad.folder)).rejects.toMatchObject({ code: 'zero-filled-file' });
    expect(bad.count()).toBe(0);
    await openCheckpoint(bad.folder, { tolerant: true });
    expect(bad.count()).toBe(1);
  });
});

it('holds any split of any tensors together', async () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
  await fc.assert(fc.asyncProperty(fc.uniqueArray(fc.tuple(name, fc.integer({ min: 0, max: 40 })), { selector: ([key]) => key, minLength: 1, maxLength: 25 }), fc.integer({ min: 1, max: 60 }), async (sized, limit) => {
    const shards = splitIntoShards(sized.map(([key, bytes]) => ({ key, bytes })), limit);
    const files = new Map(shards.map((shard, i) => [shardFileName('model.safetensors', i, shards.length), weights(new Map(shard.map(({ key, bytes }) => [key, bytes])))]));
    const total = sized.reduce((sum, [, bytes]) => sum + bytes, 0);
    if (shards.length > 1) files.set(INDEX, json(indexDocument(shards.map((shard, i) => ({ path: [...files.keys()][i]!, names: shard.map(({ key }) => key) })), total)));
    const checkpoint = await openCheckpoint(memoryFolder('DIR', files));
    expect(checkpoint.findings).toEqual([]);
    expect([...checkpoint.tensors.values()].map(({ name: key, bytes }) => [key, bytes]).sort(([a], [b]) => compareNames(String(a), String(b))))
      .toEqual([...sized].sort(([a], [b]) => compareNames(a, b)));
  }), { numRuns: 200 });
});
