/** The grammar of adapter keys, in the forms that PEFT saves and that training loops dump. */
import { describe, expect, it } from 'vitest';
import { parseAdapterKey } from '../../src/adapters/keys.ts';

const names = { parts: new Set(['lora_A.weight', 'lora_B.weight', 'lora_embedding_A', 'lora_magnitude_vector']), shared: new Set(['vera_A']) };
const key = (name: string) => parseAdapterKey(name, names);

describe('adapter keys', () => {
  const part = { kind: 'part', module: 'model.layers.0.q_proj', part: 'lora_A.weight', wrapped: false, depth: 0 };
  it.each([
    ['base_model.model.model.layers.0.q_proj.lora_A.weight', part, 1, []],
    ['base_model.model.model.layers.0.q_proj.lora_A.default.weight', { ...part, name: 'default' }, 1, []],
    ['model.layers.0.q_proj.lora_A.weight', part, 0, []],
    ['module.base_model.model.model.layers.0.q_proj.lora_A.weight', part, 1, ['module']],
    ['_forward_module.module.base_model.model.model.layers.0.q_proj.lora_A.weight', { ...part, module: 'module.base_model.model.model.layers.0.q_proj' }, 0, ['_forward_module']],
    ['base_model.model.model.layers.0._orig_mod.q_proj.lora_A.weight', part, 1, ['_orig_mod']],
    ['base_model.model._fsdp_wrapped_module.model.layers.0._checkpoint_wrapped_module.q_proj.lora_A.weight', part, 1, ['_fsdp_wrapped_module', '_checkpoint_wrapped_module']],
    ['base_model.model.x.experts.base_layer.lora_A.weight', { ...part, module: 'x.experts', depth: 1 }, 1, []],
    ['base_model.model.mha.base_layer.out_proj.lora_A.weight', { ...part, module: 'mha.out_proj', wrapped: true }, 1, []],
    ['base_model.model.head.modules_to_save.default.weight', { kind: 'full', form: 'modules_to_save', target: 'head.weight', name: 'default' }, 1, []],
    ['base_model.model.norm.ln_tuning_layers.weight', { kind: 'full', form: 'modules_to_save', target: 'norm.weight' }, 1, []],
    ['base_model.model.norm.ln_tuning_layers.default.bias', { kind: 'full', form: 'modules_to_save', target: 'norm.bias', name: 'default' }, 1, []],
    ['base_model.model.head.original_module.weight', { kind: 'original', target: 'head.weight' }, 1, []],
    ['base_model.vera_A', { kind: 'shared', shared: 'vera_A' }, 0, []],
    ['base_model.vera_A.default', { kind: 'shared', shared: 'vera_A', name: 'default' }, 0, []],
    ['base_model.model.x.lora_C.weight', { kind: 'unknown' }, 1, []],
  ])('%s', (name, expected, prefixes, wrappers) => {
    // A base whose own root is called `module` under DeepSpeed's wrapper keeps it: the matcher drops it when the base has none.
    expect(key(name)).toEqual({ key: expected, prefixes, wrappers });
  });
});
