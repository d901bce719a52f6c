/**
 * @module
 * PEANuT: W' = W + s·(H·Bᵗ)ᵗ, where H comes out of a small network that reads the weight itself: H = f(W₀ᵗ·Aᵗ), through
 * `depth` encoders, each followed by f, and as many decoders, each followed by f and the sum with what went into the
 * encoder on its level (Zhong et al. 2025; peft.md §2.6). W₀ is the weight before any adapter.
 */
import { add, apply, isFunction, matmul, multiply, norm, scale, transpose, type Expression } from '../../tensors/index.ts';
import { numberField, textField, type AdapterConfig } from '../config.ts';
import { fieldTable, later, used, wordRule } from '../fields.ts';
import type { Form } from '../forms.ts';
import { scaleRule } from '../patterns.ts';
import { LATEST } from './facts.ts';
import { asStored, matrix, number, plus, type Method } from './method.ts';

/** Deeper networks have never been published; the file is not asked for more names than this. */
const DEPTH_MAX = 64;
const ACTIVATIONS = [
  'relu', 'gelu', 'gelu_10', 'gelu_fast', 'gelu_new', 'gelu_python', 'gelu_pytorch_tanh', 'gelu_python_tanh', 'gelu_accurate', 'hardswish', 'laplace', 'leaky_relu',
  'linear', 'mish', 'prelu', 'quick_gelu', 'relu2', 'relu6', 'sigmoid', 'silu', 'sqrtsoftplus', 'swish', 'tanh',
].filter(isFunction);

const encoder = (i: number): string => `peanut_encoders.${i}.weight`;
const decoder = (i: number): string => `peanut_decoders.${i}.weight`;
const levels = (depth: number): number[] => [...Array(depth).keys()];

function form(config: AdapterConfig): Form {
  const depth = numberField(config, 'depth', 0), known = Number.isSafeInteger(depth) && depth >= 0 && depth <= DEPTH_MAX;
  const inner = known ? Object.fromEntries(levels(depth).flatMap((i) => [[encoder(i), 'r r'], [decoder(i), 'r r']])) : {};
  return { parts: { 'peanut_A.weight': 'r out', 'peanut_B.weight': 'out r', ...inner }, weight: (side) => [side('out'), undefined], holds: () => known };
}

/** PEANUT. */
export const peanut: Method = {
  type: 'PEANUT',
  facts: [{ name: 'PEANuT', formula: 'W + s·(H·Bᵗ)ᵗ, H a small network of W₀ᵗ·Aᵗ', needs: 'W; any activation of transformers but xielu', verified: LATEST }],
  fields: fieldTable({
    r: used, depth: used, scaling: used,
    act_fn: wordRule(ACTIVATIONS, later('the activation is not known, or is xielu, whose parameters are rounded', '该激活函数未知，或为 xielu（其参数经过舍入）')),
  }),
  parts: new Set(['peanut_A.weight', 'peanut_B.weight', ...levels(DEPTH_MAX).flatMap((i) => [encoder(i), decoder(i)])]),
  zeroAtStart: ['peanut_B.weight'],
  forms: (config) => [form(config)],
  scales: (config) => scaleRule(config, { rank: 32 }),

  merge(context) {
    const { config, part, side } = context, depth = numberField(config, 'depth', 0), s = numberField(config, 'scaling', 1), name = textField(config, 'act_fn') ?? 'relu';
    const f = (x: Expression) => apply(name, x), through = (x: Expression, layer: string) => f(matmul(x, transpose(part(layer)!)));
    let H: Expression = through(transpose(matrix(context, context.unmerged)), 'peanut_A.weight');
    const went: Expression[] = [];
    for (const i of levels(depth)) { went.push(H); H = through(H, encoder(i)); }
    for (const i of levels(depth)) H = add(through(H, decoder(i)), went[depth - 1 - i]!);
    const hidden = transpose(context.stage(H, { en: 'what the network of a PEANuT module makes of the weight', zh: 'PEANuT 模块的网络由权重得到的结果' })), B = part('peanut_B.weight')!;
    const size = scale(Math.abs(s), multiply(norm([1], B), norm([0], hidden)));
    return {
      ...plus(context, scale(s, matmul(B, hidden)), `W + ${number(s)}·(H·Bᵗ)ᵗ, H = ${name}(W₀ᵗ·Aᵗ)${depth === 0 ? '' : ` through ${depth} encoders and decoders`}`),
      intermediate: asStored(context, size), roundings: side('out') + (2 * depth + 1) * side('r') + 8 * (2 * depth + 1),
    };
  },
};
