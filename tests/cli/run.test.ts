import { describe, expect, it } from 'vitest';
import type { MergeOptions, NodeVerbs } from '../../src/cli/door.ts';
import { INTERRUPTED } from '../../src/engine/codes.ts';
import { CANNOT_READ } from '../../src/bytes/codes.ts';
import { finding, refuse, TemperError } from '../../src/findings/index.ts';
import { VERSION } from '../../src/version.ts';
import { INSPECTED, MERGED, PARTLY, WRITTEN } from '../reports/examples.ts';
import { temper, type HostOptions } from './host.ts';

const inspectPath: NodeVerbs['inspectPath'] = async () => ({ schema: 'temper.inspect/1', exit: 0, findings: [], body: INSPECTED });
const verifyPaths = (good: boolean): NodeVerbs['verifyPaths'] => async () => ({ schema: 'temper.verify/1', exit: good ? 0 : 1, findings: [], body: good ? MERGED : PARTLY });

describe('what is asked for before any command runs', () => {
  it('is help, in both languages, on stdout', async () => {
    for (const words of [[], ['--help'], ['-h'], ['help'], ['--lang', 'en', '--help']]) {
      const { status, out, err } = await temper(words);
      expect([status, err]).toEqual([0, '']);
      expect(out).toContain('temper merge Qwen/Qwen2.5-7B-Instruct');
    }
    expect((await temper(['--help', '--lang', 'zh'])).out).toContain('将适配器合并进基座');
  });

  it('is the help of one command', async () => {
    for (const words of [['merge', '--help'], ['help', 'merge'], ['merge', 'a', '-o', 'x', '-h'], ['--help', 'merge']]) {
      const { status, out } = await temper(words);
      expect(status).toBe(0);
      expect(out).toContain('temper merge BASE ADAPTER… -o DIR [options]');
      expect(out).toContain('--max-shard-size SIZE');
    }
  });

  it('stays within 80 columns in a pipe', async () => {
    for (const words of [['--help'], ['merge', '--help'], ['verify', '--help']]) {
      for (const line of (await temper(words)).out.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    }
  });

  it('is the version', async () => {
    for (const words of [['--version'], ['-V'], ['--lang', 'zh', '--version']]) expect(await temper(words)).toEqual({ status: 0, out: `temper ${VERSION}\n`, err: '' });
  });

  it('is refused when it is no question', async () => {
    const { status, out, err } = await temper(['--frobnicate']);
    expect([status, out]).toEqual([2, '']);
    expect(err).toContain('temper has no option --frobnicate');
    expect(err).toContain('--version');
    expect((await temper(['--json', '--versoin'])).out).toContain('did you mean --version?');
  });
});

describe('which command is meant', () => {
  it('is inspect for a path alone', async () => {
    const seen: string[] = [];
    const verbs = { inspectPath: async (path: string) => { seen.push(path); return inspectPath(path, {}, {}); } } as HostOptions['verbs'] & object;
    for (const words of [['./x'], ['model.safetensors', '--json'], ['--json', 'org/name'], ['--', 'exists'], ['exists']]) {
      expect((await temper(words, { verbs, exists: (path) => path === 'exists' })).status).toBe(0);
    }
    expect(seen).toEqual(['./x', 'model.safetensors', 'org/name', 'exists', 'exists']);
  });

  it('is refused with a suggestion when it is neither', async () => {
    const { status, out, err } = await temper(['mrege', 'a', 'b']);
    expect([status, out]).toEqual([2, '']);
    expect(err).toContain('did you mean temper merge?');
    expect((await temper(['mrege', '--lang=zh'])).err).toContain('您是否想用 temper merge？');
  });

  it('may stand after options', async () => {
    const { status, out } = await temper(['--lang', 'zh', '--quiet', 'verify', 'b', 'a', 'm'], { verbs: { verifyPaths: verifyPaths(true) } });
    expect(status).toBe(0);
    expect(out).toMatch(/^是的.*\n$/);
  });
});

describe('a mistake in the command line', () => {
  it('exits 2, names it and lists the options there are', async () => {
    const { status, out, err } = await temper(['merge', 'b', 'a', '--outptu', 'x']);
    expect([status, out]).toEqual([2, '']);
    expect(err).toContain('error[usage-unknown-option]');
    expect(err).toContain('--output');
    expect(err).toContain('--max-shard-size SIZE');
  });

  it('is one JSON document when JSON was asked for', async () => {
    const { status, out, err } = await temper(['merge', 'b', '--json']);
    expect([status, err]).toEqual([2, '']);
    expect(JSON.parse(out)).toMatchObject({ schema: 'temper.merge/1', version: VERSION, exit: 2, findings: [{ code: 'usage-missing-argument', severity: 'error', path: '.' }] });
    expect(JSON.parse((await temper(['frobnicate', '--json'])).out)).toMatchObject({ exit: 2, findings: [{ code: 'usage-unknown-command' }] });
  });

  it('asks for an output before anything is opened', async () => {
    const { status, err } = await temper(['merge', 'b', 'a']);
    expect(status).toBe(2);
    expect(err).toContain('needs -o DIR');
  });
});

describe('answers', () => {
  it('are text on stdout, or JSON in English unless asked otherwise', async () => {
    const verbs = { inspectPath }, environment = { LANG: 'zh_CN.UTF-8' };
    expect((await temper(['inspect', 'x'], { verbs, environment })).out).toContain('来源');
    expect(JSON.parse((await temper(['inspect', 'x', '--json'], { verbs, environment })).out).producer.why).toMatch(/^trainer_log/);
    expect(JSON.parse((await temper(['inspect', 'x', '--json', '--lang', 'zh'], { verbs, environment })).out).producer.why).toMatch(/^有/);
  });

  it('give the exit status of the verb, and say it in the document', async () => {
    for (const good of [true, false]) {
      const verbs = { verifyPaths: verifyPaths(good) };
      expect((await temper(['verify', 'b', 'a', 'm'], { verbs })).status).toBe(good ? 0 : 1);
      const { status, out } = await temper(['verify', 'b', 'a', 'm', '--json'], { verbs });
      expect(JSON.parse(out)).toMatchObject({ exit: status, verdict: good ? 'merged-with-rounding' : 'partly-merged' });
    }
  });

  it('pass on what was given and nothing else', async () => {
    const seen: MergeOptions[] = [];
    const verbs = { mergePaths: async (options: MergeOptions) => { seen.push(options); return { schema: 'temper.merge/1' as const, exit: 0 as const, findings: [], body: WRITTEN }; } };
    await temper(['merge', 'b', 'a1', 'a2', '-o', 'out'], { verbs });
    await temper('merge b a -o out --max-shard-size 5GB --dtype bf16 --rounding peft --survival exact --no-verify --part 1/2 --lora-alpha 16 --memory 1GiB -j 2 --dry-run --plan p'.split(' '), { verbs });
    expect(seen).toEqual([
      { base: 'b', adapters: ['a1', 'a2'], output: 'out' },
      { base: 'b', adapters: ['a'], output: 'out', maxShardBytes: 5e9, dtype: 'bfloat16', rounding: 'peft', survival: 'exact', verify: false, part: { index: 1, count: 2 }, loraAlpha: 16, memoryBytes: 2 ** 30, workers: 2, dryRun: true, plan: 'p' },
    ]);
  });

  it('end with the command to run next, quoted', async () => {
    const verbs = { mergePaths: async () => ({ schema: 'temper.merge/1' as const, exit: 0 as const, findings: [], body: WRITTEN }) };
    expect((await temper(['merge', 'my base', 'a', '-o', 'out'], { verbs })).out).toContain("temper verify 'my base' a out");
    expect((await temper(['merge', 'b', 'a', '-o', 'out', '--quiet'], { verbs })).out).toBe('merged\n');
  });
});

describe('failures', () => {
  it('of the verb are its findings, on stderr, with exit 2', async () => {
    const verbs = { inspectPath: async () => refuse(CANNOT_READ, { file: 'x', reason: 'gone' }, { path: 'x', offset: 7 }) };
    const { status, out, err } = await temper(['inspect', 'x'], { verbs });
    expect([status, out]).toEqual([2, '']);
    expect(err).toContain('error[cannot-read] x cannot be read: gone');
    expect(err).toContain('→ x:7');
    expect(JSON.parse((await temper(['inspect', 'x', '--json'], { verbs })).out)).toMatchObject({ schema: 'temper.inspect/1', exit: 2, findings: [{ code: 'cannot-read', path: 'x', offset: 7 }] });
  });

  it('that nobody expected are told as such, with a stack only for those who ask', async () => {
    const verbs = { inspectPath: async () => { throw new RangeError('index out of bounds'); } };
    const quiet = await temper(['inspect', 'x'], { verbs });
    expect(quiet.status).toBe(2);
    expect(quiet.err).toContain('error[internal-error]');
    expect(quiet.err).toContain('RangeError: index out of bounds');
    expect(quiet.err).not.toContain('run.test.ts');
    expect((await temper(['inspect', 'x'], { verbs, environment: { TEMPER_DEBUG: '1' } })).err).toContain('run.test.ts');
  });

  it.each([['SIGINT', 130], ['SIGTERM', 143]] as const)('by %s exit %i and say how to go on', async (name, status) => {
    const controller = new AbortController();
    const mergePaths: NodeVerbs['mergePaths'] = async () => {
      controller.abort(name);
      throw new TemperError([finding(INTERRUPTED, { partial: '.out.partial' }, { path: '.out.partial' })]);
    };
    const words = ['merge', 'my base', 'a', '-o', 'out'];
    const ran = await temper(words, { verbs: { mergePaths }, signal: controller.signal });
    expect(ran.status).toBe(status);
    expect(ran.err).toContain("temper merge 'my base' a -o out --resume");
    const json = await temper([...words, '--json'], { verbs: { mergePaths }, signal: controller.signal });
    expect(JSON.parse(json.out)).toMatchObject({ exit: status, findings: [{ code: 'interrupted' }] });
  });

  it('by a signal before anything was begun name the signal', async () => {
    const controller = new AbortController();
    const verbs = { inspectPath: async () => { controller.abort('SIGINT'); return controller.signal.throwIfAborted() as never; } };
    const { status, err } = await temper(['inspect', 'x'], { verbs, signal: controller.signal });
    expect(status).toBe(130);
    expect(err).toContain('error[stopped] stopped by SIGINT');
  });
});

describe('an interruption on a terminal', () => {
  it('is acknowledged at once', async () => {
    const controller = new AbortController();
    const verbs = { inspectPath: async () => { controller.abort('SIGINT'); return inspectPath('x', {}, {}); } };
    expect((await temper(['inspect', 'x'], { verbs, signal: controller.signal, terminal: true })).err).toContain('Ctrl-C again ends at once');
    expect((await temper(['inspect', 'x'], { verbs: { inspectPath }, terminal: true })).err).toBe('');
  });
});

describe('the screen', () => {
  const verbs = { inspectPath };
  const coloured = async (words: readonly string[], options: HostOptions) => (await temper(['inspect', 'x', ...words], { verbs, ...options })).out.includes('\x1b[');

  it('has colour on a terminal unless somebody objects', async () => {
    expect(await coloured([], {})).toBe(false);
    expect(await coloured([], { terminal: true, columns: 80 })).toBe(true);
    expect(await coloured([], { terminal: true, environment: { NO_COLOR: '1' } })).toBe(false);
    expect(await coloured([], { terminal: true, environment: { NO_COLOR: '' } })).toBe(true);
    expect(await coloured([], { terminal: true, environment: { TERM: 'dumb' } })).toBe(false);
    expect(await coloured([], { environment: { FORCE_COLOR: '1' } })).toBe(true);
    expect(await coloured([], { terminal: true, environment: { FORCE_COLOR: '0' } })).toBe(false);
    expect(await coloured(['--color'], { environment: { NO_COLOR: '1' } })).toBe(true);
    expect(await coloured(['--no-color'], { environment: { FORCE_COLOR: '1' } })).toBe(false);
  });

  it('is not cut where there is no screen', async () => {
    expect((await temper(['inspect', 'x'], { verbs })).out).toContain('adapter_model.safetensors');
    expect((await temper(['inspect', 'x'], { verbs, terminal: true, columns: 60 })).out).toContain('…');
    expect((await temper(['inspect', 'x'], { verbs, environment: { COLUMNS: '60' } })).out).toContain('…');
  });
});
