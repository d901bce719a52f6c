/** Judges a merged directory against a golden case: bytes where they must be equal, the nearest value where computed. */
import fs from 'node:fs';
import path from 'node:path';
import { byteCount, decodeTensor, encodeElements, type DType } from '../../src/tensors/index.ts';
import { readJson } from '../fixtures.ts';

export interface RawTensor { dtype: DType; shape: number[]; bytes: Uint8Array }

/** A minimal reader of its own, so that the reader under test is not its own judge. */
export function readRaw(file: string): Map<string, RawTensor> {
  const all = fs.readFileSync(file), length = Number(all.readBigUInt64LE(0));
  const header = new Map(Object.entries(JSON.parse(all.subarray(8, 8 + length).toString()) as Record<string, any>));
  header.delete('__metadata__');
  return new Map([...header].map(([name, t]) => [name, { dtype: t.dtype, shape: t.shape, bytes: new Uint8Array(all.subarray(8 + length + t.data_offsets[0], 8 + length + t.data_offsets[1])) }]));
}

export function readModelRaw(dir: string): Map<string, RawTensor> {
  const index = fs.readdirSync(dir).find((name) => name.endsWith('.safetensors.index.json'));
  const files = index ? [...new Set(Object.values(readJson(path.join(dir, index)).weight_map as Record<string, string>))]
    : fs.readdirSync(dir).filter((name) => name.endsWith('.safetensors'));
  return new Map(files.flatMap((file) => [...readRaw(path.join(dir, file))]));
}

/**
 * Where the tensors differ from what the case asks, or null. A value within 2⁻⁴⁰ of a tie may go either way; `share` of the
 * largest element of a tensor is allowed besides, where a reference is known to be as good as that only.
 */
export function compareWithReference(got: Map<string, RawTensor>, authority: Map<string, RawTensor>, reference: Map<string, RawTensor>, share = 0): string | null {
  for (const name of got.keys()) if (!authority.has(name)) return `${name} is not expected`;
  for (const [name, want] of authority) {
    const tensor = got.get(name), exact = reference.get(name);
    if (tensor === undefined) return `${name} is missing`;
    if (tensor.dtype !== want.dtype || String(tensor.shape) !== String(want.shape)) return `${name} is ${tensor.dtype} [${tensor.shape}], not ${want.dtype} [${want.shape}]`;
    if (exact === undefined) {
      if (Buffer.compare(tensor.bytes, want.bytes) !== 0) return `${name} has other bytes`;
      continue;
    }
    const values = decodeTensor(exact.dtype, exact.shape, exact.bytes);
    const nearest = new Uint8Array(byteCount(want.dtype, want.shape));
    encodeElements(want.dtype, values, nearest);
    if (Buffer.compare(tensor.bytes, nearest) === 0) continue;
    const most = share * values.reduce((max, x) => Math.max(max, Math.abs(x)), 0), a = decodeTensor(want.dtype, want.shape, tensor.bytes), b = decodeTensor(want.dtype, want.shape, nearest);
    for (let i = 0; i < a.length; i++) {
      if (Object.is(a[i], b[i]) || (a[i] === 0 && b[i] === 0)) continue;
      const tie = Math.abs(values[i]! - (a[i]! + b[i]!) / 2) <= Math.max(2 ** -40 * Math.abs(values[i]!), most);
      if (!tie) return `${name}[${i}] is ${a[i]}, the nearest value to ${values[i]} is ${b[i]}`;
    }
  }
  return null;
}
