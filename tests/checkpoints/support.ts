/** Checkpoints in memory. */
import { memoryFolder, type Folder } from '../../src/bytes/index.ts';
import { openCheckpoint, type Checkpoint, type OpenOptions } from '../../src/checkpoints/index.ts';
import { layoutSafetensors } from '../../src/containers/safetensors/index.ts';
import { isTemperError, type Finding } from '../../src/findings/index.ts';

/** A safetensors file of one-byte tensors, or of tensors of so many bytes. */
export function weights(tensors: readonly string[] | ReadonlyMap<string, number>, metadata: [string, string][] = [['format', 'pt']]): Uint8Array {
  const sized: [string, number][] = tensors instanceof Map ? [...tensors] : (tensors as readonly string[]).map((name) => [name, 1]);
  const { header, fileBytes } = layoutSafetensors(sized.map(([name, bytes]) => ({ name, dtype: 'U8', shape: [bytes] })), metadata);
  const file = new Uint8Array(fileBytes);
  file.set(header);
  return file;
}

/** The bytes of a JSON file. */
export const json = (value: unknown): Uint8Array => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

/** An index; `total_size` counts one byte per tensor unless given. */
export function index(map: Record<string, unknown>, metadata: unknown = { total_size: Object.keys(map).length }): Uint8Array {
  return json({ metadata, weight_map: map });
}

/** A folder of the files given. */
export const folderOf = (files: Record<string, Uint8Array>): Folder => memoryFolder('DIR', new Map(Object.entries(files)));

/** Opens a folder of the files given. */
export const open = (files: Record<string, Uint8Array>, options: OpenOptions = {}): Promise<Checkpoint> => openCheckpoint(folderOf(files), options);

/** What stands against opening it: the findings of the refusal, none when it opens. */
export async function refusals(files: Record<string, Uint8Array>, options: OpenOptions = {}): Promise<readonly Finding[]> {
  try {
    await open(files, options);
    return [];
  } catch (error) {
    if (!isTemperError(error)) throw error;
    return error.findings;
  }
}
