/**
 * @module
 * Puts the tensors of several files into one map and holds them against the index, in both directions.
 */
import type { NamedTensor } from '../containers/container.ts';
import { finding, type Code, type Finding } from '../findings/index.ts';
import { rebind } from '../tensors/index.ts';
import type { CheckpointTensor } from './checkpoint.ts';
import { EXTRA_TENSOR, EXTRA_TENSORS_MORE, MISSING_TENSOR, MISSING_TENSORS_MORE, SHARD_COUNT, TENSOR_IN_TWO_SHARDS, TENSOR_TWICE, TOTAL_SIZE_WRONG } from './codes.ts';
import { SHARD_NAME_PATTERN } from './precedence.ts';
import type { WeightsIndex } from './weights-index.ts';

/** A file of the checkpoint and the tensors that it gives. */
export interface OpenedShard {
  readonly path: string;
  /** Position among the files that were chosen; some of them may not have opened. */
  readonly position: number;
  readonly tensors: readonly NamedTensor[];
}

/** The index that led to the files. */
export interface UsedIndex {
  readonly path: string;
  readonly content: WeightsIndex;
}

/** All tensors, what to say about them, and what stands against using them. */
export interface Gathered {
  readonly tensors: Map<string, CheckpointTensor>;
  readonly findings: readonly Finding[];
  readonly problems: readonly Finding[];
}

/** Tensors named one by one when index and shards disagree; a mix-up of two models would name all of them. */
export const NAMED_MAX = 100;

/** Puts together what was opened. Without an index a name may come once only; with one, the index decides. */
export function gather(shards: readonly OpenedShard[], index: UsedIndex | undefined): Gathered {
  const tensors = new Map<string, CheckpointTensor>();
  if (index === undefined) return { tensors, findings: [], problems: withoutIndex(shards, tensors) };
  const { path, content } = index;
  const extra: CheckpointTensor[] = [], twice: { name: string; shard: string }[] = [];
  for (const [file, shard] of shards.entries()) {
    for (const tensor of shard.tensors) {
      const home = content.tensors.get(tensor.name);
      if (home !== undefined && home !== shard.position) twice.push({ name: tensor.name, shard: shard.path });
      else if (home === undefined && tensors.has(tensor.name)) twice.push({ name: tensor.name, shard: shard.path });
      else {
        const placed = placeTensor(tensor, file);
        tensors.set(tensor.name, placed);
        if (home === undefined) extra.push(placed);
      }
    }
  }
  const findings = [...countFindings(path, content), ...extraFindings(path, shards, extra), ...twiceFindings(shards, tensors, twice)];
  const problems = missingTensors(path, content, shards, tensors);
  if (shards.length === content.shards.length && problems.length === 0) findings.push(...sizeFindings(path, content, tensors, extra));
  return { tensors, findings, problems };
}

/** A tensor of file number `file`: its expression reads that source. */
function placeTensor(tensor: NamedTensor, file: number): CheckpointTensor {
  return { ...tensor, file, expression: file === 0 ? tensor.expression : rebind(tensor.expression, () => file) };
}

function withoutIndex(shards: readonly OpenedShard[], tensors: Map<string, CheckpointTensor>): Finding[] {
  const problems: Finding[] = [];
  for (const [file, shard] of shards.entries()) {
    for (const tensor of shard.tensors) {
      const before = tensors.get(tensor.name);
      if (before !== undefined && before.file !== file && problems.length < NAMED_MAX) {
        const used = shards[before.file]!.path;
        problems.push(finding(TENSOR_TWICE, { tensor: tensor.name, used, shard: shard.path }, { path: shard.path, tensor: tensor.name }));
      }
      tensors.set(tensor.name, placeTensor(tensor, file));
    }
  }
  return problems;
}

/** Names that say `-of-00003` when there are two. */
function countFindings(index: string, { shards }: WeightsIndex): Finding[] {
  const counts = new Set(shards.map((shard) => SHARD_NAME_PATTERN.exec(shard)?.[3]).filter((count) => count !== undefined));
  const [expected] = counts;
  if (expected === undefined || (counts.size === 1 && Number(expected) === shards.length)) return [];
  return [finding(SHARD_COUNT, { index, found: shards.length, expected: [...counts].map(Number).join(', ') }, { path: index, found: shards.length, expected: Number(expected) })];
}

/** The first ones by name, then one finding with the number of the rest. */
function capped<T>(items: readonly T[], one: (item: T) => Finding, more: Code, index: string): Finding[] {
  const findings = items.slice(0, NAMED_MAX).map(one), count = items.length - findings.length, parameters = { index, count };
  return count > 0 ? [...findings, finding(more, parameters, { path: index })] : findings;
}

function extraFindings(index: string, shards: readonly OpenedShard[], extra: readonly CheckpointTensor[]): Finding[] {
  return capped(extra, ({ name, file }) => {
    const shard = shards[file]!.path;
    return finding(EXTRA_TENSOR, { shard, tensor: name, index }, { path: shard, tensor: name });
  }, EXTRA_TENSORS_MORE, index);
}

function twiceFindings(shards: readonly OpenedShard[], tensors: ReadonlyMap<string, CheckpointTensor>, twice: readonly { name: string; shard: string }[]): Finding[] {
  // One that lies only where the index does not send its readers is missing, and that is told.
  const both = twice.filter(({ name }) => tensors.has(name)), [first] = both;
  if (first === undefined) return [];
  return [finding(TENSOR_IN_TWO_SHARDS, { tensor: first.name, shard: first.shard, used: shards[tensors.get(first.name)!.file]!.path, count: both.length },
    { path: first.shard, tensor: first.name })];
}

/** Tensors of the index that a shard lacks; shards that did not open have said so themselves. */
function missingTensors(index: string, content: WeightsIndex, shards: readonly OpenedShard[], tensors: ReadonlyMap<string, CheckpointTensor>): Finding[] {
  const opened = new Set(shards.map(({ position }) => position));
  const missing: { tensor: string; shard: string }[] = [];
  for (const [tensor, position] of content.tensors) {
    if (opened.has(position) && !tensors.has(tensor)) missing.push({ tensor, shard: content.shards[position]! });
  }
  return capped(missing, ({ tensor, shard }) => finding(MISSING_TENSOR, { index, tensor, shard }, { path: index, tensor, expected: shard }), MISSING_TENSORS_MORE, index);
}

/**
 * `total_size` against the tensors: all of them, those the index names, and each storage once are all in use among
 * writers, so any of these sums is right.
 */
function sizeFindings(index: string, content: WeightsIndex, tensors: ReadonlyMap<string, CheckpointTensor>, extra: readonly CheckpointTensor[]): Finding[] {
  const { totalSize } = content, all = [...tensors.values()];
  const sum = (some: readonly CheckpointTensor[]): number => some.reduce((total, { bytes }) => total + bytes, 0);
  if (totalSize === undefined || Number(totalSize) === sum(all) || Number(totalSize) === sum(all) - sum(extra)) return [];
  const expected = sum(onceEach(all));
  if (Number(totalSize) === expected) return [];
  const found = typeof totalSize === 'bigint' || !Number.isFinite(totalSize) ? String(totalSize) : totalSize;
  return [finding(TOTAL_SIZE_WRONG, { index, found, expected }, { path: index, found, expected })];
}

/** One tensor of each storage: tied ones lie in the same place of the same file. */
function onceEach(tensors: readonly CheckpointTensor[]): CheckpointTensor[] {
  const seen = new Set<string>();
  return tensors.filter(({ bytes, file, expression }) => {
    if (bytes === 0 || (expression.op !== 'stored' && expression.op !== 'strided')) return true;
    const place = `${file}:${expression.offset}:${bytes}`, fresh = !seen.has(place);
    seen.add(place);
    return fresh;
  });
}
