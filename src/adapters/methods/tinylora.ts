/**
 * @module
 * TinyLoRA: W' = W + B·(Σᵢ vᵢ·Pᵢ)·A with A and B from the singular vectors of the base, P random, all in the file, and a
 * tiny trained vector v that a group of modules shares (Morris et al. 2026; peft.md §2.6). Which group a module belongs to
 * follows from its place among all adapted modules of the model; so does the seed of its P, where save_projection is false.
 */
import { finding } from '../../findings/index.ts';
import { matmul, reshape, whole } from '../../tensors/index.ts';
import type { AdaptedModule } from '../adapted.ts';
import { NOT_REDRAWABLE } from '../codes.ts';
import { flagField, numberField, textField, type AdapterConfig } from '../config.ts';
import { fieldTable, neutral, used } from '../fields.ts';
import { oneScale } from '../patterns.ts';
import { keptAs, plus, type Method } from './method.ts';

/** Python's round: halves go to the even side. */
const roundEven = (x: number): number => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));

const savesProjection = (config: AdapterConfig): boolean => flagField(config, 'save_projection', true);

/** Whether PEFT seeded P by the place of the module: since 0.20; a file that does not say its version may be older. */
function seedsByPlace(config: AdapterConfig): boolean {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(textField(config, 'peft_version') ?? '') ?? [];
  return Number(major) > 0 || Number(minor) >= 20;
}

/** How many modules share a vector, and how many vectors there are (tinylora/model.py). */
function groups(count: number, config: AdapterConfig): { readonly count: number; readonly size: number } {
  const own = Math.max(1, roundEven(count * (1 - numberField(config, 'weight_tying', 0))));
  return { count: own, size: Math.max(1, Math.floor(count / own)) };
}

function groupOf(module: AdaptedModule, adapted: readonly AdaptedModule[], config: AdapterConfig): string {
  const { count, size } = groups(adapted.length, config);
  return `tinylora_v.${Math.min(Math.floor(adapted.indexOf(module) / size), count - 1)}`;
}

/** TINYLORA. */
export const tinylora: Method = {
  type: 'TINYLORA',
  facts: [{ name: 'TinyLoRA', formula: 'W + B·(Σᵢ vᵢ·Pᵢ)·A', needs: 'where groups share vectors, or save_projection is false, the order of the modules in the model', result: 'bit for bit; sixteen and more numbers of P drawn again: torch takes its own approximations, one or two steps of float32', verified: ['0.19.1', '0.20.0', '0.21.0'] }],
  fields: fieldTable({
    r: used, u: used, weight_tying: used, projection_seed: used, save_projection: used, fan_in_fan_out: used, init_v_bound: neutral, tinylora_dropout: neutral,
  }),
  parts: new Set(['tinylora_A', 'tinylora_B', 'tinylora_P']),
  families: ['tinylora_v'],
  sharedBy: (module, adapted, config) => ({ [groupOf(module, adapted, config)]: 'u' }),
  ordered: (config, count) => groups(count, config).count > 1 || !savesProjection(config),
  forms: (config) => [
    { parts: { tinylora_A: 'rank in', tinylora_B: 'out rank', tinylora_P: 'u rank rank' } },
    ...(savesProjection(config) ? [] : [{ parts: { tinylora_A: 'rank in', tinylora_B: 'out rank' } }]),
  ],
  scales: () => oneScale(1),

  // PEFT 0.19 seeded P with Python's hash of the adapter's name, which is another one in every process.
  remarks: (config, parts) => (parts.has('tinylora_P') || parts.size === 0 || seedsByPlace(config) ? [] : [finding(NOT_REDRAWABLE, {
    tensor: 'tinylora_P', type: 'TINYLORA', reason: { en: 'PEFT 0.19 seeded it with a number that differs from run to run', zh: 'PEFT 0.19 的种子在每次运行时都不同' },
  }, { path: config.path })]),

  merge(context) {
    const { config, side, part, shared, adapted, module } = context, r = side('rank'), u = side('u'), own = adapted.find(({ path }) => path === module.path)!;
    const seed = numberField(config, 'projection_seed', 42) + adapted.indexOf(own), P = part('tinylora_P') ?? keptAs(context.unmerged.dtype, whole('torchNormal', [], [seed, 1 / Math.sqrt(r), u, r, r]));
    const R = reshape([r, r], matmul(reshape([1, u], shared(groupOf(own, adapted, config))), reshape([u, r * r], P)));
    return plus(context, matmul(matmul(part('tinylora_B')!, R), part('tinylora_A')!), 'W + B·(Σ vᵢ·Pᵢ)·A');
  },
};
