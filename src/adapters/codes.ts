/** @module Codes of what can be wrong with an adapter, or between an adapter and its base. */
import { defineCode } from '../findings/index.ts';

export const NO_ADAPTER_CONFIG = defineCode({
  code: 'adapter-config-missing',
  severity: 'error',
  message: { en: 'there is no adapter_config.json in {folder}', zh: '{folder} 中没有 adapter_config.json' },
  why: {
    en: 'The scale (lora_alpha / r) and the method stand only there; without it the tensors have no meaning.',
    zh: '缩放系数（lora_alpha / r）和方法只写在该文件里；没有它，张量就没有意义。',
  },
  fix: {
    en: 'Give the directory that holds adapter_config.json; an adapter with a name lies in a sub-folder: temper inspect {folder}',
    zh: '请给出包含 adapter_config.json 的目录；带名字的适配器位于子目录中：temper inspect {folder}',
  },
});

export const BAD_ADAPTER_CONFIG = defineCode({
  code: 'adapter-config-invalid',
  severity: 'error',
  message: { en: 'adapter_config.json: {field} is {value}, expected {wanted}', zh: 'adapter_config.json：{field} 的值是 {value}，应为 {wanted}' },
  why: { en: 'A value of the wrong kind cannot be given a meaning without guessing.', zh: '类型错误的值只能靠猜测来解释。' },
  fix: { en: 'Correct {field} in adapter_config.json, or take the file that the trainer wrote.', zh: '请修正 adapter_config.json 中的 {field}，或换回训练程序写出的原文件。' },
});

export const UNKNOWN_METHOD = defineCode({
  code: 'unknown-method',
  severity: 'error',
  message: { en: 'peft_type {type} is not a method that any known release of PEFT writes', zh: 'peft_type {type} 不是任何已知 PEFT 版本会写出的方法' },
  why: { en: 'Nobody can say what these tensors do to the weights.', zh: '无从得知这些张量如何改变权重。' },
  fix: { en: 'Check the spelling of peft_type, or merge with the program that trained the adapter.', zh: '请检查 peft_type 的拼写，或使用训练该适配器的程序进行合并。' },
});

export const METHOD_NOT_BUILT = defineCode({
  code: 'method-not-built',
  severity: 'error',
  message: { en: '{type} adapters cannot be merged by this version of Temper', zh: '当前版本的 Temper 尚不能合并 {type} 适配器' },
  why: { en: 'The method is known but its formula is not built in yet; merging it as LoRA would be wrong.', zh: '该方法已知，但其公式尚未内置；当作 LoRA 合并会得到错误结果。' },
  fix: { en: 'Merge with PEFT itself, then prove the result: temper verify BASE ADAPTER MERGED (once the method is built).', zh: '请先用 PEFT 合并；待该方法内置后可用 temper verify 基座 适配器 合并结果 进行验证。' },
});

export const NOT_MERGEABLE = defineCode({
  code: 'not-mergeable-method',
  severity: 'error',
  message: { en: '{type} cannot be merged into weights: {reason}', zh: '{type} 无法合并进权重（merge）：{reason}' },
  why: { en: 'There is no change of the weights that does the same, so any merged model would be another model.', zh: '不存在等价的权重改动，任何“合并”结果都会是另一个模型。' },
  fix: { en: 'Serve the base and the adapter together (PEFT, or an engine that supports {type}).', zh: '请将基座与适配器一起部署（PEFT，或支持 {type} 的推理引擎）。' },
});

export const UNKNOWN_OPTION = defineCode({
  code: 'unknown-option',
  severity: 'error',
  message: { en: 'adapter_config.json switches on {option} ({value}), which is not known', zh: 'adapter_config.json 启用了未知选项 {option}（{value}）' },
  why: { en: 'An option that is not understood may change what the tensors mean; PEFT would drop it with a generic warning.', zh: '不理解的选项可能改变张量的含义；PEFT 只会给出笼统的警告并忽略它。' },
  fix: { en: 'Update Temper; if the option is known to have no effect on merging, set it to null in adapter_config.json.', zh: '请更新 Temper；如果确知该选项不影响合并，可在 adapter_config.json 中将其设为 null。' },
});

export const UNKNOWN_OPTION_OFF = defineCode({
  code: 'unknown-option-off',
  severity: 'info',
  message: { en: 'adapter_config.json has unknown options that are off: {options}', zh: 'adapter_config.json 含有未启用的未知选项：{options}' },
  why: { en: 'They were written by a newer or another trainer. Switched off they change nothing.', zh: '它们由更新的或其他训练程序写出。未启用时不产生任何影响。' },
  fix: { en: 'Nothing to do.', zh: '无需处理。' },
});

export const OPTION_NOT_MERGEABLE = defineCode({
  code: 'option-not-mergeable',
  severity: 'error',
  message: { en: '{option} is set: {reason}', zh: '设置了 {option}：{reason}' },
  why: { en: 'The tensors look like plain LoRA but do something else; merged as plain LoRA the model would be wrong.', zh: '这些张量看似普通 LoRA，实则不同；按普通 LoRA 合并会得到错误的模型。' },
  fix: { en: 'Serve base and adapter together with PEFT.', zh: '请用 PEFT 将基座与适配器一起部署。' },
});

export const OPTION_NOT_BUILT = defineCode({
  code: 'option-not-built',
  severity: 'error',
  message: { en: '{option} is set, and this version of Temper cannot merge that: {reason}', zh: '设置了 {option}，当前版本的 Temper 尚不能合并：{reason}' },
  why: { en: 'Ignoring the option would write a wrong model.', zh: '忽略该选项会写出错误的模型。' },
  fix: { en: 'Merge with PEFT, or update Temper.', zh: '请使用 PEFT 合并，或更新 Temper。' },
});

export const BASE_CHANGING_INITIALISATION = defineCode({
  code: 'base-changing-initialisation',
  severity: 'error',
  message: {
    en: 'init_lora_weights is {init}: the base was changed when this adapter was created ({method})',
    zh: 'init_lora_weights 为 {init}：创建该适配器时基座已被修改（{method}）',
  },
  why: {
    en: 'The factors are relative to a changed base that is not here; added to the original base they give a wrong model.',
    zh: '这些因子是相对于被修改过的基座而言的；加到原始基座上会得到错误的模型。',
  },
  fix: {
    en: 'Give the adapter as it was before training (merge --initial-adapter BEFORE), merge into the residual base that training saved (with init_lora_weights set to true), or convert the adapter to plain LoRA in PEFT: save_pretrained(path_initial_model_for_weight_conversion=…).',
    zh: '请提供训练前的适配器（merge --initial-adapter BEFORE），或合并到训练时保存的残差基座（并将 init_lora_weights 设为 true），或在 PEFT 中用 save_pretrained(path_initial_model_for_weight_conversion=…) 转换为普通 LoRA。',
  },
});

export const NO_TENSORS = defineCode({
  code: 'no-tensors',
  severity: 'error',
  message: { en: '{file} is empty: it holds a header and 0 tensors', zh: '{file} 是空的：只有文件头，没有任何张量（no tensors）' },
  why: { en: 'The weights were not gathered when the adapter was saved (DeepSpeed ZeRO-3, FSDP): a file of 40 bytes is the sign.', zh: '保存适配器时没有收集权重（DeepSpeed ZeRO-3、FSDP）：40 字节的文件就是标志。' },
  fix: { en: 'Save again with stage3_gather_16bit_weights_on_model_save=true, or recover the weights from the training state (global_step…).', zh: '请设置 stage3_gather_16bit_weights_on_model_save=true 后重新保存，或从训练状态（global_step…）中恢复权重。' },
});

export const EMPTY_TENSORS = defineCode({
  code: 'empty-tensors',
  severity: 'error',
  message: { en: '{count} tensors have no elements, the first is {tensor} with shape {shape}', zh: '{count} 个张量没有元素（empty），第一个是 {tensor}，形状为 {shape}' },
  why: { en: 'They were not gathered before saving (DeepSpeed ZeRO-3, FSDP): what was trained is not in this file.', zh: '保存前没有收集（gather）权重（DeepSpeed ZeRO-3、FSDP）：训练成果不在该文件中。' },
  fix: { en: 'Save again with stage3_gather_16bit_weights_on_model_save=true, or recover the weights from the training state (global_step…).', zh: '请设置 stage3_gather_16bit_weights_on_model_save=true 后重新保存，或从训练状态（global_step…）中恢复权重。' },
});

export const UNKNOWN_TENSOR = defineCode({
  code: 'unknown-tensor',
  severity: 'error',
  message: { en: 'the adapter holds {tensor}, which belongs to no part of {type}', zh: '适配器含有 {tensor}，它不属于 {type} 的任何部分' },
  why: { en: 'A tensor nobody understands may change the model; PEFT would drop it in silence.', zh: '不被理解的张量可能改变模型；PEFT 会悄悄丢弃它。' },
  fix: { en: 'Update Temper, or find out what wrote this tensor: temper inspect --tensors ADAPTER', zh: '请更新 Temper，或查明该张量由什么程序写出：temper inspect --tensors 适配器目录' },
});

export const UNMATCHED_TENSOR = defineCode({
  code: 'unmatched-tensor',
  severity: 'error',
  message: { en: 'the base has no home for {tensor} (looked for {wanted}); {count} adapter tensors or modules are unmatched; the adapter names {trained} as its base', zh: '基座中没有 {tensor} 的对应位置（查找的是 {wanted}）；共有 {count} 个适配器张量或模块未匹配；适配器记录的基座是 {trained}' },
  why: { en: 'The adapter belongs to another model, or to other names of the same one. PEFT would leave these tensors out in silence.', zh: '该适配器属于另一个模型，或同一模型的另一套命名。PEFT 会悄悄忽略这些张量。' },
  fix: { en: 'Give the base this adapter was trained on ({trained}); compare the names: temper inspect --tensors BASE', zh: '请给出训练该适配器时的基座（{trained}）；对比名称：temper inspect --tensors 基座目录' },
});

export const AMBIGUOUS_HOME = defineCode({
  code: 'ambiguous-match',
  severity: 'error',
  message: { en: '{tensor} could belong to {count} tensors of the base: {candidates}', zh: '{tensor} 可能对应基座中的 {count} 个张量：{candidates}' },
  why: { en: 'Choosing one would be a guess.', zh: '任选其一都是猜测。' },
  fix: { en: 'Give the base in the layout that the adapter was trained with.', zh: '请给出与训练时布局一致的基座。' },
});

export const SHAPE_MISMATCH = defineCode({
  code: 'shape-mismatch',
  severity: 'error',
  message: { en: '{tensor} [{shape}] does not fit {target} [{base}] of the base; the adapter names {trained} as its base', zh: '{tensor} [{shape}] 与基座的 {target} [{base}] 形状不符；适配器记录的基座是 {trained}' },
  why: { en: 'The adapter belongs to a model of another size.', zh: '该适配器属于另一种尺寸的模型。' },
  fix: { en: 'Give the base this adapter was trained on ({trained}).', zh: '请给出训练该适配器时的基座（{trained}）。' },
});

export const VOCABULARY_MISMATCH = defineCode({
  code: 'vocabulary-mismatch',
  severity: 'error',
  message: { en: '{target}: the adapter was trained with {adapter} rows, the base has {base}', zh: '{target}：适配器训练时有 {adapter} 行，基座有 {base} 行' },
  why: { en: 'The vocabulary was resized for training, and the rows of the resized matrix are nowhere in these files.', zh: '训练时调整了词表大小，而调整后矩阵的行不在这些文件中。' },
  fix: { en: 'Save the adapter again with save_embedding_layers=True, or give the base after resize_token_embeddings({adapter}).', zh: '请用 save_embedding_layers=True 重新保存适配器，或给出执行过 resize_token_embeddings({adapter}) 的基座。' },
});

export const GROUPED_CONVOLUTION = defineCode({
  code: 'grouped-convolution',
  severity: 'error',
  message: { en: '{module} is a grouped convolution ({groups} groups): its LoRA factors do not multiply to the shape of the weight', zh: '{module} 是分组卷积（grouped，group 数为 {groups}）：其 LoRA 因子相乘得不到权重的形状' },
  why: { en: 'PEFT cannot merge this either (NotImplementedError).', zh: 'PEFT 同样不能合并它（NotImplementedError）。' },
  fix: { en: 'Serve base and adapter together with PEFT, or train without this module.', zh: '请用 PEFT 将基座与适配器一起部署，或在训练时排除该模块。' },
});

export const INCOMPLETE_PAIR = defineCode({
  code: 'incomplete-pair',
  severity: 'error',
  message: { en: '{module} has {present} but not {absent}', zh: '{module} 有 {present}，却没有 {absent}' },
  why: { en: 'Half of a factorisation says nothing about the change of the weight.', zh: '只有一半因子无法得出权重的改动。' },
  fix: { en: 'Take the adapter file again from the training output; it is incomplete.', zh: '请重新从训练输出中取得适配器文件；它不完整。' },
});

export const INCONSISTENT_SIDES = defineCode({
  code: 'inconsistent-sides',
  severity: 'error',
  message: { en: '{module}: {tensor} is [{shape}], expected [{words}]: {wrong}', zh: '{module}：{tensor} 的形状是 [{shape}]，应为 [{words}]：{wrong}' },
  why: { en: 'The tensors of one module do not fit each other, or an option of the config that decides their shape.', zh: '同一模块的张量彼此不符，或与配置中决定形状的选项不符。' },
  fix: { en: 'Use the adapter_config.json that was saved with these tensors; compare the shapes: temper inspect --tensors ADAPTER', zh: '请使用与这些张量一同保存的 adapter_config.json；对比形状：temper inspect --tensors 适配器目录' },
});

export const PROJECTION_NOT_SAVED = defineCode({
  code: 'projection-not-saved',
  severity: 'error',
  message: { en: '{tensor}, which modules of {type} share, is not in the file', zh: '{type} 各模块共用的 {tensor} 不在文件中' },
  why: { en: 'The configuration says that it was saved, or nothing else says what it was: the file is not complete.', zh: '配置表明它已保存，或没有其他信息能确定它的值：该文件不完整。' },
  fix: { en: 'Load the adapter in PEFT and save it again with save_projection=True.', zh: '请在 PEFT 中加载该适配器，并以 save_projection=True 重新保存。' },
});

export const INITIALISATION_REPEATED = defineCode({
  code: 'initialisation-repeated',
  severity: 'warning',
  message: { en: 'init_lora_weights is {init}: the part that it took out of the base is worked out again from the base given', zh: 'init_lora_weights 为 {init}：将由给定的基座重新计算它从基座中取走的部分' },
  why: { en: 'The base given must be the one that training began with, unchanged. Training decomposed it in float32, here it is done in float64: the results agree to about 1e-6 of the largest weight.', zh: '给定的基座必须是训练开始时未经修改的基座。训练以 float32 分解它，这里以 float64 计算：两者相差约为最大权重的 1e-6。' },
  fix: { en: 'For an exact result give the adapter as it was before training, merge --initial-adapter BEFORE; on the residual base that training saved, set init_lora_weights to true instead.', zh: '若要得到精确结果，请提供训练前的适配器：merge --initial-adapter BEFORE；若基座是训练时保存的残差基座，请改将 init_lora_weights 设为 true。' },
});

export const PROJECTION_REDRAWN = defineCode({
  code: 'projection-redrawn',
  severity: 'info',
  message: { en: '{tensor}, which the modules of {type} share, is not in the file: it is drawn again from its seed', zh: '{type} 各模块共用的 {tensor} 不在文件中：将按种子重新生成' },
  why: { en: 'With save_projection false PEFT keeps only the seed; the draws of torch are replayed number for number, for the sizes of this base.', zh: 'save_projection 为 false 时 PEFT 只保存种子；这里按该基座的尺寸逐个数字重现 torch 的抽样。' },
  fix: { en: 'Merge onto the base that the adapter was trained on: other sizes draw other numbers.', zh: '请合并到训练该适配器时所用的基座：尺寸不同，生成的数字也不同。' },
});

export const NOT_REDRAWABLE = defineCode({
  code: 'projection-not-redrawable',
  severity: 'error',
  message: { en: '{tensor} of {type} is not in the file and cannot be made again: {reason}', zh: '{type} 的 {tensor} 不在文件中，且无法重新生成：{reason}' },
  why: { en: 'Without exactly the numbers of training the trained tensors mean nothing.', zh: '没有训练时的确切数值，训练得到的张量就没有意义。' },
  fix: { en: 'Load the adapter in PEFT on the machine that trained it and save it again with save_projection=True.', zh: '请在训练所用的机器上用 PEFT 加载该适配器，并以 save_projection=True 重新保存。' },
});

export const MODULE_ORDER_UNKNOWN = defineCode({
  code: 'module-order-unknown',
  severity: 'error',
  message: { en: 'what the modules of {type} share goes by their order in the model, and the order of {modelType} is not known', zh: '{type} 各模块共用的内容取决于它们在模型中的顺序，而 {modelType} 的顺序未知' },
  why: { en: 'The file holds no order, and a wrong one would give every module the numbers of another.', zh: '文件中没有顺序信息，而错误的顺序会让每个模块得到别的模块的数值。' },
  fix: { en: 'Save the adapter again with what is shared spelt out (UniLoRA: save_indices=True; TinyLoRA: weight_tying=1.0 shares one vector), or convert it to LoRA in PEFT.', zh: '请重新保存适配器并写明共用内容（UniLoRA：save_indices=True；TinyLoRA：weight_tying=1.0 只共用一个向量），或在 PEFT 中将其转换为 LoRA。' },
});

export const SEVERAL_ADAPTER_NAMES = defineCode({
  code: 'several-adapter-names',
  severity: 'error',
  message: { en: 'the keys name several adapters: {names}', zh: '键名中包含多个适配器：{names}' },
  why: { en: 'It is the state of a model with several adapters; which of them is meant cannot be guessed, and their config is not here.', zh: '这是带有多个适配器的模型状态；无法猜测指的是哪一个，且这里没有各自的配置。' },
  fix: { en: 'Save each adapter on its own: model.save_pretrained(path, selected_adapters=[name])', zh: '请分别保存每个适配器：model.save_pretrained(path, selected_adapters=[name])' },
});

export const RAW_KEYS = defineCode({
  code: 'raw-keys',
  severity: 'info',
  message: { en: 'the keys are those of a model in memory, not of a saved adapter: {signs}', zh: '键名来自内存中的模型，而非保存的适配器：{signs}' },
  why: { en: 'The file was written by the training loop itself. PEFT would match none of these keys, in silence; here every one is read as what it is.', zh: '该文件由训练循环直接写出。PEFT 会悄悄地一个键也匹配不上；这里每个键都按其含义读取。' },
  fix: { en: 'Nothing to do.', zh: '无需处理。' },
});

export const RANK_MISMATCH = defineCode({
  code: 'rank-mismatch',
  severity: 'error',
  message: { en: '{module}: the config says rank {config}, the tensors have rank {tensors}', zh: '{module}：配置的秩为 {config}，张量的秩为 {tensors}' },
  why: { en: 'The scale is lora_alpha divided by the rank: with two ranks there are two scales, and only one of them is right.', zh: '缩放系数是 lora_alpha 除以秩：两个秩意味着两个系数，只有一个正确。' },
  fix: { en: 'Use the adapter_config.json that was saved with these tensors.', zh: '请使用与这些张量一同保存的 adapter_config.json。' },
});

export const NOT_FINITE = defineCode({
  code: 'not-finite',
  severity: 'error',
  message: { en: '{tensor} holds {count} elements that are NaN or infinite, the first at element {element}', zh: '{tensor} 有 {count} 个元素是 NaN 或无穷大，第一个是第 {element} 个元素' },
  why: { en: 'The merged weights would not be finite; the training diverged or the file is damaged.', zh: '合并后的权重将不是有限值；训练已发散，或文件损坏。' },
  fix: { en: 'Use an earlier checkpoint of the run.', zh: '请使用该次训练更早的检查点。' },
});

export const UNTRAINED = defineCode({
  code: 'untrained',
  severity: 'warning',
  message: { en: 'every {part} is zero ({count} modules): merging changes nothing', zh: '所有 {part} 均为零（zero，共 {count} 个模块）：合并不会产生任何改变' },
  why: { en: '{part} starts at zero. The adapter was never trained, or the training never reached these weights.', zh: '{part} 的初始值是零。该适配器从未被训练，或训练没有更新到这些权重。' },
  fix: { en: 'Check that the optimizer got the adapter\'s parameters, and that the run saved after its last step.', zh: '请检查优化器是否包含适配器的参数，以及是否在最后一步之后才保存。' },
});

export const PARTLY_UNTRAINED = defineCode({
  code: 'partly-untrained',
  severity: 'info',
  message: { en: '{count} of {total} modules have a zero {part}, the first is {module}', zh: '{total} 个模块中有 {count} 个的 {part} 为零，第一个是 {module}' },
  why: { en: 'These modules were not reached by the training; merging does not change them.', zh: '训练没有更新到这些模块；合并不会改变它们。' },
  fix: { en: 'Check whether these modules were meant to be trained.', zh: '请确认这些模块是否本应被训练。' },
});

export const AMBIGUOUS_PATTERN = defineCode({
  code: 'ambiguous-pattern',
  severity: 'warning',
  message: {
    en: 'more than one key of {field} matches {module}: {matches}; the first in the file is used ({used})',
    zh: '{field} 中有多个键匹配 {module}（ambiguous，有歧义）：{matches}；采用文件中的第一个（{used}）',
  },
  why: {
    en: 'PEFT sorts these keys when it saves, so the file no longer knows the order that training used; the trained scale may be another one.',
    zh: 'PEFT 保存时会对这些键排序，文件已丢失训练时的顺序；训练时的缩放系数可能不同。',
  },
  fix: { en: 'If training used another order, put that key first in {field} of adapter_config.json and merge again.', zh: '如果训练时的顺序不同，请在 adapter_config.json 的 {field} 中把对应的键移到最前，然后重新合并。' },
});

export const PATTERN_RULE_CHANGED = defineCode({
  code: 'pattern-rule-changed',
  severity: 'warning',
  message: {
    en: 'rank_pattern and alpha_pattern were written by PEFT 0.13 or older: {module} is scaled by {old} as it was trained; newer releases would use {today}',
    zh: 'rank_pattern 和 alpha_pattern 由 PEFT 0.13 或更早版本写出：{module} 按训练时的系数 {old} 缩放；新版本会使用 {today}',
  },
  why: { en: 'Up to 0.13 one pattern key was chosen and used for both lookups (#2194).', zh: '0.13 及以前，会选出一个键并同时用于两个查找（#2194）。' },
  fix: { en: 'Nothing to do when the adapter really is that old; else save it again with the PEFT that trained it.', zh: '如果适配器确实这么旧则无需处理；否则请用训练它的 PEFT 重新保存。' },
});

export const BIASES_NOT_SAVED = defineCode({
  code: 'biases-not-saved',
  severity: 'warning',
  message: { en: 'bias is "{bias}" but the adapter holds no bias tensor: the trained biases are not in the file', zh: 'bias 为 "{bias}"，但适配器中没有任何 bias 张量：训练出的偏置不在文件中' },
  why: { en: 'PEFT 0.7 to 0.20 wrote no biases for bias="lora_only" (#3306): the adapter is incomplete for good.', zh: 'PEFT 0.7 至 0.20 在 bias="lora_only" 时不会写出偏置（#3306）：该适配器永久缺失这部分。' },
  fix: { en: 'Recover the biases from a training state if there is one; otherwise train again with PEFT 0.21 or newer.', zh: '如有训练状态，可从中恢复偏置；否则请用 PEFT 0.21 或更新版本重新训练。' },
});

export const MISSING_MODULE = defineCode({
  code: 'missing-module',
  severity: 'warning',
  message: { en: 'target_modules matches {count} modules of the base for which the adapter has no tensors, the first is {module}', zh: 'target_modules 匹配了基座中 {count} 个模块，而适配器没有它们的张量，第一个是 {module}' },
  why: { en: 'Either the file is incomplete, or these modules were not adapted in training. They stay as in the base.', zh: '要么文件不完整，要么训练时没有适配这些模块。它们将保持与基座一致。' },
  fix: { en: 'Compare with another checkpoint of the run: temper inspect --tensors ADAPTER', zh: '请与该次训练的其他检查点对比：temper inspect --tensors 适配器目录' },
});

export const MISSING_MODULES_TO_SAVE = defineCode({
  code: 'missing-modules-to-save',
  severity: 'error',
  message: { en: 'modules_to_save names {module}, the base has it, but the adapter holds no tensor of it', zh: 'modules_to_save 列出了 {module}，基座中也有，但适配器中没有它的张量' },
  why: { en: 'The config promises a whole trained module that is not in the file.', zh: '配置声明了一个完整训练过的模块，而文件中没有。' },
  fix: { en: 'Take the adapter file again from the training output; it is incomplete.', zh: '请重新从训练输出中取得适配器文件；它不完整。' },
});

export const TENSOR_NOT_IN_BASE = defineCode({
  code: 'tensor-not-in-base',
  severity: 'error',
  message: { en: 'the adapter brings {tensor}, a whole tensor that the base does not have', zh: '适配器带来了完整张量 {tensor}，而基座中没有它' },
  why: { en: 'It is a new head, or it belongs to another model. The merged model would need another architecture in config.json.', zh: '它是一个新的输出头，或属于另一个模型。合并后的模型需要修改 config.json 中的架构。' },
  fix: { en: 'Give a base directory whose config.json and weights already have this head (save the base once with the right Auto class).', zh: '请给出 config.json 和权重中已包含该输出头的基座（用正确的 Auto 类保存一次基座）。' },
});

export const CONFLICTING_FULL_WEIGHTS = defineCode({
  code: 'conflicting-full-weights',
  severity: 'warning',
  message: { en: '{target} is replaced by more than one adapter; the tensor of {kept} is used, that of {dropped} is not', zh: '{target} 被多个适配器替换；采用 {kept} 的张量，不采用 {dropped} 的' },
  why: { en: 'A full tensor cannot be added to another. PEFT keeps the one of the adapter that was loaded first.', zh: '完整张量之间不能相加。PEFT 保留最先加载的适配器的张量。' },
  fix: { en: 'Put the adapter whose tensor should win first.', zh: '请把应当生效的适配器放在最前面。' },
});

export const TOKEN_INDEX_OUT_OF_RANGE = defineCode({
  code: 'token-index-out-of-range',
  severity: 'error',
  message: { en: 'trainable_token_indices names row {index}, {target} has {rows} rows', zh: 'trainable_token_indices 指向第 {index} 行，而 {target} 只有 {rows} 行' },
  why: { en: 'The trained row of this token has no place in the embedding.', zh: '该 token 训练出的行在词嵌入中没有位置。' },
  fix: { en: 'Give the base with the grown vocabulary that the adapter was trained with.', zh: '请给出训练该适配器时词表已扩充的基座。' },
});

export const TOKEN_COUNT_MISMATCH = defineCode({
  code: 'token-count-mismatch',
  severity: 'error',
  message: { en: '{tensor} has {rows} rows, the config lists {indices} token indices', zh: '{tensor} 有 {rows} 行，而配置列出了 {indices} 个 token 索引' },
  why: { en: 'It is not known which row belongs to which token.', zh: '无法得知哪一行属于哪个 token。' },
  fix: { en: 'Use the adapter_config.json that was saved with these tensors.', zh: '请使用与这些张量一同保存的 adapter_config.json。' },
});

export const DOUBLE_WRAPPED = defineCode({
  code: 'double-wrapped',
  severity: 'warning',
  message: { en: 'the keys begin with base_model.model. more than once ({example})', zh: '键名以重复的 base_model.model. 开头（{example}）' },
  why: { en: 'get_peft_model was applied twice. PEFT itself would match none of these keys; here every one found its home.', zh: 'get_peft_model 被调用了两次。PEFT 自己一个键也匹配不上；这里每个键都找到了位置。' },
  fix: { en: 'Nothing to do for this merge; wrap the model once in training.', zh: '本次合并无需处理；训练时请只包装一次模型。' },
});

export const BASE_NAME_DIFFERS = defineCode({
  code: 'base-name-differs',
  severity: 'warning',
  message: { en: 'base_model_name_or_path is {name}: the adapter was trained on a quantised mirror of the base', zh: 'base_model_name_or_path 为 {name}：该适配器是在量化镜像上训练的' },
  why: { en: 'It learned to correct the dequantised weights; on the 16-bit base the result differs by the quantisation error, usually a little.', zh: '它学到的是对反量化权重的修正；合并到 16 位基座时会相差量化误差，通常很小。' },
  fix: { en: 'Merging on the 16-bit base is what most people do; compare both on your own task if it matters.', zh: '多数人就是这样合并到 16 位基座；如果精度重要，请在自己的任务上对比。' },
});

export const MHA_QUIRK = defineCode({
  code: 'mha-out-proj-twice',
  severity: 'info',
  message: { en: '{module}: the out_proj delta of nn.MultiheadAttention is added twice, as PEFT 0.15 to 0.21 does in training and in merging', zh: '{module}：nn.MultiheadAttention 的 out_proj 增量会加两次，与 PEFT 0.15 至 0.21 在训练和合并中的行为一致' },
  why: { en: 'The adapter was trained with the doubled delta; adding it once would give another model.', zh: '该适配器是在增量加倍的情况下训练的；只加一次会得到另一个模型。' },
  fix: { en: 'Nothing to do.', zh: '无需处理。' },
});

export const QUANTIZED_BASE = defineCode({
  code: 'quantized-base',
  severity: 'error',
  message: { en: 'the base is quantized ({method}): {evidence}', zh: '基座是量化模型（{method}，quantized）：{evidence}' },
  why: { en: 'There is no 16-bit weight to add to; packed integers cannot take the delta.', zh: '没有可供相加的 16 位权重；打包的整数无法叠加增量。' },
  fix: { en: 'Merge into the 16-bit base and quantise the result afterwards. For an adapter that was trained on this quantised base, --dequantize merges onto the numbers that it computes with (bitsandbytes, FP8, int8, MXFP4).', zh: '请合并到 16 位基座，之后再对结果量化。若适配器就是在该量化基座上训练的，可用 --dequantize 合并到它实际计算所用的数值上（bitsandbytes、FP8、int8、MXFP4）。' },
});

export const NOT_A_FLOAT = defineCode({
  code: 'not-a-float',
  severity: 'error',
  message: { en: '{target} is {dtype}: nothing can be added to it', zh: '{target} 的类型是 {dtype}：无法与之相加' },
  why: { en: 'Temper computes with BF16, F16, F32 and F64 only.', zh: 'Temper 只对 BF16、F16、F32、F64 做计算。' },
  fix: { en: 'Merge into a base with floating-point weights.', zh: '请合并到浮点权重的基座。' },
});

export const PREFIX_RULE = defineCode({
  code: 'names-matched-by-prefix',
  severity: 'info',
  message: { en: '{count} adapter modules were matched with {rule} (for example {module} to {target})', zh: '{count} 个适配器模块通过“{rule}”匹配（例如 {module} 对应 {target}）' },
  why: { en: 'The adapter was trained on a model class that names its modules from another root than the base file.', zh: '训练时所用模型类的模块命名根与基座文件不同。' },
  fix: { en: 'Nothing to do.', zh: '无需处理。' },
});

export const UNTIED = defineCode({
  code: 'embeddings-untied',
  severity: 'info',
  message: { en: '{head} and {embedding} were one tensor in the base and differ after the merge: both are written, tie_word_embeddings becomes false', zh: '{head} 与 {embedding} 在基座中是同一个张量，合并后不再相同：两者都会写出，tie_word_embeddings 改为 false' },
  why: { en: 'With the flag left at true, a loader would throw one of the two away.', zh: '如果该标志仍为 true，加载时会丢弃其中一个。' },
  fix: { en: 'Nothing to do.', zh: '无需处理。' },
});

export const TIE_INCONSISTENT = defineCode({
  code: 'tied-parts-differ',
  severity: 'warning',
  message: { en: 'ensure_weight_tying is set, but the adapter changes {head} and {embedding} differently', zh: '设置了 ensure_weight_tying，但适配器对 {head} 与 {embedding} 的改动不同' },
  why: { en: 'Both were meant to stay one tensor; the output is untied so that neither change is lost.', zh: '两者本应保持为同一个张量；为避免丢失任何一方的改动，输出将解除绑定。' },
  fix: { en: 'Check how the adapter was saved.', zh: '请检查适配器的保存方式。' },
});

export const PATTERN_INVALID = defineCode({
  code: 'pattern-invalid',
  severity: 'error',
  message: { en: '{field}: the pattern {pattern} cannot be used: {reason}', zh: '{field}：无法使用模式 {pattern}：{reason}' },
  why: { en: 'A pattern decides the scale of a module; one that cannot be read leaves the scale unknown.', zh: '模式决定模块的缩放系数；无法解读的模式意味着系数未知。' },
  fix: { en: 'Write the pattern as a plain module name.', zh: '请把模式写成普通的模块名。' },
});

export const ADAPTER_IN_SUBFOLDER = defineCode({
  code: 'adapter-in-subfolder',
  severity: 'info',
  message: { en: 'the adapter lies in the sub-folder {folder}', zh: '适配器位于子目录 {folder}' },
  why: { en: 'PEFT saves an adapter that has a name in a sub-folder of that name.', zh: 'PEFT 会把带名字的适配器保存在同名子目录中。' },
  fix: { en: 'Nothing to do.', zh: '无需处理。' },
});

export const SEVERAL_ADAPTERS = defineCode({
  code: 'several-adapters',
  severity: 'error',
  message: { en: '{folder} holds no adapter itself, but its sub-folders do: {names} (for example {folder}/{first})', zh: '{folder} 本身没有适配器，但其子目录中有：{names}（例如 {folder}/{first}）' },
  why: { en: 'Which of them is meant cannot be guessed.', zh: '无法猜测指的是哪一个。' },
  fix: { en: 'Name the sub-folder, for example {folder}/{first}', zh: '请指明子目录，例如 {folder}/{first}' },
});

export const INITIAL_MISMATCH = defineCode({
  code: 'initial-adapter-mismatch',
  severity: 'error',
  message: { en: '{module}: the initial adapter has no plain factors of the same shape', zh: '{module}：初始适配器中没有相同形状的普通因子' },
  why: { en: 'What the initialisation took out of the base can only be put back with the factors it was made from.', zh: '只有用初始化时的因子，才能把它从基座中取走的部分加回去。' },
  fix: { en: 'Give the initial adapter that was saved at the start of this very run.', zh: '请给出同一次训练开始时保存的初始适配器。' },
});

export const LAYERS_REPLICATED = defineCode({
  code: 'layers-replicated',
  severity: 'info',
  message: { en: 'layer_replication: the base has {before} layers, the merged model {after}, each with its own weights', zh: 'layer_replication：基座有 {before} 层，合并后的模型有 {after} 层，每层都有各自的权重' },
  why: { en: 'The copies were trained with deltas of their own. PEFT adds all of them to the one shared weight, which is another model.', zh: '各副本训练出了各自的增量。PEFT 会把它们全部加到同一个共享权重上，得到的是另一个模型。' },
  fix: { en: 'Nothing to do.', zh: '无需处理。' },
});

export const REPLICATION_DIFFERS = defineCode({
  code: 'layer-replication-unclear',
  severity: 'error',
  message: { en: 'layer_replication cannot be applied: {first} and {second} do not go together', zh: '无法应用 layer_replication：{first} 与 {second} 不一致' },
  why: { en: 'All adapters of one merge must count the layers alike, and the base must have one list of layers.', zh: '同一次合并的所有适配器必须采用相同的层编号，且基座只能有一个层列表。' },
  fix: { en: 'Merge the adapter with layer_replication first and alone, then the others into the result.', zh: '请先单独合并带 layer_replication 的适配器，再把其他适配器合并到结果中。' },
});

export const EXPERTS_UNCLEAR = defineCode({
  code: 'expert-parameters-unclear',
  severity: 'error',
  message: { en: '{module}: its factors cannot be told apart or do not fit the experts of the base: {reason}', zh: '{module}：无法区分其因子，或与基座的专家不符：{reason}' },
  why: {
    en: 'Factors of target_parameters are stored by position, without the parameter\'s name; a wrong pairing would be a wrong model.',
    zh: 'target_parameters 的因子按位置保存，不含参数名；配错就会得到错误的模型。',
  },
  fix: { en: 'Compare the shapes with target_parameters: temper inspect --tensors ADAPTER', zh: '请将形状与 target_parameters 对比：temper inspect --tensors 适配器目录' },
});

export const ALPHA_UNKNOWN = defineCode({
  code: 'adapter-alpha-unknown',
  severity: 'error',
  message: {
    en: '{file} holds a LoRA adapter (r {r}; {modules}), but {folder} has no adapter_config.json and lora_alpha is written nowhere else',
    zh: '{file} 中是 LoRA 适配器（r {r}；{modules}），但 {folder} 中没有 adapter_config.json，而 lora_alpha 不写在别处',
  },
  why: { en: 'The strength of the adapter is lora_alpha / r. A guessed alpha gives a model that looks right and is not.', zh: '适配器的强度是 lora_alpha / r。猜测的 alpha 会得到看似正确、其实错误的模型。' },
  fix: { en: 'Look into the script or log of the training run for lora_alpha, then give it: --lora-alpha N. A configuration of another adapter is no source.', zh: '请在训练脚本或日志中查找 lora_alpha，然后用 --lora-alpha N 给出。其他适配器的配置文件不能作为依据。' },
});

export const CONFIG_SYNTHESISED = defineCode({
  code: 'adapter-config-synthesised',
  severity: 'info',
  message: { en: '{file} has no adapter_config.json: r {r} and the target modules ({modules}) follow from its tensors, lora_alpha {alpha} was given', zh: '{file} 没有 adapter_config.json：r {r} 与目标模块（{modules}）由张量得出，lora_alpha {alpha} 由您给出' },
  why: { en: 'Names and shapes tell everything but alpha; rsLoRA (alpha / √r) cannot be seen either and is taken as off.', zh: '名称与形状能说明除 alpha 之外的一切；是否使用 rsLoRA（alpha / √r）同样看不出来，按未启用处理。' },
  fix: { en: 'Make sure that {alpha} is the lora_alpha of the training run.', zh: '请确认 {alpha} 就是训练时的 lora_alpha。' },
});

export const ADDED_EMBEDDING_USED = defineCode({
  code: 'added-embedding-used',
  severity: 'info',
  message: { en: '{file} replaces {target}: {rows} rows instead of {before}', zh: '{file} 替换 {target}：由 {before} 行变为 {rows} 行' },
  why: { en: 'FlagEmbedding saves the embedding of a model with added tokens in a file of its own; without it these tokens have no vectors.', zh: 'FlagEmbedding 把添加了 token 的模型的词嵌入存为单独文件；没有它，这些 token 就没有向量。' },
  fix: { en: 'Nothing to do. Move the file away if it belongs to another run.', zh: '无需处理。若该文件属于另一次训练，请将其移走。' },
});
