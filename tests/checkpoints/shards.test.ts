/** Splits, names, sizes and indexes, against what huggingface_hub and transformers made. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { indexDocument, parseSize, shardFileName, splitIntoShards } from '../../src/checkpoints/index.ts';
import { isTemperError } from '../../src/findings/index.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';

interface Plan { max_shard_size: number; tensors: [string, number, number][]; is_sharded: boolean; filename_to_tensors: Record<string, string[]> }

describe.each(fixtureFolders('containers/sharded').filter(({ dir }) => fs.existsSync(path.join(dir, 'split_plans.expected.json'))))('$label plans of the official splitter', ({ dir }) => {
  it.each(readJson(path.join(dir, 'split_plans.expected.json')).plans as Plan[])('at most $max_shard_size bytes', (plan) => {
    const tensors = plan.tensors.map(([name, bytes, storage]) => ({ name, bytes, storage }));
    const shards = splitIntoShards(tensors, plan.max_shard_size);
    expect(Object.fromEntries(shards.map((shard, i) => [shardFileName('model.safetensors', i, shards.length), shard.map(({ name }) => name)]))).toEqual(plan.filename_to_tensors);
    expect(shards.length > 1).toBe(plan.is_sharded);
  });
});

describe('indexes as transformers writes them, byte for byte', () => {
  const cases = fixtureFolders('containers/sharded').flatMap(({ dir, label }) => fs.readdirSync(dir).filter((name) => name.endsWith('.expected.json'))
    .map((name) => ({ label, name: name.slice(0, -14), dir: path.join(dir, name.slice(0, -14)), expected: readJson(path.join(dir, name)) })))
    .filter(({ expected }) => /^transformers .*save_pretrained/.test(expected.writer) && expected.index_file !== undefined);
  it.each(cases)('$label $name', ({ dir, expected }) => {
    const { metadata: { total_size, ...more }, weight_map } = expected.index;
    const files = [...new Set(Object.values<string>(weight_map))];
    const shards = files.map((file) => ({ path: file, names: Object.keys(weight_map).filter((name) => weight_map[name] === file) }));
    expect(indexDocument(shards, total_size, Object.entries<string | number>(more))).toBe(fs.readFileSync(path.join(dir, expected.index_file), 'utf8'));
  });
});

it('writes names outside of ASCII as Python does, and sorts by code point', () => {
  const text = indexDocument([{ path: 'm.safetensors', names: ['\uffff', '😀', 'é\u007f"\n', 'a'] }], 4);
  expect(text).toBe('{\n  "metadata": {\n    "total_size": 4\n  },\n  "weight_map": {\n    "a": "m.safetensors",\n    "\\u00e9\\u007f\\"\\n": "m.safetensors",\n'
    + '    "\\uffff": "m.safetensors",\n    "\\ud83d\\ude00": "m.safetensors"\n  }\n}\n');
  expect(Object.keys(JSON.parse(text).weight_map)).toEqual(['a', 'é\u007f"\n', '\uffff', '😀']);
});

it('puts a tensor that is too large before the shard that is open', () => {
  expect(splitIntoShards([{ n: 1, bytes: 3 }, { n: 2, bytes: 11 }, { n: 3, bytes: 3 }, { n: 4, bytes: 10 }], 10).map((shard) => shard.map(({ n }) => n))).toEqual([[2], [1, 3], [4]]);
  expect(splitIntoShards([], 10)).toEqual([]);
});

it.each([['model.safetensors', 0, 1, 'model.safetensors'], ['model.safetensors', 1, 12, 'model-00002-of-00012.safetensors'], ['model.fp16.safetensors', 0, 2, 'model.fp16-00001-of-00002.safetensors'],
  ['pytorch_model.bin', 99_999, 100_000, 'pytorch_model-100000-of-100000.bin']])('%s, shard %d of %d', (name, index, count, expected) => {
  expect(shardFileName(name, index, count)).toBe(expected);
});

describe('sizes', () => {
  it.each([['5GB', 5e9], ['2GiB', 2 ** 31], ['500MB', 5e8], ['1e9', 1e9], ['1.5kb', 1500], ['1000', 1000], [4096, 4096], ['10 mib', 10 * 2 ** 20], ['.5TB', 5e11], ['1B', 1], ['1.0005KB', 1000]])('%s', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });
  it.each(['', 'GB', '5 apples', '-5GB', '0', '0.4', 'NaN', '1e400', '9999999TB', '5GBB', '0x10', '5,0GB'])('refuses %j', (text) => {
    try {
      parseSize(text);
      expect.unreachable('it was understood');
    } catch (error) {
      expect(isTemperError(error, 'bad-size'), String(error)).toBe(true);
    }
  });
});
