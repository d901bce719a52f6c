/**
 * @module
 * The Hugging Face storage of torch.distributed.checkpoint: one safetensors file for every rank and index, each saying in
 * `DCP_SHARDING_INFO` where its parts go. No pickle anywhere.
 */
import type { ByteSource, Folder } from '../../bytes/index.ts';
import { isTemperError, type Finding, type Text } from '../../findings/index.ts';
import { byteCount, rebind, type DType, type Expression } from '../../tensors/index.ts';
import type { NamedTensor, OpenedFile } from '../container.ts';
import { parseJson, type JsonValue } from '../json.ts';
import { Notes } from '../notes.ts';
import { safetensors } from '../safetensors/index.ts';
import { assemble, expressionOf, type Box } from './assemble.ts';
import { DCP_CHUNKS, DCP_METADATA } from './codes.ts';
import type { DcpFile } from './open.ts';

/** Key in the metadata of every part. */
export const SHARDING_INFO = 'DCP_SHARDING_INFO';

/** The parts of a directory put together. */
export interface ShardedSafetensors {
  readonly files: readonly DcpFile[];
  readonly tensors: readonly NamedTensor[];
  readonly findings: readonly Finding[];
  close(): Promise<void>;
}

interface Part { readonly expression: Expression; readonly dtype: DType }

/** Whether an opened safetensors file is a part. */
export const isPart = (opened: OpenedFile): boolean => opened.metadata.has(SHARDING_INFO);

/** Whether a file of a folder is a part; one that does not open is none. */
export async function isPartFile(folder: Folder, path: string): Promise<boolean> {
  const source = await folder.open(path);
  try {
    return isPart(await safetensors.open(source));
  } catch (error) {
    if (!isTemperError(error)) throw error;
    return false;
  } finally {
    await source.close();
  }
}

/** Opens the parts named `paths` and puts their tensors together. */
export async function openSharded(folder: Folder, paths: readonly string[]): Promise<ShardedSafetensors> {
  const notes = new Notes('.'), files: { path: string; source: ByteSource }[] = [], boxes = new Map<string, Box<Part>[]>();
  const close = async () => { for (const { source } of files) await source.close(); };
  try {
    for (const path of paths) {
      const source = await folder.open(path), index = files.length;
      files.push({ path, source });
      const opened = await safetensors.open(source);
      notes.take(opened.findings);
      const places = readPlaces(opened.metadata.get(SHARDING_INFO), path, notes);
      for (const { name, dtype, shape, expression } of opened.tensors) {
        const offsets = places.get(name);
        if (offsets?.length !== shape.length) { bad(notes, path, { en: `it does not say where ${name} goes`, zh: `没有说明 ${name} 的位置` }); continue; }
        const box = { offsets, sizes: shape, part: { dtype, expression: rebind(expression, () => index) } }, others = boxes.get(name);
        if (others === undefined) boxes.set(name, [box]);
        else others.push(box);
      }
    }
    const tensors = [...boxes].flatMap(([name, parts]) => wholeOf(name, parts, notes) ?? []);
    notes.refuseErrors();
    return { files, tensors, findings: notes.findings, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const bad = (notes: Notes, path: string, problem: Text) => notes.add(DCP_METADATA, { problem: { en: `${path}: ${problem.en}`, zh: `${path}：${problem.zh}` } }, { path });

/** `{name: {"saved_offsets": [..]}}`. */
function readPlaces(text: string | undefined, path: string, notes: Notes): Map<string, readonly number[]> {
  const places = new Map<string, readonly number[]>();
  const value: JsonValue = parseJson(new TextEncoder().encode(text ?? ''), path);
  if (!(value instanceof Map)) {
    bad(notes, path, { en: `${SHARDING_INFO} is no object`, zh: `${SHARDING_INFO} 不是对象` });
    return places;
  }
  for (const [name, info] of value) {
    const offsets = info instanceof Map ? info.get('saved_offsets') : undefined;
    if (Array.isArray(offsets) && offsets.every((offset) => typeof offset === 'number' && Number.isSafeInteger(offset) && offset >= 0)) places.set(name, offsets as number[]);
    else bad(notes, path, { en: `the offsets of ${name} cannot be read`, zh: `${name} 的偏移无法读取` });
  }
  return places;
}

/** The full size is what the parts reach to; nothing else says it. */
function wholeOf(name: string, parts: readonly Box<Part>[], notes: Notes): NamedTensor | undefined {
  const [first] = parts, problem = (text: Text) => notes.add(DCP_CHUNKS, { tensor: name, problem: text }, { tensor: name });
  if (parts.some(({ part, sizes }) => part.dtype !== first!.part.dtype || sizes.length !== first!.sizes.length)) {
    problem({ en: 'they differ in type or rank', zh: '它们的类型或维数不同' });
    return undefined;
  }
  const shape = first!.sizes.map((_, axis) => Math.max(...parts.map(({ offsets, sizes }) => offsets[axis]! + sizes[axis]!)));
  const whole = assemble(shape, parts);
  if (whole !== undefined && 'en' in whole) {
    problem(whole);
    return undefined;
  }
  const expression = whole === undefined ? { ...first!.part.expression, shape } : expressionOf(whole, ({ expression: part }) => part);
  return { name, dtype: expression.dtype, shape, expression, bytes: byteCount(expression.dtype, shape) };
}
