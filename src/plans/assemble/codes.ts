/** @module Codes of putting several parts together. */
import { defineCode } from '../../findings/index.ts';

export const NO_PARTS = defineCode({
  code: 'no-parts',
  severity: 'error',
  message: { en: '{folder} holds none of the parts that can be assembled: {known}', zh: '{folder} 中没有可以组装的部分：{known}' },
  why: { en: 'assemble takes the directory that xtuner convert pth_to_hf left, or that temper convert --save-format xtuner writes.', zh: 'assemble 需要 xtuner convert pth_to_hf 留下的目录，或 temper convert --save-format xtuner 写出的目录。' },
  fix: { en: 'Look for it: temper inspect {folder}', zh: '请查找该目录：temper inspect {folder}' },
});

export const PARTS_NOT_DIVIDED = defineCode({
  code: 'parts-not-divided',
  severity: 'error',
  message: { en: '{file} is one file; assemble takes the directory of its parts', zh: '{file} 是单个文件；assemble 需要拆分后的目录' },
  why: { en: 'A checkpoint holds all parts under prefixes; they are divided first.', zh: '检查点把所有部分放在不同前缀之下；需要先拆分。' },
  fix: { en: 'temper convert {file} -o parts --save-format xtuner, then temper assemble parts --base llm=LLM -o OUT', zh: '先 temper convert {file} -o parts --save-format xtuner，再 temper assemble parts --base llm=语言模型 -o 输出' },
});

export const UNKNOWN_ROLE = defineCode({
  code: 'unknown-base-role',
  severity: 'error',
  message: { en: '--base {given} names no known role; it is {known}, as in --base llm=PATH', zh: '--base {given} 的角色未知；可用的是 {known}，例如 --base llm=路径' },
  why: { en: 'Every part belongs to one base: the language model or the visual encoder.', zh: '每个部分对应一个基座：语言模型或视觉编码器。' },
  fix: { en: 'temper assemble TREE --base llm=LLM --base visual_encoder=CLIP -o OUT', zh: 'temper assemble 目录 --base llm=语言模型 --base visual_encoder=CLIP -o 输出' },
});

export const PARTS_MISFIT = defineCode({
  code: 'parts-do-not-fit',
  severity: 'error',
  message: { en: '{part}: {what} is {found}, and {other} has {expected}', zh: '{part}：{what} 为 {found}，而 {other} 为 {expected}' },
  why: { en: 'The parts were trained with other bases; put together they would fail at the first image.', zh: '这些部分是用其他基座训练的；拼在一起，处理第一张图片时就会出错。' },
  fix: { en: 'Give the bases that the training configuration names (pretrained_model_name_or_path in xtuner_config.py).', zh: '请给出训练配置中写明的基座（xtuner_config.py 中的 pretrained_model_name_or_path）。' },
});

export const PART_CARRIED = defineCode({
  code: 'part-carried-over',
  severity: 'info',
  message: { en: '{part} is carried over as it is: no base was given for the role {role}', zh: '{part} 原样保留：没有给出角色 {role} 的基座' },
  why: { en: 'An adapter that is not merged needs its base when the model is loaded.', zh: '未合并的适配器在加载模型时仍需要其基座。' },
  fix: { en: 'To merge it: --base {role}=PATH', zh: '若要合并：--base {role}=路径' },
});

export const BASE_NOT_NEEDED = defineCode({
  code: 'base-not-needed',
  severity: 'warning',
  message: { en: 'the base given for {role} was not needed: {part} is a whole model with its own configuration', zh: '给出的 {role} 基座没有用到：{part} 已是带有自身配置的完整模型' },
  why: { en: 'A full fine-tuning leaves nothing to merge.', zh: '全参数微调之后没有需要合并的内容。' },
  fix: { en: 'Leave --base {role}=… out, or look whether the right directory was given.', zh: '请去掉 --base {role}=…，或检查给出的目录是否正确。' },
});

export const COMPLETED_FROM_BASE = defineCode({
  code: 'completed-from-base',
  severity: 'info',
  message: { en: '{part} has weights only; {files} come from its base', zh: '{part} 只有权重；{files} 取自其基座' },
  why: { en: 'Training states hold tensors and nothing else. The base has the same tensors in the same shapes.', zh: '训练状态只含张量。该基座具有相同名称与形状的张量。' },
  fix: { en: 'If training added tokens, replace the tokenizer by the one that was trained with.', zh: '若训练时添加了 token，请换成训练所用的分词器。' },
});

export const TOKENS_ADDED = defineCode({
  code: 'image-tokens-added',
  severity: 'info',
  message: { en: 'the tokenizer gets <image> ({image}) and <pad> ({pad}); the vocabulary has {rows} rows now, new ones hold the mean of the others', zh: '分词器加入 <image>（{image}）和 <pad>（{pad}）；词表现为 {rows} 行，新增行取其余各行的平均' },
  why: { en: 'LlavaForConditionalGeneration puts the features of an image where the token <image> stands; its row is never read.', zh: 'LlavaForConditionalGeneration 把图像特征放在 <image> 所在位置；该行的数值从不被读取。' },
  fix: { en: 'Nothing to do.', zh: '无需处理。' },
});

export const NOT_ASSEMBLED = defineCode({
  code: 'not-assembled',
  severity: 'warning',
  message: { en: 'left behind, for it is no known part: {names}', zh: '未带入输出（不是已知的部分）：{names}' },
  why: { en: 'If the model needs it, the output is not complete.', zh: '如果模型需要它，输出就不完整。' },
  fix: { en: 'Copy it into the output by hand if it belongs to the model.', zh: '若它属于该模型，请手动复制到输出目录。' },
});

export const PATH_TWICE = defineCode({
  code: 'path-twice',
  severity: 'error',
  message: { en: 'two parts want to write {file}', zh: '有两个部分都要写 {file}' },
  why: { en: 'One would overwrite the other.', zh: '其中一个会覆盖另一个。' },
  fix: { en: 'Rename or remove one of them in the input.', zh: '请在输入中重命名或移走其中一个。' },
});
