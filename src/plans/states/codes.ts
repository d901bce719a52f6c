/** @module Codes of models and adapters that are taken out of training states. */
import { defineCode } from '../../findings/index.ts';

export const CONFIG_AND_TENSORS = defineCode({
  code: 'config-and-tensors-differ',
  severity: 'error',
  message: { en: '{part}: the configuration of the run says {field} {stated}, the tensors say {found}', zh: '{part}：训练配置中 {field} 为 {stated}，而张量显示为 {found}' },
  why: { en: 'The configuration belongs to another run, so its alpha would scale the adapter wrongly.', zh: '该配置属于另一次训练，其中的 alpha 会让适配器的缩放出错。' },
  fix: { en: 'If you know the alpha of this run, give it: --lora-alpha N', zh: '若您知道这次训练的 alpha，请给出：--lora-alpha N' },
});

export const CONFIG_FROM_RUN = defineCode({
  code: 'adapter-config-from-run',
  severity: 'info',
  message: { en: '{part}: adapter_config.json was made from the configuration of the run and the tensors: r {r}, lora_alpha {alpha}, {modules}', zh: '{part}：adapter_config.json 由训练配置与张量生成：r {r}，lora_alpha {alpha}，{modules}' },
  why: { en: 'A training state has no adapter_config.json of its own.', zh: '训练状态本身没有 adapter_config.json。' },
  fix: { en: 'Nothing to do.', zh: '无需处理。' },
});

export const NOT_XTUNER = defineCode({
  code: 'not-an-xtuner-state',
  severity: 'error',
  message: { en: '{file} is no checkpoint of XTuner: {tensor} is under none of its prefixes (llm, visual_encoder, projector, v_head, model)', zh: '{file} 不是 XTuner 的检查点：{tensor} 不在其任何前缀（llm、visual_encoder、projector、v_head、model）之下' },
  why: { en: '--save-format divides a model of XTuner into its parts; other models have no such parts.', zh: '--save-format 用于把 XTuner 的模型拆分为各部分；其他模型没有这些部分。' },
  fix: { en: 'Leave --save-format out: temper convert {file} -o OUT', zh: '请去掉 --save-format：temper convert {file} -o 输出' },
});

export const NEEDS_BASES = defineCode({
  code: 'format-needs-bases',
  severity: 'error',
  message: { en: '--save-format {format} is one whole model, and {part} in {file} is a LoRA that has to be merged first', zh: '--save-format {format} 是一个完整的模型，而 {file} 中的 {part} 是需要先合并的 LoRA' },
  why: { en: 'The state holds what was trained only; the rest of the model is in its bases.', zh: '训练状态只含训练过的部分；模型的其余部分在基座中。' },
  fix: { en: 'temper convert {file} -o parts --save-format xtuner, then temper assemble parts --base llm=LLM --base visual_encoder=CLIP --save-format {format} -o OUT', zh: '先 temper convert {file} -o parts --save-format xtuner，再 temper assemble parts --base llm=语言模型 --base visual_encoder=CLIP --save-format {format} -o 输出' },
});

export const CONFIG_OF_BASE_NEEDED = defineCode({
  code: 'config-of-base-needed',
  severity: 'warning',
  message: { en: '{output}: the weights are whole, but config.json and tokenizer are not in the state; they are those of {base}', zh: '{output}：权重是完整的，但状态中没有 config.json 和分词器；它们与 {base} 的相同' },
  why: { en: 'Training states hold tensors only; without these files the model does not load.', zh: '训练状态只含张量；缺少这些文件，模型无法加载。' },
  fix: { en: 'temper assemble {output} --base llm=BASE -o DEPLOY takes them from the base', zh: 'temper assemble {output} --base llm=基座 -o 部署目录 可从基座取得它们' },
});

export const FORMAT_CANNOT = defineCode({
  code: 'save-format-cannot',
  severity: 'error',
  message: { en: 'not possible as --save-format {format}: {problem}', zh: '无法写成 --save-format {format}：{problem}' },
  why: { en: 'The layout has names for a LLaMA-like language model, a CLIP vision tower and a projector of two layers, and for nothing else.', zh: '该布局只为类 LLaMA 语言模型、CLIP 视觉塔和两层投影器定义了名称。' },
  fix: { en: 'Use --save-format xtuner, which keeps the parts apart.', zh: '请使用 --save-format xtuner，各部分分开存放。' },
});

export const OTHER_PARTS_LEFT = defineCode({
  code: 'adapter-parts-several',
  severity: 'info',
  message: { en: 'the state holds several parts ({parts}); each is in a folder of its own in {output}', zh: '该状态含有多个部分（{parts}）；各自位于 {output} 中的单独文件夹' },
  why: { en: 'An adapter belongs to one base; these belong to several.', zh: '一个适配器对应一个基座；这些部分对应多个基座。' },
  fix: { en: 'Put them together with their bases: temper assemble {output} --base llm=LLM --base visual_encoder=CLIP -o DEPLOY', zh: '与各自的基座组装：temper assemble {output} --base llm=语言模型 --base visual_encoder=CLIP -o 部署目录' },
});
