/**
 * @module
 * What the bytes of an adapter say: finite or not, trained or not. The only part of planning that reads tensor data;
 * adapters are small beside their base.
 */
import { readInto } from '../bytes/index.ts';
import { readValues } from '../checkpoints/index.ts';
import type { Checkpoint, CheckpointTensor } from '../checkpoints/checkpoint.ts';
import { finding, type Finding } from '../findings/index.ts';
import type { DType } from '../tensors/index.ts';
import type { Adapter } from './adapter.ts';
import { NOT_FINITE, PARTLY_UNTRAINED, UNTRAINED } from './codes.ts';
import { methodOf } from './methods/index.ts';

/** Bytes read at a time. */
const BLOCK_BYTES = 1 << 20;

/** What was seen in a tensor. */
interface Health { notFinite: number; first: number; nonZero: boolean }

interface Masks { readonly words: 1 | 2; readonly size: 2 | 4 | 8; readonly exponent: number; readonly magnitude: number }

/** Exponent bits of an element, all set for NaN and infinity, and the bits that are not the sign. */
const MASKS: Partial<Record<DType, Masks>> = {
  BF16: { words: 1, size: 2, exponent: 0x7f80, magnitude: 0x7fff },
  F16: { words: 1, size: 2, exponent: 0x7c00, magnitude: 0x7fff },
  F32: { words: 1, size: 4, exponent: 0x7f800000, magnitude: 0x7fffffff },
  F64: { words: 2, size: 8, exponent: 0x7ff00000, magnitude: 0x7fffffff },
};

/** All bits that are set anywhere, and whether an exponent may be full: a few hundred million elements a second. */
function glance(words: Uint16Array | Int32Array, step: 1 | 2, exponent: number): { bits: number; notFinite: boolean } {
  let bits = 0, full = 0;
  for (let i = step - 1; i < words.length; i += step) {
    const word = words[i]!;
    bits |= word;
    full |= (word & exponent) === exponent ? 1 : 0;
  }
  if (step === 2) for (let i = 0; i < words.length; i += 2) bits |= words[i]! === 0 ? 0 : 1;
  return { bits, notFinite: full !== 0 };
}

async function look(checkpoint: Checkpoint, tensor: CheckpointTensor): Promise<Health> {
  const health: Health = { notFinite: 0, first: -1, nonZero: false }, mask = MASKS[tensor.dtype];
  if (mask === undefined) return { ...health, nonZero: true };
  const source = checkpoint.files[tensor.file]!.source;
  // Views and other odd layouts, which only torch files have.
  const odd = tensor.expression.op === 'stored' ? undefined : await readValues(checkpoint, tensor);
  const buffer = new ArrayBuffer(Math.min(BLOCK_BYTES, Math.ceil(tensor.bytes / 8) * 8));
  for (let at = 0; at < tensor.bytes; at += buffer.byteLength) {
    const count = Math.min(buffer.byteLength, tensor.bytes - at);
    if (tensor.expression.op === 'stored') await readInto(source, tensor.expression.offset + at, new Uint8Array(buffer, 0, count));
    else new Uint8Array(buffer).set(odd!.subarray(at, at + count));
    const words = mask.size === 2 ? new Uint16Array(buffer, 0, count / 2) : new Int32Array(buffer, 0, count / 4);
    const { bits, notFinite } = glance(words, mask.words, mask.exponent);
    health.nonZero ||= (bits & mask.magnitude) !== 0;
    if (notFinite) countNotFinite(words, mask, at / mask.size, health);
  }
  return health;
}

/** Counts them, and remembers the first. `first` is the index of the first element of `words`. */
function countNotFinite(words: Uint16Array | Int32Array, { words: step, exponent }: Masks, first: number, health: Health): void {
  for (let i = step - 1; i < words.length; i += step) {
    if ((words[i]! & exponent) === exponent && health.notFinite++ === 0) health.first = first + (i - step + 1) / step;
  }
}

/** Reads every tensor of the adapter once: NaN and infinities are errors, parts that are still zero are worth a word. */
export async function healthFindings(adapter: Adapter): Promise<Finding[]> {
  const findings: Finding[] = [], zero: { tensor: CheckpointTensor; part: string }[] = [];
  const starting = methodOf(adapter.type)?.zeroAtStart ?? [], partOf = new Map<CheckpointTensor, string>();
  for (const { parts } of adapter.modules) for (const [part, tensor] of parts) if (starting.includes(part)) partOf.set(tensor, part.replace(/\.weight$/, ''));
  for (const tensor of adapter.checkpoint.tensors.values()) {
    const { notFinite, first, nonZero } = await look(adapter.checkpoint, tensor), part = partOf.get(tensor), path = adapter.checkpoint.files[tensor.file]!.path;
    if (notFinite > 0) findings.push(finding(NOT_FINITE, { tensor: tensor.name, count: notFinite, element: first }, { path, tensor: tensor.name }));
    if (part !== undefined && !nonZero && tensor.bytes > 0) zero.push({ tensor, part });
  }
  const one = zero[0];
  if (one === undefined) return findings;
  const path = adapter.checkpoint.files[one.tensor.file]!.path;
  findings.push(zero.length === partOf.size ? finding(UNTRAINED, { part: one.part, count: zero.length }, { path })
    : finding(PARTLY_UNTRAINED, { part: one.part, count: zero.length, total: partOf.size, module: one.tensor.name }, { path, tensor: one.tensor.name }));
  return findings;
}
