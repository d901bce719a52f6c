/**
 * @module
 * BD-LoRA: one of the two factors is block-diagonal and stored without its zeros, so that tensor-parallel shards need no
 * exchange (peft.md §2.4). Written out, it is plain LoRA.
 */
import { refuse } from '../../findings/index.ts';
import { constant, multiply, reshape, type Expression } from '../../tensors/index.ts';
import { BAD_ADAPTER_CONFIG } from '../codes.ts';
import { listField, numberField, type AdapterConfig } from '../config.ts';
import type { Form } from '../forms.ts';

/** Into how many blocks A and B of a module are cut; 1 means that the factor is whole. */
export function blocksOf(config: AdapterConfig, module: string): { readonly a: number; readonly b: number } {
  const options = config.fields.get('use_bdlora'), child = module.slice(module.lastIndexOf('.') + 1);
  if (!(options instanceof Map)) return { a: 1, b: 1 };
  const own: AdapterConfig = { path: config.path, fields: options }, count = numberField(own, 'nblocks', 1);
  if (!Number.isSafeInteger(count) || count < 1) refuse(BAD_ADAPTER_CONFIG, { field: 'use_bdlora.nblocks', value: count, wanted: { en: 'a positive integer', zh: '正整数' } }, { path: config.path });
  // PEFT asks whether the listed text occurs in the name of the layer (lora/variants.py, BdLoraLinearVariant.init).
  const listed = (field: string) => (listField(own, field) ?? []).some((text) => child.includes(text));
  return { a: listed('target_modules_bd_a') ? count : 1, b: listed('target_modules_bd_b') ? count : 1 };
}

/** The form of a module with a block-diagonal factor, or undefined for a plain one. */
export function blockForm(config: AdapterConfig, module: string): Form | undefined {
  const { a, b } = blocksOf(config, module);
  if (a === 1 && b === 1) return undefined;
  return {
    parts: { 'lora_A.weight': 'r inBlock', 'lora_B.weight': 'out rBlock' },
    weight: (side) => [side('out'), side('inBlock') * a],
    holds: (side) => side('r') === side('rBlock') * b && side('r') % a === 0 && side('out') % b === 0,
  };
}

/** Rows in `count` chunks, chunk i in column block i, zeros elsewhere. */
export function blockDiagonal(count: number, of: Expression): Expression {
  const [rows, columns] = of.shape as [number, number];
  if (count === 1) return of;
  const eye = constant([count, 1, count, 1], Array.from({ length: count * count }, (_, i) => (i % (count + 1) === 0 ? 1 : 0)));
  return reshape([rows, columns * count], multiply(reshape([count, rows / count, 1, columns], of), eye));
}
