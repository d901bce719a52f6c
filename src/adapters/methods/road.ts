/**
 * @module
 * RoAd: outputs are turned in pairs, W' = R·W and b' = R·b (Liao & Monz 2024; peft.md §2.6). In a group of g outputs the
 * first half pairs with the second: o'[p] = c[p]·o[p] − s[p]·o[p+g/2], o'[p+g/2] = c[p+g/2]·o[p+g/2] + s[p+g/2]·o[p], with
 * c = α·cos θ and s = α·sin θ. road_1 has one θ and α per pair, road_2 one per output, road_4 one each for c and for s.
 */
import { refuse } from '../../findings/index.ts';
import { add, apply, concat, constant, multiply, reshape, scale, slice, type Expression } from '../../tensors/index.ts';
import { BAD_ADAPTER_CONFIG } from '../codes.ts';
import { numberField, textField, type AdapterConfig } from '../config.ts';
import { fieldTable, used } from '../fields.ts';
import { oneScale } from '../patterns.ts';
import { LATEST } from './facts.ts';
import { asStored, matrix, type Method } from './method.ts';

/** Parameters per output, by variant. */
const VARIANTS: ReadonlyMap<string, number> = new Map([['road_1', 0.5], ['road_2', 1], ['road_4', 2]]);

function variantOf(config: AdapterConfig): { readonly name: string; readonly perOutput: number; readonly group: number } {
  const name = textField(config, 'variant') ?? 'road_1', perOutput = VARIANTS.get(name), group = numberField(config, 'group_size', 64);
  if (perOutput === undefined) refuse(BAD_ADAPTER_CONFIG, { field: 'variant', value: name, wanted: [...VARIANTS.keys()].join(', ') }, { path: config.path });
  if (!Number.isSafeInteger(group) || group < 2 || group % 2 !== 0) refuse(BAD_ADAPTER_CONFIG, { field: 'group_size', value: group, wanted: { en: 'an even number', zh: '偶数' } }, { path: config.path });
  return { name, perOutput, group };
}

/** θ or α as (groups, 2, g/2, 1): for the cosines, then for the sines. */
function perHalf(x: Expression, name: string, groups: number, g: number): readonly [Expression, Expression] {
  if (name === 'road_1') { const one = reshape([groups, 1, g / 2, 1], x); return [one, one]; }
  if (name === 'road_2') { const one = reshape([groups, 2, g / 2, 1], x); return [one, one]; }
  const both = reshape([groups, 2, 2, g / 2, 1], x);
  return [0, 1].map((i) => reshape([groups, 2, g / 2, 1], slice(1, i, i + 1, both))) as [Expression, Expression];
}

/** R·o for outputs (out, columns). */
function turnedPairs(o: Expression, theta: Expression, alpha: Expression, name: string, g: number): Expression {
  const [out, columns] = o.shape as [number, number], groups = out / g;
  const [forCos, forSin] = perHalf(theta, name, groups, g), [alphaCos, alphaSin] = perHalf(alpha, name, groups, g);
  const c = multiply(alphaCos, apply('cos', forCos)), s = multiply(multiply(alphaSin, apply('sin', forSin)), constant([1, 2, 1, 1], [-1, 1]));
  const halves = reshape([groups, 2, g / 2, columns], o), partners = concat(1, [slice(1, 1, 2, halves), slice(1, 0, 1, halves)]);
  return reshape([out, columns], add(multiply(halves, c), multiply(partners, s)));
}

/** ROAD. */
export const road: Method = {
  type: 'ROAD',
  facts: [{ name: 'RoAd', when: 'road_1, road_2, road_4', formula: 'R·W, R·b', needs: 'W, b', verified: LATEST }],
  fields: fieldTable({ variant: used, group_size: used }),
  parts: new Set(['road_theta', 'road_alpha']),
  forms: (config) => {
    const { perOutput, group } = variantOf(config);
    return [{
      parts: { road_theta: 'angles', road_alpha: 'angles' }, weight: (side) => [side('angles') / perOutput, undefined],
      holds: (side) => side('angles') === side('out') * perOutput && side('out') % group === 0,
    }];
  },
  scales: () => oneScale(1),

  merge(context) {
    const { config, part, side, bias } = context, { name, group } = variantOf(config), theta = part('road_theta')!, alpha = part('road_alpha')!;
    const turn = (o: Expression) => turnedPairs(o, theta, alpha, name, group);
    return {
      weight: context.rounded(asStored(context, turn(matrix(context, context.weight)))), formula: `R·W (${name})`,
      ...(bias === undefined ? {} : { bias: reshape([side('out')], turn(reshape([side('out'), 1], scale(1, bias)))), biasFormula: `R·b (${name})` }),
    };
  },
};
