/**
 * @module
 * A directory of torch.distributed.checkpoint. Listing needs `.metadata` alone; the parts of a tensor are whole torch
 * files inside the data files, opened when their expression is asked for.
 */
import { sliceSource, type ByteSource, type Folder } from '../../bytes/index.ts';
import { isTemperError, type Finding } from '../../findings/index.ts';
import { stored, type Expression } from '../../tensors/index.ts';
import type { NamedTensor } from '../container.ts';
import { Notes } from '../notes.ts';
import { torchZip } from '../torch/zip.ts';
import type { TorchFile } from '../torch/file.ts';
import { assemble, expressionOf, type Assembly } from './assemble.ts';
import { DCP_CHUNKS, DCP_METADATA, DCP_SLICE } from './codes.ts';
import { readDcpMetadata, type DcpChunk, type DcpMetadata, type DcpSlice, type DcpTensor } from './metadata.ts';

/** The name that makes a directory one. */
export const DCP_METADATA_NAME = '.metadata';

/** A data file. */
export interface DcpFile { readonly path: string; readonly source: ByteSource }

/** An opened distributed checkpoint. */
export interface DcpCheckpoint {
  readonly metadata: DcpMetadata;
  /** Data files that are used, in order of first use. Expressions read them by index. */
  readonly files: readonly DcpFile[];
  /** Described tensors, in the order of the metadata. */
  readonly tensors: readonly DcpTensor[];
  readonly findings: readonly Finding[];
  /** The tensor as an expression over `files`: opens its parts. Refuses parts that are not what the metadata says. */
  tensor(described: DcpTensor): Promise<NamedTensor>;
  /** The torch file that a slice is. */
  open(slice: DcpSlice, name: string): Promise<TorchFile>;
  close(): Promise<void>;
}

/** Opens the directory: reads `.metadata`, finds the data files, checks that every part lies inside and that parts make up tensors. */
export async function openDcp(folder: Folder): Promise<DcpCheckpoint> {
  const metadataSource = await folder.open(DCP_METADATA_NAME), notes = new Notes(DCP_METADATA_NAME);
  const metadata = await readDcpMetadata(metadataSource, notes);
  await metadataSource.close();
  if (metadata === undefined) notes.add(DCP_METADATA, { problem: { en: 'it cannot be read', zh: '无法读取' } });
  notes.refuseErrors();
  const { tensors, objects } = metadata!, files: DcpFile[] = [], index = new Map<string, number>();
  const close = async () => { for (const { source } of files) await source.close(); };
  const need = async ({ path, offset, length }: DcpSlice, name: string) => {
    let at = index.get(path);
    if (at === undefined) {
      try {
        index.set(path, at = files.length);
        files.push({ path, source: await folder.open(path) });
      } catch (error) {
        if (!isTemperError(error)) throw error;
        notes.take(error.findings);
        return;
      }
    }
    const file = files[at];
    if (file !== undefined && !(offset + length <= file.source.size)) {
      notes.add(DCP_SLICE, { tensor: name, problem: { en: `it ends outside of ${path}`, zh: `超出了 ${path} 的末尾` } }, { tensor: name });
    }
  };
  const assemblies = new Map<DcpTensor, Assembly<DcpChunk> | undefined>();
  for (const tensor of tensors) {
    for (const chunk of tensor.chunks) await need(chunk.slice, tensor.name);
    const whole = assemble(tensor.shape, tensor.chunks.map((chunk) => ({ ...chunk, part: chunk })));
    if (whole !== undefined && 'en' in whole) notes.add(DCP_CHUNKS, { tensor: tensor.name, problem: whole }, { tensor: tensor.name });
    else assemblies.set(tensor, whole);
  }
  for (const { name, slice } of objects) await need(slice, name);
  if (notes.errors > 0) await close();
  notes.refuseErrors();

  const open = async (slice: DcpSlice, _name: string) => torchZip.open(sliceSource(files[index.get(slice.path)!]!.source, slice.offset, slice.length, slice.path));
  const tensor = async (described: DcpTensor): Promise<NamedTensor> => {
    const { name, dtype: { dtype, bytes: each } } = described, assembly = assemblies.get(described);
    if (dtype === undefined) return refuseSlice(name, DCP_METADATA_NAME, `nothing but torch has the type ${described.dtype.name}`, `只有 torch 有 ${described.dtype.name} 类型`);
    const parts = new Map<DcpChunk, Expression>();
    for (const chunk of described.chunks) {
      if (!chunk.sizes.includes(0)) parts.set(chunk, moved(await partOf(chunk, described, await open(chunk.slice, name)), index.get(chunk.slice.path)!, chunk.slice.offset));
    }
    const expression = assembly === undefined ? stored(0, 0, dtype, described.shape) : expressionOf(assembly, (chunk) => parts.get(chunk)!);
    return { name, dtype: expression.dtype, shape: expression.shape, expression, bytes: described.shape.reduce((product, side) => product * side, each) };
  };
  return { metadata: metadata!, files, tensors, findings: notes.findings, tensor, open, close };
}

function refuseSlice(tensor: string, file: string, en: string, zh: string): never {
  const notes = new Notes(file);
  notes.add(DCP_SLICE, { tensor, problem: { en, zh } }, { tensor });
  notes.refuseErrors();
  throw new Error('unreachable');
}

/** The one tensor of a part, checked against the metadata. */
async function partOf(chunk: DcpChunk, { name, dtype }: DcpTensor, file: TorchFile): Promise<Expression> {
  const { path } = chunk.slice, [part, ...more] = file.tensors;
  if (part === undefined || more.length > 0 || file.others.length > 0) refuseSlice(name, path, 'it holds something other than one tensor', '其中不是单个张量');
  if (file.source !== undefined) refuseSlice(name, path, 'it is compressed or big-endian', '它被压缩或为大端字节序');
  if (part.tensor.dtype.name !== dtype.name) refuseSlice(name, path, `it is ${part.tensor.dtype.name}, not ${dtype.name}`, `它是 ${part.tensor.dtype.name}，而不是 ${dtype.name}`);
  const shape = part.tensor.shape!;
  if (shape.length !== chunk.sizes.length || shape.some((side, axis) => side !== chunk.sizes[axis])) {
    refuseSlice(name, path, `it has the shape [${shape.join(', ')}], not [${chunk.sizes.join(', ')}]`, `其形状为 [${shape.join(', ')}]，而不是 [${chunk.sizes.join(', ')}]`);
  }
  return part.expression;
}

/** An expression over a slice as one over the file that the slice lies in. */
function moved(expression: Expression, source: number, by: number): Expression {
  switch (expression.op) {
    case 'stored': case 'strided': return { ...expression, source, offset: expression.offset + by };
    case 'cast': case 'scale': return { ...expression, of: moved(expression.of, source, by) };
    default: throw new Error(`a torch file has no ${expression.op}`);
  }
}
