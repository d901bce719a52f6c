/**
 * @module
 * Tensors without elements: what ZeRO-3 leaves of a parameter that was saved without being gathered. Error, always asked.
 */
import { methodOf } from '../../adapters/methods/index.ts';
import { defineCode } from '../../findings/index.ts';
import { text } from '../members.ts';
import { join } from '../paths.ts';
import type { Rule } from '../rule.ts';

/** One tensor. */
export const HOLLOW_TENSOR = defineCode({
  code: 'hollow-tensor',
  severity: 'error',
  message: { en: '{tensor} is hollow: shape [{shape}], no elements', zh: '{tensor} 是空壳：形状为 [{shape}]，没有元素' },
  why: { en: 'DeepSpeed ZeRO-3 keeps every parameter in pieces; saved without gathering them, only placeholders reach the file, and loading ends with a size mismatch.', zh: 'DeepSpeed ZeRO-3 把每个参数分片保存；未先收集就保存时，文件中只有占位符，加载会因 size mismatch 失败。' },
  fix: { en: 'Take the weights out of the training state: temper convert CHECKPOINT/ -o OUT; for the next run set stage3_gather_16bit_weights_on_model_save.', zh: '从训练状态中取出权重：temper convert CHECKPOINT/ -o OUT；下次训练请设置 stage3_gather_16bit_weights_on_model_save。' },
});

/** The rule. */
export const hollow: Rule = {
  name: 'hollow',
  codes: [HOLLOW_TENSOR],
  fixtures: { fires: 'hollow-zero3-adapter', silent: 't5-llama-lora' },
  async check(context, report) {
    for (const { directory, purpose, checkpoint } of await context.weights()) {
      const config = purpose === 'adapter' ? await context.object(join(directory.path, 'adapter_config.json')) : undefined;
      const shrinks = methodOf(text(config, 'peft_type') ?? '')?.mayShrinkToNothing ?? false;
      for (const { name, shape, file } of checkpoint.tensors.values()) {
        // A factor of rank 0 keeps its other side.
        if (shape.includes(0) && !(shrinks && shape.length > 1)) report.add(HOLLOW_TENSOR, { tensor: name, shape: shape.join(', ') }, { path: join(directory.path, checkpoint.files[file]!.path), tensor: name });
      }
    }
  },
};
