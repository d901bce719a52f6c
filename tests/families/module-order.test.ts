/** The order in which models have their modules, as transformers registers them. */
import { describe, expect, it } from 'vitest';
import { moduleOrder } from '../../src/families/index.ts';

const sorted = (type: string | undefined, paths: readonly string[]) => { const order = moduleOrder(type, paths); return order && [...paths].sort(order); };

describe('the order of modules', () => {
  it('is layer after layer by number, and within a layer by registration', () => {
    const at = (layer: number, rest: string) => `model.layers.${layer}.${rest}`;
    expect(sorted('llama', [at(10, 'self_attn.k_proj'), at(2, 'mlp.down_proj'), at(2, 'mlp.gate_proj'), at(2, 'self_attn.v_proj'), at(2, 'self_attn.q_proj'), 'lm_head', 'model.embed_tokens', at(10, 'self_attn.q_proj')]))
      .toEqual(['model.embed_tokens', at(2, 'self_attn.q_proj'), at(2, 'self_attn.v_proj'), at(2, 'mlp.gate_proj'), at(2, 'mlp.down_proj'), at(10, 'self_attn.q_proj'), at(10, 'self_attn.k_proj'), 'lm_head']);
  });

  it.each([
    ['opt', ['k_proj', 'v_proj', 'q_proj', 'out_proj']], ['phi3', ['o_proj', 'qkv_proj']], ['gpt2', ['c_attn', 'c_proj']], ['bert', ['query', 'key', 'value']], ['t5', ['q', 'k', 'v', 'o']],
  ])('of %s is its own', (type, names) => {
    expect(sorted(type, [...names].sort().map((name) => `layers.0.attention.${name}`))).toEqual(names.map((name) => `layers.0.attention.${name}`));
  });

  it('does not mind another root', () => {
    expect(sorted('llama', ['layers.0.mlp.up_proj', 'layers.0.self_attn.o_proj'])).toEqual(['layers.0.self_attn.o_proj', 'layers.0.mlp.up_proj']);
  });

  it('is not known for other models, or for parts that the table does not hold', () => {
    expect([moduleOrder(undefined, ['a.q_proj', 'a.k_proj']), moduleOrder('no_such_model', ['a.q_proj', 'a.k_proj']), moduleOrder('llama', ['a.first', 'a.second'])]).toEqual([undefined, undefined, undefined]);
    expect(moduleOrder('no_such_model', ['only.one'])).toBeDefined();
  });
});
