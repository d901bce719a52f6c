/**
 * @module
 * A quantised checkpoint as the 16-bit one that it stands for: the same names, every packed weight an expression.
 */
import type { Checkpoint, CheckpointTensor } from '../../checkpoints/checkpoint.ts';
import { finding, refuse } from '../../findings/index.ts';
import { byteCount } from '../../tensors/index.ts';
import { findQuantization } from '../quantized.ts';
import { bnb4, bnb8 } from './bnb.ts';
import { CANNOT_DEQUANTISE, DEQUANTISED, NOT_QUANTISED } from './codes.ts';
import { fp8Blocks } from './fp8.ts';
import { mxfp4 } from './mxfp4.ts';
import type { Scheme } from './parts.ts';
import { scaled } from './scaled.ts';

/** The ways to quantise that can be undone. */
export const SCHEMES: readonly Scheme[] = [bnb4, bnb8, fp8Blocks, mxfp4, scaled];

/** The checkpoint with its weights turned back. Refuses where there is nothing to turn back, or anything is left that cannot be. */
export async function dequantise(checkpoint: Checkpoint, config: ReadonlyMap<string, unknown> | undefined): Promise<Checkpoint> {
  const replaced = new Map<string, CheckpointTensor>(), gone = new Set<string>(), methods = new Map<string, { count: number; dtype: string }>();
  for (const scheme of SCHEMES) {
    for (const { name, from, expression } of await scheme.find(checkpoint, config)) {
      const { file } = checkpoint.tensors.get(from[0]!)!, { dtype, shape } = expression;
      replaced.set(from[0]!, { name, dtype, shape, bytes: byteCount(dtype, shape), file, expression });
      for (const part of from) gone.add(part);
      methods.set(scheme.method, { count: (methods.get(scheme.method)?.count ?? 0) + 1, dtype });
    }
  }
  const known = findQuantization(checkpoint.tensors.keys(), config);
  if (replaced.size === 0) {
    if (known === undefined) refuse(NOT_QUANTISED, { evidence: { en: 'no tensor and no config.json speaks of quantisation', zh: '没有任何张量或 config.json 提到量化' } }, { path: '.' });
    refuse(CANNOT_DEQUANTISE, { tensor: known.evidence, reason: { en: `${known.method} is not a scheme that can be undone here`, zh: `${known.method} 不是此处能够还原的方案` } }, { path: '.' });
  }
  const tensors = new Map<string, CheckpointTensor>();
  for (const [name, tensor] of checkpoint.tensors) {
    const own = replaced.get(name);
    if (own !== undefined) tensors.set(own.name, own);
    else if (!gone.has(name)) tensors.set(name, tensor);
  }
  const rest = findQuantization(tensors.keys(), undefined);
  if (rest !== undefined) refuse(CANNOT_DEQUANTISE, { tensor: rest.evidence, reason: { en: `it is left over (${rest.method})`, zh: `它是剩余的量化张量（${rest.method}）` } }, { path: '.' });
  const findings = [...methods].map(([method, { count, dtype }]) => finding(DEQUANTISED, { count, method, dtype }, { path: 'config.json' }));
  return { ...checkpoint, tensors, findings: [...checkpoint.findings, ...findings], dequantised: [...methods.keys()].join(', ') };
}
