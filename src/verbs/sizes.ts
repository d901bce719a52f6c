/**
 * @module
 * Why an output is smaller or larger than its input, in bytes that add up: people compare file sizes to see whether a
 * conversion worked, and tied names, other dtypes and what else a .bin file holds make them differ by gigabytes.
 */
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { spanOf } from '../checkpoints/values.ts';
import { schedule } from '../engine/run.ts';
import type { Text } from '../findings/index.ts';
import type { Plan, WeightsFile } from '../plans/plan.ts';
import { byteCount, visit } from '../tensors/index.ts';

/** A part of the difference. Negative: the output lacks it. */
export interface SizeChange { readonly bytes: number; readonly why: Text }

/** Sizes of the weight files before and after; the changes add up to the difference. */
export interface SizeBody { readonly input_bytes: number; readonly output_bytes: number; readonly changes: readonly SizeChange[] }

const DTYPE: Text = { en: 'another dtype', zh: '数据类型改变' };
const AGAIN: Text = { en: 'tensors that shared memory are written out each', zh: '原本共享内存的张量各自写出' };
const REST: Text = { en: 'what else the input holds: memory behind views, optimizer states and other objects', zh: '输入中的其他内容：视图背后的内存、优化器状态和其他对象' };
const CONTAINER: Text = { en: 'names, places and padding of the file format', zh: '文件格式自身的名称、位置与填充' };

/** Compares the weight files of a conversion with those it was made from. */
export function explainSizes(checkpoints: readonly Checkpoint[], plan: Plan): SizeBody {
  const inputBytes = sum(checkpoints.flatMap(({ files }) => files), ({ bytes }) => bytes);
  const headers = sum(checkpoints.flatMap(({ files }) => files.flatMap(({ headerRanges }) => headerRanges)), ([, length]) => length);
  const held = sum(checkpoints, coveredBytes), unexplained = inputBytes - held - headers;
  // A zip has a header and padding for every record, which are the format's.
  const rest = unexplained > sum(checkpoints, ({ tensors }) => (tensors.size + SMALL_RECORDS) * RECORD_BYTES) ? unexplained : 0;
  let before = 0, after = 0, outputBytes = 0;
  const files = plan.files.filter((file): file is WeightsFile => file.kind === 'weights');
  for (const [i, { bytes }] of schedule(plan).weights.entries()) {
    if (files[i]!.container === 'verbatim') continue;
    outputBytes += bytes;
    for (const { shares, dtype, shape, expression } of files[i]!.tensors) {
      if (shares !== undefined) continue;
      after += byteCount(dtype, shape);
      before += byteCount(expression.op === 'cast' ? expression.of.dtype : dtype, shape);
    }
  }
  const changes: SizeChange[] = [
    { bytes: after - before, why: DTYPE }, { bytes: before - held, why: AGAIN }, { bytes: -rest, why: REST },
    { bytes: outputBytes - after - (inputBytes - held - rest), why: CONTAINER },
  ];
  return { input_bytes: inputBytes, output_bytes: outputBytes, changes: changes.filter(({ bytes }) => bytes !== 0) };
}

/** What a record of a zip takes beside its data, at most, and how many there are beside those of tensors. */
const RECORD_BYTES = 256, SMALL_RECORDS = 8;

const sum = <T>(items: readonly T[], of: (item: T) => number): number => items.reduce((total, item) => total + of(item), 0);

/** Bytes of the files that tensors lie in, each once. */
function coveredBytes({ tensors }: Checkpoint): number {
  const spans: (readonly [source: number, start: number, end: number])[] = [];
  for (const { expression } of tensors.values()) visit(expression, (node) => { spans.push(...spanOf(node)); });
  spans.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let total = 0, file = -1, reached = 0;
  for (const [source, start, end] of spans) {
    if (source !== file) [file, reached] = [source, 0];
    total += Math.max(0, end - Math.max(start, reached));
    reached = Math.max(reached, end);
  }
  return total;
}
