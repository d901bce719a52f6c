/**
 * @module
 * Tensors listed: sums by dtype, and one line each, with the digest of the values where it is asked for. Of a checkpoint
 * of files, and of one whose tensors lie in parts.
 */
import { readInto, type ByteSource, type Folder } from '../bytes/index.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { DCP_METADATA_NAME, isPartFile, openDcp, openSharded } from '../containers/dcp/index.ts';
import { openContainer } from '../containers/index.ts';
import { compile, type Hash } from '../engine/index.ts';
import type { Finding } from '../findings/index.ts';
import { elementCount, type Expression, type Shape } from '../tensors/index.ts';
import type { InspectBody, InspectedTensor, InspectRequest } from './inspect.ts';
import type { VerbContext } from './verb.ts';

/** A tensor to list. */
interface Listed {
  readonly name: string;
  readonly dtype: string;
  readonly shape: Shape;
  readonly bytes: number;
  /** Where it lies, or begins. */
  readonly file: string;
  /** Absent where the bytes are not the values. */
  readonly expression?: () => Expression | Promise<Expression>;
}

type Listing = Pick<InspectBody, 'summary' | 'tensors'>;

/** Lists the tensors of a checkpoint. */
export async function listCheckpoint({ tensors, others, files }: Checkpoint, request: InspectRequest, context: VerbContext): Promise<Listing> {
  const plain = [...tensors.values()].map((tensor): Listed => ({
    name: tensor.name, dtype: tensor.dtype, shape: (tensor as { torchShape?: Shape }).torchShape ?? tensor.shape, bytes: tensor.bytes,
    file: files[tensor.file]!.path, expression: () => tensor.expression,
  }));
  const rest = others.map(({ shape, file, ...other }): Listed => ({ ...other, shape: shape ?? [], file: files[file]!.path }));
  return list(plain, rest, (index) => files[index]!.source, request, context);
}

/** What a directory of parts holds. */
export interface PartsListing { readonly listing: Listing; readonly files: readonly string[]; readonly findings: readonly Finding[] }

/** Lists a directory of torch.distributed.checkpoint, in either of its forms; undefined when it is none. */
export async function listParts(folder: Folder, names: readonly string[], request: InspectRequest, context: VerbContext): Promise<PartsListing | undefined> {
  if (names.includes(DCP_METADATA_NAME) && names.some((name) => name.endsWith('.distcp'))) {
    const opened = await openDcp(folder);
    try {
      const all = opened.tensors.map((described): Listed => ({
        name: described.name, dtype: described.dtype.dtype ?? described.dtype.name, shape: described.shape,
        bytes: elementCount(described.shape) * described.dtype.bytes, file: described.chunks[0]?.slice.path ?? DCP_METADATA_NAME,
        expression: async () => (await opened.tensor(described)).expression,
      }));
      const listing = await list(all, [], (index) => opened.files[index]!.source, request, context);
      return { listing, files: [DCP_METADATA_NAME, ...opened.files.map(({ path }) => path)], findings: opened.findings };
    } finally {
      await opened.close();
    }
  }
  const parts: string[] = [];
  for (const name of names) if (/^shard-\d+.*\.safetensors$/.test(name) && await isPartFile(folder, name)) parts.push(name);
  if (parts.length === 0) return undefined;
  const opened = await openSharded(folder, parts);
  try {
    const all = opened.tensors.map((tensor): Listed => ({ ...tensor, file: parts[0]!, expression: () => tensor.expression }));
    return { listing: await list(all, [], (index) => opened.files[index]!.source, request, context), files: parts, findings: opened.findings };
  } finally {
    await opened.close();
  }
}

/**
 * Indexes up to this size are held against every shard. A larger one (100 000 tensors and more) would keep all of its names
 * and expressions in memory for a sum; its shards are added up one after the other, and `check` compares them.
 */
export const INDEX_COMPARED_BYTES: number = 8 * 1024 * 1024;

/** Sums over the tensors of files that make one checkpoint, without keeping them. */
export async function sumFiles(folder: Folder, names: readonly string[], { signal }: VerbContext): Promise<Listing> {
  const sums = new Sums();
  for (const name of names) {
    signal?.throwIfAborted();
    const source = await folder.open(name);
    try {
      for (const tensor of (await openContainer(source)).tensors) sums.add(tensor);
    } finally {
      await source.close();
    }
  }
  return { summary: sums.summary };
}

/** Tensors, parameters and bytes, in all and by dtype. */
class Sums {
  readonly #dtypes = new Map<string, { tensors: number; parameters: number; bytes: number }>();

  add({ dtype, shape, bytes }: Pick<Listed, 'dtype' | 'shape' | 'bytes'>): void {
    const row = this.#dtypes.get(dtype);
    if (row === undefined) this.#dtypes.set(dtype, { tensors: 1, parameters: elementCount(shape), bytes });
    else { row.tensors++; row.parameters += elementCount(shape); row.bytes += bytes; }
  }

  get summary(): NonNullable<Listing['summary']> {
    const total = { tensors: 0, parameters: 0, bytes: 0 };
    for (const { tensors, parameters, bytes } of this.#dtypes.values()) { total.tensors += tensors; total.parameters += parameters; total.bytes += bytes; }
    return { ...total, dtypes: Object.fromEntries(this.#dtypes) };
  }
}

async function list(plain: readonly Listed[], others: readonly Listed[], sourceOf: (index: number) => ByteSource, request: InspectRequest, context: VerbContext): Promise<Listing> {
  const sums = new Sums();
  for (const tensor of plain) sums.add(tensor);
  const { summary } = sums, totalBytes = summary.bytes;
  if (!request.tensors && !request.digest) return { summary };
  const tensors: InspectedTensor[] = [];
  let doneBytes = 0;
  for (const { expression, ...row } of plain) {
    context.signal?.throwIfAborted();
    const sha256 = request.digest && request.sha256 !== undefined && expression !== undefined ? { sha256: await tensorDigest(await expression(), row.bytes, sourceOf, request.sha256()) } : {};
    tensors.push({ ...pick(row), ...sha256 });
    doneBytes += row.bytes;
    if (request.digest) context.onEvent?.({ kind: 'progress', phase: 'digest', doneBytes, totalBytes, current: row.name });
  }
  // Without a digest: their bytes are not their values.
  return { summary, tensors: [...tensors, ...others.map(pick)] };
}

const pick = ({ name, dtype, shape, file, bytes }: Listed): InspectedTensor => ({ name, dtype, shape, file, bytes });

/** Bytes a listing may hold for odd layouts. */
const DIGEST_MEMORY_BYTES: number = 128 * 1024 * 1024;
const BLOCK_BYTES = 1024 * 1024;

/** SHA-256 of a tensor's logical bytes, contiguous and little-endian. */
async function tensorDigest(expression: Expression, bytes: number, sourceOf: (index: number) => ByteSource, hash: Hash): Promise<string> {
  const elements = elementCount(expression.shape);
  if (expression.op === 'stored') {
    const block = new Uint8Array(Math.min(BLOCK_BYTES, bytes)), source = bytes > 0 ? sourceOf(expression.source) : undefined;
    for (let at = 0; at < bytes; at += block.length) {
      const part = block.subarray(0, Math.min(block.length, bytes - at));
      await readInto(source!, expression.offset + at, part);
      hash.update(part);
    }
  } else if (elements > 0) {
    const program = await compile(expression, { source: sourceOf, stage: sourceOf }, { memoryBytes: DIGEST_MEMORY_BYTES });
    await program.run(0, elements, (_, part) => hash.update(part));
  }
  return hash.hex();
}
