/** Models in memory: folders of safetensors files with the tensors a test names. */
import { memoryFolder, type Folder } from '../../src/bytes/index.ts';
import { layoutSafetensors } from '../../src/containers/safetensors/index.ts';
import { byteCount, encodeElements, type DType } from '../../src/tensors/index.ts';
import { normal, random } from '../proofs/world.ts';

/** A tensor by its values, or by its bytes. */
export interface Made { readonly dtype: DType; readonly shape: readonly number[]; readonly bytes: Uint8Array }

/** A tensor with these values, rounded to the dtype. */
export function made(dtype: DType, shape: readonly number[], values: ArrayLike<number>): Made {
  const bytes = new Uint8Array(byteCount(dtype, shape));
  encodeElements(dtype, Float64Array.from(values), bytes);
  return { dtype, shape, bytes };
}

/** Normally distributed values. */
export const noise = (seed: number, count: number, sigma = 0.05): Float64Array => normal(random(seed), count, sigma);

/** Bytes of a safetensors file. */
export function safetensorsFile(tensors: Readonly<Record<string, Made>>, metadata: Readonly<Record<string, string>> = { format: 'pt' }): Uint8Array {
  const list = Object.entries(tensors).map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  const { header, dataStart, offsets, fileBytes } = layoutSafetensors(list, Object.entries(metadata)), file = new Uint8Array(fileBytes);
  file.set(header);
  Object.values(tensors).forEach(({ bytes }, i) => { file.set(bytes, dataStart + offsets[i]!); });
  return file;
}

/** A folder with these texts and files. */
export function folderOf(files: Readonly<Record<string, Uint8Array | object>>): Folder {
  return memoryFolder('memory', new Map(Object.entries(files).map(([name, content]) => [name, content instanceof Uint8Array ? content : new TextEncoder().encode(JSON.stringify(content))])));
}

/** A folder that holds one model. */
export function model(tensors: Readonly<Record<string, Made>>, config?: object, metadata?: Readonly<Record<string, string>>): Folder {
  return folderOf({ 'model.safetensors': safetensorsFile(tensors, metadata), ...(config === undefined ? {} : { 'config.json': config }) });
}

/** (m, k) by (k, n). */
export function product(b: ArrayLike<number>, a: ArrayLike<number>, m: number, k: number, n: number): Float64Array {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) for (let l = 0; l < k; l++) out[i * n + j]! += b[i * k + l]! * a[l * n + j]!;
  return out;
}
