/** Training states opened and compared: folders on the disk, states in memory. */
import path from 'node:path';
import { readBytes } from '../../src/bytes/index.ts';
import { closeCheckpoint, openCheckpoint, readValues, type Checkpoint } from '../../src/checkpoints/index.ts';
import { isTemperError, type Finding } from '../../src/findings/index.ts';
import { openFolder } from '../../src/node/folder.ts';
import { decodeTensor, encodeElements, type DType } from '../../src/tensors/index.ts';

/** One tensor, read whole. */
export interface Read { readonly dtype: DType; readonly shape: readonly number[]; readonly bytes: Uint8Array }

/** Every tensor of a checkpoint, which is closed. */
export async function readAll(checkpoint: Checkpoint): Promise<Map<string, Read>> {
  try {
    const all = new Map<string, Read>();
    for (const tensor of checkpoint.tensors.values()) all.set(tensor.name, { dtype: tensor.dtype, shape: tensor.shape, bytes: await readValues(checkpoint, tensor) });
    return all;
  } finally {
    await closeCheckpoint(checkpoint);
  }
}

/** Every tensor of a safetensors file. */
export const readFileOf = async (file: string): Promise<Map<string, Read>> => readAll(await openCheckpoint(openFolder(path.dirname(file)), { file: path.basename(file) }));

/** The same values in float32: what the official script makes of buffers. */
export function asFloat32({ dtype, shape, bytes }: Read): Read {
  const values = decodeTensor(dtype, shape, bytes), out = new Uint8Array(values.length * 4);
  encodeElements('F32', values, out);
  return { dtype: 'F32', shape, bytes: out };
}

/** The findings of a refusal; fails when there is none. */
export async function refusal(attempt: () => Promise<Checkpoint | undefined>): Promise<readonly Finding[]> {
  try {
    const opened = await attempt();
    if (opened !== undefined) await closeCheckpoint(opened);
  } catch (error) {
    if (!isTemperError(error)) throw error;
    return error.findings;
  }
  throw new Error('it was not refused');
}

export { readBytes };
