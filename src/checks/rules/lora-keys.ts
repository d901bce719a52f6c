/**
 * @module
 * G17: keys of a training wrapper in a file that should hold a plain model: saved without merging, or saved from inside
 * DDP, FSDP or torch.compile. Error, always asked.
 */
import { defineCode } from '../../findings/index.ts';
import { join } from '../paths.ts';
import type { Rule } from '../rule.ts';

/** One such key. */
export const WRAPPER_KEY = defineCode({
  code: 'wrapper-key-in-model',
  severity: 'error',
  message: { en: '{file} holds {tensor}, a key of {what}', zh: '{file} 含有 {tensor}，这是{what}的键' },
  why: { en: 'A loader of models finds no weight of that name and leaves the real one at random values.', zh: '模型加载器找不到这个名字的权重，真正的权重会保持随机值。' },
  fix: { en: 'Save the model after merge_and_unload(), or merge the adapter: temper merge BASE ADAPTER -o OUT; wrapper prefixes: temper convert DIR -o OUT --to huggingface', zh: '请在 merge_and_unload() 之后保存，或合并适配器：temper merge BASE ADAPTER -o OUT；包装前缀：temper convert DIR -o OUT --to huggingface' },
});

/** A model file that is an adapter. */
export const MODEL_FILE_IS_ADAPTER = defineCode({
  code: 'model-file-is-adapter',
  severity: 'error',
  message: { en: '{file} is named like a model and holds an adapter: {count} tensors such as {tensor}', zh: '{file} 以模型命名，内容却是适配器：{count} 个张量，例如 {tensor}' },
  why: { en: 'The trainer did not recognise the PEFT model and saved its state under the usual name; as a model it loads nothing.', zh: '训练程序没有认出 PEFT 模型，把它的状态存成了通常的文件名；当作模型加载时什么也加载不到。' },
  fix: { en: 'Rename it to adapter_model.bin and put adapter_config.json beside it.', zh: '把它改名为 adapter_model.bin，并在旁边放上 adapter_config.json。' },
});

/** Signs in a key, and what they are of. First match counts. */
const SIGNS: readonly (readonly [RegExp, { en: string; zh: string }])[] = [
  [/(?:^|\.)lora_(?:A|B|embedding_A|embedding_B|magnitude_vector)(?:\.|$)|(?:^|\.)(?:hada_w|lokr_w|oft_|ia3_l)/, { en: 'an adapter that was not merged', zh: '未合并的适配器' }],
  [/\.base_layer\./, { en: 'a layer that an adapter wraps', zh: '被适配器包裹的层' }],
  [/\.(?:original_module|modules_to_save)\./, { en: 'a module that an adapter trains as a whole', zh: '适配器整体训练的模块' }],
  [/^base_model\.model\./, { en: 'a PEFT model', zh: ' PEFT 模型' }],
  [/(?:^|\.)(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module|_forward_module)\./, { en: 'a wrapper of training', zh: '训练包装层' }],
  [/^module\./, { en: 'DataParallel or DeepSpeed', zh: ' DataParallel 或 DeepSpeed' }],
];

/** What a key is of, where it is not a model's own. */
export const wrapperOf = (name: string): { en: string; zh: string } | undefined => SIGNS.find(([test]) => test.test(name))?.[1];

/** The rule. */
export const loraKeys: Rule = {
  name: 'lora-keys',
  codes: [WRAPPER_KEY, MODEL_FILE_IS_ADAPTER],
  fixtures: { fires: 'deploy-g17-lora-keys', silent: 'deploy-healthy' },
  async check(context, report) {
    for (const { directory, purpose, checkpoint } of await context.weights()) {
      const named = [...checkpoint.tensors.values()].map((tensor) => ({ name: tensor.name, path: join(directory.path, checkpoint.files[tensor.file]!.path), what: wrapperOf(tensor.name) }));
      const odd = named.filter((one) => one.what !== undefined), [first] = odd;
      if (first === undefined) continue;
      const isAdapterName = /(?:^|\/)adapter_model\b/.test(first.path);
      if (purpose === 'adapter' && isAdapterName) continue;
      if (odd.length === named.length && odd.some(({ name }) => /\.lora_|\.hada_w|\.lokr_w/.test(name))) {
        report.add(MODEL_FILE_IS_ADAPTER, { file: first.path, count: odd.length, tensor: first.name }, { path: first.path });
      } else if (purpose === 'model') for (const { name, path, what } of odd) report.add(WRAPPER_KEY, { file: path, tensor: name, what: what! }, { path, tensor: name });
    }
  },
};
