/** @module Codes of LLaMA models in Meta's layout (`consolidated.NN.pth`). */
import { defineCode } from '../../findings/index.ts';

export const PTH_PARAMS = defineCode({
  code: 'llama-params',
  severity: 'error',
  message: { en: 'params.json: {field} is {value}, expected {wanted}', zh: 'params.json：{field} 为 {value}，应为 {wanted}' },
  why: { en: 'Heads and layers are cut by these numbers; with wrong ones the model would be written wrong.', zh: '注意力头与层都按这些数字切分；数字不对，写出的模型就是错的。' },
  fix: { en: 'Take the params.json that belongs to these shards.', zh: '请使用与这些分片配套的 params.json。' },
});

export const PTH_SHARD_MISSING = defineCode({
  code: 'llama-shard-missing',
  severity: 'error',
  message: { en: '{file} is missing: the shards of one model are numbered from 00 without gaps', zh: '缺少 {file}：同一模型的分片从 00 起连续编号' },
  why: { en: 'Every shard holds a slice of every matrix; without one of them no matrix is whole.', zh: '每个分片都含有每个矩阵的一部分；缺少任何一个，矩阵都不完整。' },
  fix: { en: 'Copy or download {file} again, into the same directory.', zh: '请重新复制或下载 {file}，放到同一目录。' },
});

export const PTH_SHARDS_DIFFER = defineCode({
  code: 'llama-shards-differ',
  severity: 'error',
  message: { en: '{tensor}: {problem}', zh: '{tensor}：{problem}' },
  why: { en: 'Slices of one model have the same names, types and sides, and the tensors that each holds whole are equal; these are of different models.', zh: '同一模型的各分片名称、类型和形状一致，各自完整保存的张量也相等；而这些分片来自不同的模型。' },
  fix: { en: 'Put all shards of one model, and only those, into the directory.', zh: '请把同一模型的全部分片（且只有它们）放进该目录。' },
});

export const PTH_UNKNOWN = defineCode({
  code: 'llama-tensor-unknown',
  severity: 'error',
  message: { en: '{tensor} has no place in a LLaMA model', zh: '{tensor} 在 LLaMA 模型中没有对应位置' },
  why: { en: 'Leaving it out could change the model; the layout is that of another architecture, or the tensors were saved with a wrapper.', zh: '丢弃它可能改变模型；该布局属于其他架构，或张量连同外壳一起保存。' },
  fix: { en: 'Look at the names: temper inspect --tensors IN', zh: '请查看名称：temper inspect --tensors 输入' },
});

export const PTH_MISSING = defineCode({
  code: 'llama-tensor-missing',
  severity: 'error',
  message: { en: '{tensor} is missing ({count} in all)', zh: '缺少 {tensor}（共 {count} 个）' },
  why: { en: 'The model would not load, or would load with random weights.', zh: '模型将无法加载，或以随机权重加载。' },
  fix: { en: 'Check params.json and config.json against the weights: temper inspect --tensors IN', zh: '请核对 params.json、config.json 与权重：temper inspect --tensors 输入' },
});

export const PTH_SIZES = defineCode({
  code: 'llama-sizes-differ',
  severity: 'error',
  message: { en: '{tensor} is [{shape}], and by the configuration it should be [{wanted}]', zh: '{tensor} 的形状是 [{shape}]，按配置应为 [{wanted}]' },
  why: { en: 'Weights and configuration are of different models.', zh: '权重与配置属于不同的模型。' },
  fix: { en: 'Take the configuration that belongs to these weights.', zh: '请使用与这些权重配套的配置文件。' },
});

export const PTH_ASSUMED = defineCode({
  code: 'llama-assumed',
  severity: 'info',
  message: { en: 'config.json gets {field} {value}, which params.json does not state: {reason}', zh: 'config.json 中的 {field} 取 {value}，params.json 未给出该值：{reason}' },
  why: { en: 'params.json holds less than transformers wants to know.', zh: 'params.json 的内容少于 transformers 所需。' },
  fix: { en: 'Correct {field} in the config.json that was written if you know better.', zh: '若您知道确切的值，请在写出的 config.json 中修改 {field}。' },
});

export const PTH_CANNOT = defineCode({
  code: 'llama-pth-cannot',
  severity: 'error',
  message: { en: 'this model cannot be written as consolidated.NN.pth: {what}', zh: '该模型无法写成 consolidated.NN.pth：{what}' },
  why: { en: 'Meta\'s layout has no place for it, so the result would be another model.', zh: 'Meta 的布局中没有对应的表示，写出的会是另一个模型。' },
  fix: { en: 'Deploy it in the layout of transformers: temper convert IN -o OUT', zh: '请以 transformers 的布局部署：temper convert 输入 -o 输出' },
});

export const PTH_UNEVEN = defineCode({
  code: 'llama-shards-uneven',
  severity: 'error',
  message: { en: '{shards} shards do not divide the {count} {what}', zh: '{count} 个{what}无法平均分成 {shards} 个分片' },
  why: { en: 'Every shard holds the same number of heads and columns; only the vocabulary may leave a remainder, which goes to the last one.', zh: '每个分片含有相同数量的头和列；只有词表可以有余数，归最后一个分片。' },
  fix: { en: 'Choose another number: --shards 1', zh: '请换一个数：--shards 1' },
});

export const NO_SENTENCEPIECE = defineCode({
  code: 'tokenizer-model-missing',
  severity: 'warning',
  message: { en: 'there is no tokenizer.model beside the weights', zh: '权重旁没有 tokenizer.model' },
  why: { en: 'Programs that read consolidated.NN.pth read the vocabulary from tokenizer.model; tokenizer.json alone does not help them.', zh: '读取 consolidated.NN.pth 的程序从 tokenizer.model 读取词表；只有 tokenizer.json 无济于事。' },
  fix: { en: 'Copy the tokenizer.model of this model into the output.', zh: '请把该模型的 tokenizer.model 复制到输出目录。' },
});
