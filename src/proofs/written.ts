/**
 * @module
 * A written file opened again as any reader would: every tensor that was planned is there under its name, dtype and
 * shape, at the very bytes that were written and compared, and nothing else is.
 */
import type { ByteSource } from '../bytes/index.ts';
import type { NamedTensor } from '../containers/container.ts';
import { openContainer } from '../containers/index.ts';
import { WRITTEN_DIFFERS } from '../engine/codes.ts';
import { refuse, type Text } from '../findings/index.ts';
import type { WeightsFile } from '../plans/plan.ts';
import { elementCount } from '../tensors/index.ts';

/** Refuses what is not the planned file. `ranges` are the bytes of its tensors, `[offset, bytes]`, in the plan's order. */
export async function proveWritten(file: WeightsFile, ranges: readonly (readonly [number, number])[], source: ByteSource): Promise<void> {
  if (file.container === 'verbatim') return;
  const differs = (problem: Text, tensor?: string): never => refuse(WRITTEN_DIFFERS, { file: file.path, problem }, { path: file.path, ...(tensor === undefined ? {} : { tensor }) });
  const { format, tensors } = await openContainer(source);
  if (format !== file.container) differs({ en: `it is ${format}, not ${file.container}`, zh: `格式是 ${format}，而不是 ${file.container}` });
  const found = new Map<string, NamedTensor>(tensors.map((tensor) => [tensor.name, tensor]));
  for (const [i, { name, dtype, shape }] of file.tensors.entries()) {
    const tensor = found.get(name), [offset] = ranges[i]!;
    if (tensor === undefined) return differs({ en: `${name} is missing`, zh: `缺少 ${name}` }, name);
    if (tensor.dtype !== dtype || String(tensor.shape) !== String(shape)) {
      differs({ en: `${name} is ${tensor.dtype} [${tensor.shape}], not ${dtype} [${shape}]`, zh: `${name} 是 ${tensor.dtype} [${tensor.shape}]，而不是 ${dtype} [${shape}]` }, name);
    }
    const { expression } = tensor;
    if (expression.op !== 'stored' || (elementCount(shape) > 0 && expression.offset !== offset)) {
      differs({ en: `${name} does not lie at byte ${offset}`, zh: `${name} 不在字节 ${offset} 处` }, name);
    }
  }
  if (tensors.length !== file.tensors.length) differs({ en: `it holds ${tensors.length} tensors, not ${file.tensors.length}`, zh: `含有 ${tensors.length} 个张量，而不是 ${file.tensors.length}` });
}
