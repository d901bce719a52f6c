/**
 * @module
 * MiSS, and Bone as it was called up to PEFT 0.18 (Kang & Yin 2024; peft.md §2.6). One small block D is spread over the
 * weight. Plain: W'[o,c] = W[o,c] + D[c mod r, o]; "mini": D is narrower and repeats along o as well. "bat": the weight
 * as blocks W_{n,p} of r×r, W'_{n,p} = W_{n,p} + W_{n,p}·D_n + D_n.
 */
import { add, concat, constant, matmul, multiply, reshape, slice, transpose, type Expression, type Shape } from '../../tensors/index.ts';
import { textOf, type AdapterConfig } from '../config.ts';
import { fieldTable, neutral, used } from '../fields.ts';
import type { Form } from '../forms.ts';
import { scaleRule } from '../patterns.ts';
import { LATEST } from './facts.ts';
import { matrix, plus, type Method, type ModuleContext } from './method.ts';

/** The forms of a block called `name`, by the variant that init_weights names. */
function forms(config: AdapterConfig, name: string): readonly Form[] {
  switch (textOf(config, 'init_weights')) {
    case 'bat': return [{ parts: { [name]: 'blocks r r' }, weight: (side) => [side('blocks') * side('r'), undefined], holds: (side) => side('in') % side('r') === 0 }];
    case 'mini': return [{ parts: { [name]: 'r mini' }, weight: () => [undefined, undefined], holds: (side) => side('out') % side('mini') === 0 }];
    default: return [{ parts: { [name]: 'r out' } }];
  }
}

/** Dᵗ (mini, r) repeated over (out, in); the last columns take the leading rows of D. */
function spread({ side }: ModuleContext, D: Expression): Expression {
  const [r, mini] = D.shape as [number, number], down = side('out') / mini, across = Math.ceil(side('in') / r);
  const ones = (shape: Shape, count: number) => constant(shape, Array<number>(count).fill(1));
  const tiled = multiply(multiply(reshape([1, mini, 1, r], transpose(D)), ones([1, 1, across, 1], across)), ones([down, 1, 1, 1], down));
  return slice(1, 0, side('in'), reshape([side('out'), across * r], tiled));
}

/** W_{n,p}·D_n + D_n for all blocks, as (out, in). */
function blockwise(context: ModuleContext, D: Expression): Expression {
  const [blocks, r] = D.shape as [number, number, number], across = context.side('in') / r, W = matrix(context, context.weight);
  return concat(0, Array.from({ length: blocks }, (_, n) => {
    const own = reshape([r, r], slice(0, n, n + 1, D)), rows = reshape([r * across, r], slice(0, n * r, (n + 1) * r, W));
    return reshape([r, across * r], add(reshape([r, across, r], matmul(rows, own)), reshape([r, 1, r], own)));
  }));
}

function method(type: string, part: string, name: string, verified: readonly string[]): Method {
  return {
    type,
    facts: [{ name, formula: 'W + tile(Dᵗ); "bat": W + W_{n,p}·D_n + D_n', needs: 'W for "bat"', verified }],
    fields: fieldTable({ r: used, mini_r: used, init_weights: used, miss_dropout: neutral }),
    parts: new Set([part]),
    zeroAtStart: [part],
    forms: (config) => forms(config, part),
    scales: (config) => scaleRule(config, { rank: 64 }),
    merge(context) {
      const D = context.part(part)!;
      return D.shape.length === 3 ? plus(context, blockwise(context, D), 'W + W_{n,p}·D_n + D_n') : plus(context, spread(context, D), 'W + tile(Dᵗ)');
    },
  };
}

/** MISS (PEFT 0.17 and newer). */
export const miss: Method = method('MISS', 'miss_block', 'MiSS', LATEST);
/** BONE (PEFT 0.14–0.18). */
export const bone: Method = method('BONE', 'bone_block', 'Bone', ['0.18.1 (newer releases cannot load it)']);
