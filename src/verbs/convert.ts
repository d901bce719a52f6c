/**
 * @module
 * convert: the same tensors in another container, layout or dtype; read again, and the sizes explained.
 */
import type { Folder } from '../bytes/index.ts';
import { closeCheckpoint, type Checkpoint } from '../checkpoints/checkpoint.ts';
import { openCheckpoint } from '../checkpoints/open.ts';
import type { OutputHost } from '../engine/host.ts';
import { refuse } from '../findings/index.ts';
import { planConvert, type ConvertOptions } from '../plans/convert.ts';
import type { Written } from '../plans/files.ts';
import type { BoundPlan } from '../plans/merge.ts';
import { readConfig } from '../plans/read-config.ts';
import { planTree } from '../plans/tree.ts';
import type { ComputeDType } from '../tensors/index.ts';
import { VERSION } from '../version.ts';
import { CONTRADICTION, DEQUANTISE_FIRST } from './codes.ts';
import type { Converter } from './conversions/conversion.ts';
import { CONTAINERS_ONLY, isPlain } from './conversions/plain.ts';
import { asSingle } from './conversions/single.ts';
import { execute, type ExecuteOptions } from './execute.ts';
import { answer, type WriteBody } from './written.ts';
import { explainSizes } from './sizes.ts';
import { twinFindings } from './twins.ts';
import type { Answer, VerbContext } from './verb.ts';

/** What to convert, and how. */
export interface ConvertRequest {
  readonly input: Folder;
  /** A single file inside `input`, when the user named one. */
  readonly file?: string;
  readonly output: string;
  readonly dtype?: ComputeDType;
  readonly maxShardBytes?: number;
  /** Write one file of this name and nothing beside it. */
  readonly single?: string;
  /** safetensors unless something else is asked for. */
  readonly container?: Written;
  /** Everything below `input`: weights where they lie, all other files carried over. */
  readonly recursive?: boolean;
  /** Carry the files of the input over beside the new ones. */
  readonly keep?: boolean;
  /** Write names that share a storage out each. */
  readonly materializeTied?: boolean;
  /** What to write, beyond another container; see conversions.ts. */
  readonly to?: string;
  readonly saveFormat?: string;
  readonly shards?: number;
  readonly asAdapter?: boolean;
  readonly loraAlpha?: number;
  readonly pooling?: string;
  /** The base of an adapter, where its configuration is needed; and what finds the one that an adapter names. */
  readonly base?: Folder;
  readonly findBase?: (name: string) => Folder | undefined;
  /** Of training states: which, of how many ranks, and what of it. */
  readonly tag?: string;
  readonly worldSize?: number;
  readonly excludeFrozen?: boolean;
  readonly buffers?: 'keep' | 'float32';
  /** Write the numbers that quantised weights stand for. */
  readonly dequantize?: boolean;
  readonly dryRun?: boolean;
}

/** Converts. */
export async function convert(request: ConvertRequest, host: OutputHost, options: ExecuteOptions, context: VerbContext = {}): Promise<Answer<WriteBody> & { bound: BoundPlan }> {
  context.onEvent?.({ kind: 'phase', phase: 'open' });
  refuseContradictions(request);
  // A tree is converted as it is, whatever its root looks like.
  const converter = (request.recursive && CONTAINERS_ONLY.has(request.to)) || await isPlain(request) ? undefined : await (await import('./conversions/index.ts')).findConverter(request), elsewhere = request.recursive ? '--recursive' : request.to === undefined ? '--to' : `--to ${request.to}`;
  if (request.dequantize && (converter !== undefined || request.recursive)) refuse(DEQUANTISE_FIRST, { option: elsewhere }, { path: '.' });
  if (converter !== undefined) return convertBy(converter, request, host, options, context);
  const opened: Checkpoint[] = [];
  try {
    if (!request.recursive) opened.push(await openCheckpoint(request.input, request.file === undefined ? {} : { file: request.file }));
    const [input] = opened, base = input !== undefined && request.dequantize ? await (await import('../families/dequantise/index.ts')).dequantise(input, (await readConfig(input))?.fields) : input;
    if (!request.dryRun && base !== undefined) host.prepare(base.files.reduce((sum, file) => sum + file.bytes, 0), request.dtype === undefined && base.dequantised === undefined ? 'copy' : 'compute');
    context.onEvent?.({ kind: 'phase', phase: 'plan' });
    const { dtype, maxShardBytes, container, single, keep, materializeTied } = request;
    const choices: ConvertOptions = {
      version: VERSION, ...(dtype && { dtype }), ...(maxShardBytes && { maxShardBytes }), ...(container && { container }), ...(single && { single }),
      ...(keep && { keep }), ...(request.file === undefined && { whole: true }), ...(materializeTied && { materializeTied }),
    };
    const bound = base === undefined ? await planTree(request.input, choices, opened) : await planConvert(base, choices);
    // What dequantising does to the size needs no explanation.
    const size = base?.dequantised === undefined ? explainSizes(opened, bound.plan) : undefined;
    const result = request.dryRun ? undefined : await execute(bound, host, base?.dequantised === undefined ? options : { ...options, facts: async () => ({ dequantized_from: base.dequantised! }) }, context);
    const twins = request.dryRun || !options.reread ? [] : await Promise.all(opened.map((one) => twinFindings(one, context)));
    const told = answer('convert', request.output, bound.plan, result, host);
    const verified = options.reread && result?.complete ? { verified: { verdict: 'equal', counts: { equal: told.body.tensors.copied + told.body.tensors.computed } } } : {};
    // Compared, they need no warning that nobody looked.
    const compared = new Set(twins.flat().map(({ path }) => path)), findings = told.findings.filter(({ code, path }) => code !== 'two-weight-files' || !compared.has(path));
    return { ...told, findings: [...findings, ...twins.flat()], body: { ...told.body, ...(size === undefined ? {} : { size }), ...verified }, bound };
  } finally {
    await host.release();
    for (const checkpoint of opened) await closeCheckpoint(checkpoint);
  }
}

/** Options that say different things of the output. */
function refuseContradictions({ recursive, single, file, to, container }: ConvertRequest): void {
  const no = (option: string, en: string, zh: string): never => refuse(CONTRADICTION, { option, problem: { en, zh } }, { path: '.' });
  if (recursive && single !== undefined) no('--recursive', `the output ${single} is one file`, `输出 ${single} 是单个文件`);
  if (recursive && file !== undefined) no('--recursive', `the input ${file} is one file`, `输入 ${file} 是单个文件`);
  if (container === 'torch-legacy' && to === 'safetensors') no('--legacy-format', 'it is a format of torch, not of safetensors', '它是 torch 的格式，而不是 safetensors');
}

/** Runs a conversion that does more than write the same tensors in another container. */
async function convertBy(converter: Converter, request: ConvertRequest, host: OutputHost, options: ExecuteOptions, context: VerbContext): Promise<Answer<WriteBody> & { bound: BoundPlan }> {
  try {
    const { bound: planned, opened } = await converter.plan(request);
    try {
      const bound = asSingle(planned, request);
      const result = request.dryRun ? undefined : await execute(bound, host, options, context);
      return { ...answer('convert', request.output, bound.plan, result, host), bound };
    } finally {
      for (const checkpoint of opened) await closeCheckpoint(checkpoint);
    }
  } finally {
    await host.release();
  }
}
