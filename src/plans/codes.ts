/** @module Codes of planning. */
import { defineCode } from '../findings/index.ts';

export const VOCABULARY_GREW = defineCode({
  code: 'vocabulary-changed',
  severity: 'info',
  message: { en: 'the vocabulary goes from {before} to {after} rows; vocab_size in config.json follows', zh: '词表从 {before} 行变为 {after} 行；config.json 中的 vocab_size 随之更新' },
  why: { en: 'The adapter brings embeddings of another size than the base.', zh: '适配器带来的词嵌入与基座大小不同。' },
  fix: { en: 'Nothing to do.', zh: '无需处理。' },
});

export const VOCABULARY_SPLIT = defineCode({
  code: 'vocabulary-split',
  severity: 'error',
  message: { en: '{embedding} would have {rows} rows and {head} {headRows}', zh: '{embedding} 将有 {rows} 行，而 {head} 有 {headRows} 行' },
  why: { en: 'A model has one vocabulary; with two sizes it does not load.', zh: '一个模型只有一个词表；两种大小无法加载。' },
  fix: { en: 'Save the adapter again with both matrices (modules_to_save=["embed_tokens","lm_head"] or save_embedding_layers=True).', zh: '请连同两个矩阵重新保存适配器（modules_to_save=["embed_tokens","lm_head"] 或 save_embedding_layers=True）。' },
});

export const NO_TOKENIZER_FOR_VOCABULARY = defineCode({
  code: 'tokenizer-not-with-adapter',
  severity: 'warning',
  message: { en: 'the vocabulary changed to {rows} rows, but there is no tokenizer beside the adapter; the one of the base is used', zh: '词表变为 {rows} 行，但适配器旁没有分词器；使用基座的分词器' },
  why: { en: 'The new rows stand for tokens that the tokenizer of the base does not know.', zh: '新增的行对应基座分词器不认识的 token。' },
  fix: { en: 'Copy the tokenizer that was used in training into the output.', zh: '请把训练时使用的分词器复制到输出目录。' },
});

export const OVERWRITES_INPUT = defineCode({
  code: 'overwrites-input',
  severity: 'error',
  message: { en: 'the output {output} is, holds or lies in the input {input}', zh: '输出 {output} 与输入 {input} 相同或互相包含' },
  why: { en: 'An input is never overwritten.', zh: '绝不会覆盖输入。' },
  fix: { en: 'Choose another directory with -o.', zh: '请用 -o 选择另一个目录。' },
});

export const DTYPE_NOT_SUPPORTED = defineCode({
  code: 'dtype-not-supported',
  severity: 'error',
  message: { en: '--dtype {dtype} is not one of {known}', zh: '--dtype {dtype} 不在支持的范围内：{known}' },
  why: { en: 'Temper rounds to these types only.', zh: 'Temper 只支持舍入到这些类型。' },
  fix: { en: 'Use one of them.', zh: '请使用其中之一。' },
});

export const INPUT_CHANGED = defineCode({
  code: 'input-changed',
  severity: 'error',
  message: { en: '{file} ({role}) is not the file that the plan was made from: {what}', zh: '{file}（{role}）不是制定计划时的文件：{what}' },
  why: { en: 'A plan holds for exactly its inputs; run on others it would write a model nobody planned.', zh: '计划只对应其输入；换成其他文件会写出无人计划过的模型。' },
  fix: { en: 'Restore the file, or make a new plan.', zh: '请恢复该文件，或重新制定计划。' },
});

export const PLAN_INVALID = defineCode({
  code: 'plan-invalid',
  severity: 'error',
  message: { en: '{file}, line {line}: {problem}', zh: '{file} 第 {line} 行：{problem}' },
  why: { en: 'A plan that cannot be read whole is not run in part.', zh: '无法完整读取的计划不会被部分执行。' },
  fix: { en: 'Make the plan again: temper merge BASE ADAPTER -o OUT --dry-run --plan FILE', zh: '请重新制定计划：temper merge 基座 适配器 -o 输出 --dry-run --plan 文件' },
});

export const KEEP_IMPOSSIBLE = defineCode({
  code: 'keep-impossible',
  severity: 'error',
  message: { en: '--keep does not fit: {problem}', zh: '--keep 不适用：{problem}' },
  why: { en: '--keep puts two formats of the same tensors side by side.', zh: '--keep 会将同一组张量的两种格式并排放置。' },
  fix: { en: 'Leave out --keep, or convert into the other format: --to bin or --to safetensors.', zh: '请去掉 --keep，或转换为另一种格式：--to bin 或 --to safetensors。' },
});

export const KEPT_BOTH = defineCode({
  code: 'kept-both',
  severity: 'info',
  message: { en: '{used} and {other} lie side by side with the same tensors; loaders take {used}', zh: '{used} 与 {other} 并存，张量相同；加载器使用 {used}' },
  why: { en: 'Loaders prefer safetensors; the other one is for programs that know no safetensors. Change both or neither.', zh: '加载器优先使用 safetensors；另一个供不支持 safetensors 的程序使用。要改就一起改。' },
  fix: { en: 'Nothing to do.', zh: '无需处理。' },
});

export const NAMES_RESTORED = defineCode({
  code: 'names-restored',
  severity: 'info',
  message: { en: 'names that were left out before are there again: {names}', zh: '此前省略的名称已恢复：{names}' },
  why: { en: 'safetensors keeps one name of a shared storage and notes the others; torch.load with load_state_dict(strict=True) wants all of them.', zh: 'safetensors 对共享存储只保留一个名称并记下其余名称；torch.load 加 load_state_dict(strict=True) 需要全部名称。' },
  fix: { en: 'Nothing to do.', zh: '无需处理。' },
});

export const NOT_CARRIED = defineCode({
  code: 'not-carried',
  severity: 'info',
  message: { en: 'left behind: {names} ({why})', zh: '未带上：{names}（{why}）' },
  why: { en: 'Everything else of the folder is in the output.', zh: '目录中的其他内容都在输出中。' },
  fix: { en: 'Copy what you need by hand, or take all of it: convert --recursive', zh: '如有需要请手动复制，或全部带上：convert --recursive' },
});

export const NOTHING_TO_CONVERT = defineCode({
  code: 'nothing-to-convert',
  severity: 'error',
  message: { en: 'no folder below {folder} holds weights', zh: '{folder} 之下没有任何目录含有权重' },
  why: { en: 'There is nothing to convert; a copy of a folder is not what was asked for.', zh: '没有可转换的内容；并不是要复制目录。' },
  fix: { en: 'Look what is there: temper inspect {folder}', zh: '请查看其中内容：temper inspect {folder}' },
});
