/**
 * @module
 * A file that the lanes copy as it is, however large: as a weights file whose one tensor is all of its bytes.
 */
import type { Text } from '../findings/index.ts';
import { stored } from '../tensors/index.ts';
import type { WeightsFile } from './plan.ts';

/** The copy of input `input`. */
export function verbatim(path: string, input: number, bytes: number, why: Text): WeightsFile {
  const expression = stored(input, 0, 'U8', [bytes]);
  return {
    kind: 'weights', container: 'verbatim', path, metadata: {}, why,
    tensors: [{ name: path, dtype: 'U8', shape: [bytes], expression, action: 'copied', formula: 'W', from: [] }],
  };
}
