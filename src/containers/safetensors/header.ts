/**
 * @module
 * The JSON of a safetensors header, member by member. Accepts what the Rust reader accepts, less the forms that can be
 * read in two ways: a tensor name twice, an entry written as an array, a dtype written as an object.
 */
import { finding, refuse, type Finding, type Text } from '../../findings/index.ts';
import { SAFETENSORS_ORDER, stored, type DType } from '../../tensors/index.ts';
import type { NamedTensor } from '../container.ts';
import { JsonCursor, type JsonKind } from '../json.ts';
import { SAFETENSORS_DUPLICATE_METADATA, SAFETENSORS_DUPLICATE_TENSOR, SAFETENSORS_HEADER_INVALID, SAFETENSORS_LEADING_SPACE,
  SAFETENSORS_SHAPE_TOO_LARGE, SAFETENSORS_UNKNOWN_DTYPE, SAFETENSORS_UNKNOWN_FIELD } from './codes.ts';

/**
 * A header that was read, tensors in the order they were written. A tensor's expression holds the begin of `data_offsets`
 * and `bytes` its length, as stated: nothing is checked yet against dtype, shape and the other tensors.
 */
export interface Header {
  readonly tensors: NamedTensor[];
  readonly metadata: ReadonlyMap<string, string>;
  readonly findings: readonly Finding[];
}

/** The member that is not a tensor. */
export const METADATA_KEY = '__metadata__';

const DTYPE_BY_NAME = new Map<string, DType>([...SAFETENSORS_ORDER].filter(([, order]) => order >= 0).map(([name]) => [name, name]));

const KINDS: Record<JsonKind, Text> = {
  object: { en: 'an object', zh: '对象' }, array: { en: 'an array', zh: '数组' }, string: { en: 'a string', zh: '字符串' },
  number: { en: 'a number', zh: '数字' }, boolean: { en: 'true or false', zh: '布尔值' }, null: { en: 'null', zh: 'null' },
};

/** What is being read, for messages; made once, for a header can have half a million entries. */
const WHAT = {
  header: { en: 'the header', zh: '头部' }, metadata: { en: METADATA_KEY, zh: `${METADATA_KEY} ` }, metadataValue: { en: 'a metadata value', zh: '元数据的值' },
  entry: { en: 'the entry', zh: '条目' }, dtype: { en: 'the dtype', zh: 'dtype ' }, shape: { en: 'the shape', zh: '形状' },
  side: { en: 'a side of the shape', zh: '形状的某一维' }, offsets: { en: 'data_offsets', zh: 'data_offsets ' }, offset: { en: 'an offset', zh: '偏移' },
} satisfies Record<string, Text>;

/** Reads a header of which `bytes` are the JSON, found at `origin` of the file called `label`. */
export function readHeader(bytes: Uint8Array, label: string, origin: number): Header {
  const cursor = new JsonCursor(bytes, label, { origin });
  const findings: Finding[] = [], tensors: NamedTensor[] = [], names = new Set<string>();
  let metadata: Map<string, string> | undefined;
  const dataStart = origin + bytes.length, sides: number[] = [], recent: number[][] = [];
  let begin = 0, end = 0;
  let unknown: { field: string; tensor: string } | undefined, unknownCount = 0;

  const invalid = (problem: Text, offset = cursor.offset()): never => {
    const { tensor } = cursor;
    if (tensor === undefined) refuse(SAFETENSORS_HEADER_INVALID, { file: label, offset, problem }, { path: label, offset });
    const named: Text = { en: `tensor ${tensor}: ${problem.en}`, zh: `张量 ${tensor}：${problem.zh}` };
    refuse(SAFETENSORS_HEADER_INVALID, { file: label, offset, problem: named }, { path: label, offset, tensor });
  };
  const must = (kind: JsonKind, what: Text): void => {
    const found = cursor.peek();
    if (found !== kind) invalid({ en: `${what.en} is ${KINDS[found].en}, not ${KINDS[kind].en}`, zh: `${what.zh}是${KINDS[found].zh}，而不是${KINDS[kind].zh}` });
  };

  const readMetadata = (): Map<string, string> => {
    const pairs = new Map<string, string>();
    if (cursor.peek() === 'null') { cursor.null(); return pairs; }
    must('object', WHAT.metadata);
    cursor.enterObject();
    for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
      const offset = cursor.keyOffset;
      must('string', WHAT.metadataValue);
      if (pairs.has(key)) findings.push(finding(SAFETENSORS_DUPLICATE_METADATA, { file: label, key }, { path: label, offset }));
      pairs.set(key, cursor.string());
    }
    return pairs;
  };

  /** An integer as serde takes one for a usize: digits only, at most 2^64 - 1. */
  const unsigned = (what: Text): number | bigint => {
    must('number', what);
    const offset = cursor.offset(), value = cursor.number();
    if (!cursor.wasInteger || value < 0 || Object.is(value, -0) || value > 0xffffffffffffffffn) {
      invalid({ en: `${what.en} is not an unsigned integer`, zh: `${what.zh}不是无符号整数` }, offset);
    }
    return value;
  };
  const readShape = (): readonly number[] => {
    must('array', WHAT.shape);
    let rank = 0;
    cursor.enterArray();
    while (cursor.nextItem()) {
      const offset = cursor.offset(), side = unsigned(WHAT.side);
      if (typeof side === 'bigint') {
        refuse(SAFETENSORS_SHAPE_TOO_LARGE, { file: label, tensor: cursor.tensor!, shape: `[… ${side} …]` }, { path: label, tensor: cursor.tensor!, offset });
      }
      sides[rank++] = side;
    }
    // Neighbours often have one shape: it is kept once, for half a million tensors are real.
    const last = recent[rank];
    if (last !== undefined && last.every((side, axis) => side === sides[axis])) return last;
    return recent[rank] = sides.slice(0, rank);
  };
  const readOffsets = (): void => {
    must('array', WHAT.offsets);
    const offset = cursor.offset();
    let count = 0;
    cursor.enterArray();
    for (; cursor.nextItem(); count++) {
      // A bigint lies beyond every file: as a number it fails against the file's size like any other.
      const value = Number(unsigned(WHAT.offset));
      if (count === 0) begin = value;
      else end = value;
    }
    if (count !== 2) invalid({ en: `data_offsets has ${count} numbers, not 2`, zh: `data_offsets 有 ${count} 个数，而不是 2 个` }, offset);
  };
  const readDType = (): DType => {
    must('string', WHAT.dtype);
    const offset = cursor.offset(), text = cursor.string(), dtype = DTYPE_BY_NAME.get(text);
    if (dtype === undefined) refuse(SAFETENSORS_UNKNOWN_DTYPE, { file: label, tensor: cursor.tensor!, dtype: text }, { path: label, tensor: cursor.tensor!, offset, found: text });
    return dtype;
  };

  const readEntry = (name: string): NamedTensor => {
    must('object', WHAT.entry);
    const start = cursor.offset();
    let dtype: DType | undefined, shape: readonly number[] | undefined, hasOffsets = false;
    cursor.enterObject();
    for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
      const offset = cursor.keyOffset;
      if ((key === 'dtype' && dtype !== undefined) || (key === 'shape' && shape !== undefined) || (key === 'data_offsets' && hasOffsets)) {
        invalid({ en: `${key} is given twice`, zh: `${key} 出现两次` }, offset);
      }
      switch (key) {
        case 'dtype': dtype = readDType(); break;
        case 'shape': shape = readShape(); break;
        case 'data_offsets': readOffsets(); hasOffsets = true; break;
        default:
          unknown ??= { field: key, tensor: name };
          unknownCount++;
          cursor.skip();
      }
    }
    if (dtype === undefined || shape === undefined || !hasOffsets) {
      const missing = dtype === undefined ? 'dtype' : shape === undefined ? 'shape' : 'data_offsets';
      return invalid({ en: `the entry lacks ${missing}`, zh: `条目缺少 ${missing}` }, start);
    }
    return { name, dtype, shape, bytes: end - begin, expression: stored(0, dataStart + begin, dtype, shape) };
  };

  const lead = cursor.offset() - origin;
  if (lead > 0 && lead < bytes.length) findings.push(finding(SAFETENSORS_LEADING_SPACE, { file: label, count: lead }, { path: label, offset: origin }));
  must('object', WHAT.header);
  cursor.enterObject();
  for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
    const offset = cursor.keyOffset;
    if (key === METADATA_KEY) {
      if (metadata !== undefined) invalid({ en: `${METADATA_KEY} is given twice`, zh: `${METADATA_KEY} 出现两次` }, offset);
      metadata = readMetadata();
      continue;
    }
    cursor.tensor = key;
    if (names.has(key)) refuse(SAFETENSORS_DUPLICATE_TENSOR, { file: label, tensor: key, offset }, { path: label, tensor: key, offset });
    names.add(key);
    tensors.push(readEntry(key));
    cursor.tensor = undefined;
  }
  cursor.end();
  if (unknown !== undefined) findings.push(finding(SAFETENSORS_UNKNOWN_FIELD, { file: label, count: unknownCount, field: unknown.field }, { path: label, tensor: unknown.tensor }));
  return { tensors, metadata: metadata ?? new Map(), findings };
}
