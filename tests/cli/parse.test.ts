import { describe, expect, it } from 'vitest';
import { isTemperError } from '../../src/findings/index.ts';
import { parseArguments } from '../../src/cli/parse.ts';
import { findCommand } from '../../src/cli/table.ts';
import { parseBytes, readValue } from '../../src/cli/values.ts';

const parse = (command: string, words: string, environment = {}) => parseArguments(findCommand(command)!, words.split(' ').filter(Boolean), environment);

/** The refusal of a command line: its code and parameters. */
function refusal(command: string, words: string | readonly string[], environment = {}): { code: string; [key: string]: unknown } {
  try {
    parseArguments(findCommand(command)!, typeof words === 'string' ? words.split(' ').filter(Boolean) : words, environment);
  } catch (error) {
    if (!isTemperError(error)) throw error;
    return { code: error.code, ...error.findings[0]!.parameters };
  }
  throw new Error('nothing was refused');
}

describe('positional arguments', () => {
  it('give many in the middle their place between single ones', () => {
    const args = parse('verify', 'base a1 a2 merged');
    expect([args.one('BASE'), args.many('ADAPTER'), args.one('MERGED')]).toEqual(['base', ['a1', 'a2'], 'merged']);
  });

  it('may be given by options, under the names of other programs', () => {
    const args = parse('merge', '--model_name_or_path base --adapter-name-or-path a1 --adapter a2 --export_dir out');
    expect([args.one('BASE'), args.many('ADAPTER'), args.text('output')]).toEqual(['base', ['a1', 'a2'], 'out']);
    const mixed = parse('verify', 'merged --base base --adapter a1');
    expect([mixed.one('BASE'), mixed.many('ADAPTER'), mixed.one('MERGED')]).toEqual(['base', ['a1'], 'merged']);
    const half = parse('merge', '--base base a1 a2 -o out');
    expect([half.one('BASE'), half.many('ADAPTER')]).toEqual(['base', ['a1', 'a2']]);
  });

  it('are named when they are missing', () => {
    expect(refusal('merge', '')).toMatchObject({ code: 'usage-missing-argument', argument: 'BASE' });
    expect(refusal('merge', 'base')).toMatchObject({ code: 'usage-missing-argument', argument: 'ADAPTER' });
    expect(refusal('verify', 'base adapter')).toMatchObject({ code: 'usage-missing-argument', argument: 'ADAPTER' });
    expect(refusal('inspect', '--json')).toMatchObject({ code: 'usage-missing-argument', argument: 'PATH' });
  });

  it('are refused when there are too many', () => {
    expect(refusal('inspect', 'a b')).toMatchObject({ code: 'usage-extra-argument', argument: 'b' });
    expect(refusal('doctor', 'x')).toMatchObject({ code: 'usage-extra-argument', argument: 'x' });
  });
});

describe('options', () => {
  it('take their value after a space, after = and attached to a letter', () => {
    for (const words of ['x --output y', 'x --output=y', 'x -o y', 'x -oy', 'x -o=y', '-o y x', 'x --OUTPUT y']) expect(parse('convert', words).text('output')).toBe('y');
    expect(parse('convert', 'x -o=a=b').text('output')).toBe('a=b');
    expect(parse('convert', 'x --output=a=b').text('output')).toBe('a=b');
    expect(parse('convert', 'x -qj4').number('workers')).toBe(4);
  });

  it('count underscores as hyphens', () => {
    expect(parse('convert', 'x --max_shard_size 5GB').number('max-shard-size')).toBe(5e9);
    expect(parse('convert', 'x --no_safe_serialization').flag('safe-serialization')).toBe(false);
  });

  it('end at --', () => {
    expect(parse('inspect', '-- --json').one('PATH')).toBe('--json');
    expect(parse('inspect', '-- --json').flag('json')).toBeUndefined();
  });

  it('take negative numbers and refuse to take another option', () => {
    expect(parse('merge', 'b a --lora-alpha -8').number('lora-alpha')).toBe(-8);
    expect(refusal('convert', 'x -o --force')).toMatchObject({ code: 'usage-option-value', option: '-o' });
    expect(parse('convert', 'x --output=--force').text('output')).toBe('--force');
    expect(refusal('convert', ['x', '--output='])).toMatchObject({ code: 'usage-option-value', option: '--output' });
  });

  it('are on, off or not given', () => {
    expect(parse('merge', 'b a').flag('verify')).toBeUndefined();
    expect(parse('merge', 'b a --verify').flag('verify')).toBe(true);
    expect(parse('merge', 'b a --no-verify').flag('verify')).toBe(false);
    expect(parse('merge', 'b a --verify=false').flag('verify')).toBe(false);
    expect(refusal('merge', 'b a --no-force')).toMatchObject({ code: 'usage-unknown-option', option: '--no-force' });
    expect(refusal('merge', 'b a --verify=maybe')).toMatchObject({ code: 'usage-option-value' });
  });

  it('are refused twice with different values, unless they may repeat', () => {
    expect(refusal('convert', 'x -o a -o b')).toMatchObject({ code: 'usage-option-twice', option: '-o' });
    expect(refusal('merge', 'b a --verify --no-verify')).toMatchObject({ code: 'usage-option-twice' });
    expect(parse('convert', 'x -o a -o a --force --force').text('output')).toBe('a');
  });

  it('that are unknown get the nearest one suggested', () => {
    expect(refusal('merge', 'b a --outptu x')).toMatchObject({ code: 'usage-unknown-option', option: '--outptu', hint: { en: '; did you mean --output?' } });
    expect(refusal('merge', 'b a --max_shard_siez 5GB')).toMatchObject({ hint: { en: '; did you mean --max-shard-size?' } });
    expect(refusal('merge', 'b a -output x')).toMatchObject({ code: 'usage-unknown-option', option: '-output', hint: { en: '; did you mean --output?' } });
    expect(refusal('inspect', 'x -force')).toMatchObject({ code: 'usage-unknown-option', option: '-force' });
    expect(refusal('inspect', 'x --frobnicate')).toMatchObject({ hint: { en: '', zh: '' } });
  });

  it('come from the environment when they are not given', () => {
    expect(parse('merge', 'b a', { TEMPER_MEMORY: '2GiB', TEMPER_WORKERS: '3' }).number('memory')).toBe(2 * 2 ** 30);
    expect(parse('merge', 'b a --memory 1GB', { TEMPER_MEMORY: '2GiB' }).number('memory')).toBe(1e9);
    expect(parse('merge', 'b a', { TEMPER_MEMORY: '' }).number('memory')).toBeUndefined();
    expect(refusal('merge', 'b a', { TEMPER_WORKERS: 'many' })).toMatchObject({ code: 'usage-option-value', option: 'TEMPER_WORKERS' });
  });

  it('are asked for by names that exist', () => {
    expect(() => parse('doctor', '').text('output')).toThrow('no option output');
    expect(() => parse('doctor', '').one('PATH')).toThrow('no argument PATH');
  });
});

describe('values', () => {
  it.each([
    ['5GB', 5e9], ['5gb', 5e9], ['5G', 5e9], ['500MB', 5e8], ['512MiB', 512 * 2 ** 20], ['1.5GiB', 1.5 * 2 ** 30], ['2 GB', 2e9], ['100000', 100000], ['1TB', 1e12],
    ['', undefined], ['5XB', undefined], ['-5GB', undefined], ['GB', undefined], ['0', undefined], ['1e9', undefined], ['99999999999TB', undefined],
  ])('%j is %s bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it('read dtypes by every name they have', () => {
    for (const text of ['bfloat16', 'bf16', 'BF16', 'torch.bfloat16']) expect(parse('convert', `x --dtype ${text}`).text('dtype')).toBe('bfloat16');
    for (const text of ['float32', 'fp32', 'F32', 'float']) expect(parse('convert', `x --dtype ${text}`).text('dtype')).toBe('float32');
    expect(refusal('convert', 'x --dtype int4')).toMatchObject({ code: 'usage-option-value', wanted: { en: 'one of auto, float32, float16, bfloat16' } });
    expect(refusal('convert', 'x --dtype constructor')).toMatchObject({ code: 'usage-option-value' });
  });

  it('read shares of the work', () => {
    expect(parse('merge', 'b a --part 2/8').part('part')).toEqual({ index: 2, count: 8 });
    for (const text of ['0/8', '9/8', '1', 'a/b', '1/0', '1/2/3']) expect(refusal('merge', `b a --part ${text}`)).toMatchObject({ code: 'usage-option-value' });
  });

  it('read whole numbers only where a count is wanted', () => {
    for (const text of ['0', '1.5', '-1', 'x', '']) expect(readValue({ kind: 'count', least: 1 }, text)).toHaveProperty('wanted');
    expect(readValue({ kind: 'count', least: 0 }, '0')).toEqual({ value: 0 });
    for (const text of ['', ' ', 'x', 'Infinity', 'NaN']) expect(readValue({ kind: 'number' }, text)).toHaveProperty('wanted');
    expect(readValue({ kind: 'number' }, '0.5')).toEqual({ value: 0.5 });
  });
});
