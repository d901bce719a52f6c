/** @module Codes of training states: which tag, which ranks, whether their pieces make up a model. */
import { defineCode } from '../../findings/index.ts';

const COPY_AGAIN = {
  en: 'Copy the whole directory again, from every machine of the run, or take an older checkpoint.',
  zh: '请从参与训练的每台机器上重新复制整个目录，或改用更早的检查点。',
} as const;

/** `latest`, `last_checkpoint` or `--tag` leads to nothing. */
export const STATE_TAG_ABSENT = defineCode({
  code: 'state-tag-absent',
  severity: 'error',
  message: { en: '{file} names {tag}, which is not there; present: {present}', zh: '{file} 指向 {tag}，但它不存在；现有：{present}' },
  why: { en: 'The checkpoint that it names was deleted, renamed or not copied; another one is another model.', zh: '它所指的检查点已被删除、改名或未复制；换一个就是另一个模型。' },
  fix: { en: 'Name the one you want with --tag: {present}', zh: '用 --tag 指明需要的那个：{present}' },
});

/** Several tags and nothing that chooses. */
export const STATE_TAG_AMBIGUOUS = defineCode({
  code: 'state-tag-ambiguous',
  severity: 'error',
  message: { en: '{folder} holds several training states: {present}; nothing says which one to take', zh: '{folder} 中有多个训练状态：{present}；没有说明用哪一个' },
  why: { en: 'Each is the model at another step.', zh: '每一个都是不同步数时的模型。' },
  fix: { en: 'Name the one you want with --tag: {present}', zh: '用 --tag 指明需要的那个：{present}' },
});

/** `latest` and its kind hold no name of a directory. */
export const STATE_TAG_NAME = defineCode({
  code: 'state-tag-name',
  severity: 'error',
  message: { en: '{file} holds {tag}, which is no name of a directory beside it', zh: '{file} 的内容是 {tag}，不是旁边某个目录的名字' },
  why: { en: 'A tag is one directory name; a path could lead anywhere.', zh: 'tag 是单个目录名；路径则可能指向任何地方。' },
  fix: { en: 'Name the directory yourself: --tag NAME', zh: '请自行指明目录：--tag 名称' },
});

/** A file of a rank is not there. */
export const STATE_RANK_MISSING = defineCode({
  code: 'state-rank-missing',
  severity: 'error',
  message: { en: '{folder}: the optimizer shards of rank {ranks} are missing; {world} ranks wrote this state', zh: '{folder}：缺少 rank {ranks} 的优化器分片；该状态由 {world} 个 rank 写出' },
  why: { en: 'The float32 weights lie in these files, a share of every tensor or of some tensors in each; nothing else holds those shares.', zh: 'float32 权重就在这些文件里，每个文件各有一份；缺失的那份在别处没有。' },
  fix: COPY_AGAIN,
});

/** The same, where the module holds everything in 16 bit. */
export const STATE_SIXTEEN_BIT_LEFT = defineCode({
  code: 'state-sixteen-bit-left',
  severity: 'info',
  message: { en: '{file} is whole: it holds every weight as the model computed with it, in 16 bit', zh: '{file} 是完整的：其中有模型计算所用的全部 16 位权重' },
  why: { en: 'Only the float32 masters are lost; a model that is deployed in 16 bit does not need them.', zh: '丢失的只是 float32 主权重；以 16 位部署的模型并不需要它。' },
  fix: { en: 'Take it on its own: temper convert {file} -o OUT', zh: '单独使用它：temper convert {file} -o OUT' },
});

/** Files of ranks that the run did not have. */
export const STATE_RANKS_LEFT_OVER = defineCode({
  code: 'state-ranks-left-over',
  severity: 'error',
  message: { en: '{folder}: {world} ranks wrote this state, but files of rank {ranks} are here too', zh: '{folder}：该状态由 {world} 个 rank 写出，但这里还有 rank {ranks} 的文件' },
  why: { en: 'They are left over from a run with more ranks that was saved into the same directory; which files belong together is not certain.', zh: '它们可能是 rank 数更多的一次运行保存到同一目录后留下的；哪些文件属于一组并不确定。' },
  fix: { en: 'When you know that the last run had {world} ranks: --world-size {world}', zh: '若确定最后一次运行有 {world} 个 rank：--world-size {world}' },
});

/** `--world-size` against what the shards say. */
export const STATE_WORLD_SIZE = defineCode({
  code: 'state-world-size',
  severity: 'error',
  message: { en: '{file} was written by {world} ranks, not by {given}', zh: '{file} 由 {world} 个 rank 写出，而不是 {given} 个' },
  why: { en: 'Weights are cut into as many parts as there were ranks; with another number they would be put together wrongly.', zh: '权重按 rank 数切分；rank 数不对，拼接就会出错。' },
  fix: { en: 'Give --world-size {world}, or leave it out.', zh: '请使用 --world-size {world}，或不加该选项。' },
});

/** A file of another step or run. */
export const STATE_RANK_STALE = defineCode({
  code: 'state-rank-stale',
  severity: 'error',
  message: { en: '{file} does not belong to the others: {problem}', zh: '{file} 与其他文件不属于同一次保存：{problem}' },
  why: { en: 'Every rank holds a share of each weight; shares of two moments make a model that never existed.', zh: '每个 rank 都有权重的一部分；不同时刻的部分拼在一起，是从未存在过的模型。' },
  fix: COPY_AGAIN,
});

/** Versions of DeepSpeed that differ. */
export const STATE_VERSIONS = defineCode({
  code: 'state-versions-differ',
  severity: 'warning',
  message: { en: '{file} was written by DeepSpeed {version}, others by {other}', zh: '{file} 由 DeepSpeed {version} 写出，其他文件由 {other} 写出' },
  why: { en: 'One run has one version; files of two runs may be mixed here.', zh: '一次运行只有一个版本；这里可能混入了两次运行的文件。' },
  fix: { en: 'Compare the times of the files before you trust the result.', zh: '在信任结果之前，请比较各文件的时间。' },
});

/** Two files for one rank. */
export const STATE_RANK_TWICE = defineCode({
  code: 'state-rank-twice',
  severity: 'error',
  message: { en: '{file} and {other} are both of rank {rank}', zh: '{file} 与 {other} 都属于 rank {rank}' },
  why: { en: 'Two runs in different precisions were saved into one directory; only one of the files belongs here.', zh: '不同精度的两次运行保存到了同一目录；其中只有一个文件属于这里。' },
  fix: { en: 'Move the files of the older run away.', zh: '请移走较早那次运行的文件。' },
});

/** Model files of stage 3. */
export const STATE_MODEL_RANK_MISSING = defineCode({
  code: 'state-model-rank-missing',
  severity: 'error',
  message: { en: '{folder}: the model states of rank {ranks} are missing, and with them their shares of {count} frozen parameters', zh: '{folder}：缺少 rank {ranks} 的 model_states，其中有 {count} 个冻结参数的分片' },
  why: { en: 'Frozen parameters are cut into shares too, and lie in the model states.', zh: '冻结参数同样被切分，保存在 model_states 中。' },
  fix: { en: 'Copy the missing files, or take the trained parameters alone: --exclude-frozen', zh: '请复制缺失的文件，或只取训练过的参数：--exclude-frozen' },
});

/** The same, where nothing is lost by it. */
export const STATE_MODEL_RANK_UNNEEDED = defineCode({
  code: 'state-model-rank-unneeded',
  severity: 'warning',
  message: { en: '{folder}: the model states of rank {ranks} are missing; no weight that is taken lies in them', zh: '{folder}：缺少 rank {ranks} 的 model_states；所取的权重都不在其中' },
  why: { en: 'The trained weights lie in the optimizer shards. Names of shared parameters come from the files that are left.', zh: '训练过的权重在优化器分片里。共享参数的名称取自余下的文件。' },
  fix: { en: 'Nothing to do for the weights; training cannot be resumed from here.', zh: '对权重而言无需处理；但无法从这里恢复训练。' },
});

/** A kind of parallelism that is not put together. */
export const STATE_PARALLEL = defineCode({
  code: 'state-parallel',
  severity: 'error',
  message: { en: '{file}: this state was written with {feature}, which is not put together here', zh: '{file}：该状态使用了{feature}，这里不支持拼接' },
  why: { en: 'Tensors are then cut in ways that only the training program knows; a guess would be a wrong model without an error.', zh: '此时张量的切分方式只有训练程序知道；猜测会悄无声息地得到错误的模型。' },
  fix: { en: 'Save a whole model from the training program, or use DeepSpeed\'s ds_to_universal.py and convert its output.', zh: '请用训练程序保存完整模型，或先用 DeepSpeed 的 ds_to_universal.py 处理，再转换其输出。' },
});

/** Placeholders where weights should be. */
export const STATE_HOLLOW = defineCode({
  code: 'state-hollow',
  severity: 'error',
  message: { en: '{file} holds {count} empty placeholders (0 elements) instead of weights, and the optimizer shards that hold them are missing', zh: '{file} 中有 {count} 个空占位符（0 个元素）而非权重，而保存权重的优化器分片缺失' },
  why: { en: 'Under ZeRO-3 every rank keeps only its share of each weight, in *_optim_states.pt; the model states keep the names.', zh: '在 ZeRO-3 下，各 rank 只在 *_optim_states.pt 中保存自己的那份权重；model_states 只保存名称。' },
  fix: { en: 'Give the directory with the *_optim_states.pt files of all ranks; without them this state has no weights.', zh: '请给出含有全部 rank 的 *_optim_states.pt 的目录；没有它们，该状态中就没有权重。' },
});

/** Model states without optimizer shards, at a stage that has them. */
export const STATE_NO_SHARDS = defineCode({
  code: 'state-no-optimizer-shards',
  severity: 'error',
  message: { en: '{folder} has no optimizer shards (*_optim_states.pt), but {file} says that the weights were partitioned', zh: '{folder} 中没有优化器分片（*_optim_states.pt），但 {file} 表明权重已被切分' },
  why: { en: 'The float32 weights lie in the optimizer shards.', zh: 'float32 权重保存在优化器分片里。' },
  fix: { en: 'Copy them from every machine of the run, or take the 16-bit weights: temper convert {file} -o OUT', zh: '请从参与训练的每台机器复制它们，或改用 16 位权重：temper convert {file} -o OUT' },
});

/** One shard of many was given. */
export const STATE_ONE_SHARD = defineCode({
  code: 'state-one-shard',
  severity: 'error',
  message: { en: '{file} is the optimizer shard of rank {rank}, a share of the weights', zh: '{file} 是 rank {rank} 的优化器分片，只含权重的一部分' },
  why: { en: 'Weights are put together from the shards of all ranks and the names in the model states.', zh: '权重要由所有 rank 的分片与 model_states 中的名称拼成。' },
  fix: { en: 'Give the directory that the files lie in.', zh: '请给出这些文件所在的目录。' },
});

/** Nothing says names and shapes. */
export const STATE_NO_MODEL = defineCode({
  code: 'state-no-model-states',
  severity: 'error',
  message: { en: '{folder} has optimizer shards of rank {ranks}, but no model states (*_model_states.pt)', zh: '{folder} 中有 rank {ranks} 的优化器分片，但没有 model_states（*_model_states.pt）' },
  why: { en: 'The shards are long rows of numbers; the names and shapes of the tensors stand in the model states.', zh: '分片只是长串数字；张量的名称与形状记录在 model_states 中。' },
  fix: COPY_AGAIN,
});

/** Contents that DeepSpeed does not write. */
export const STATE_STRUCTURE = defineCode({
  code: 'state-structure',
  severity: 'error',
  message: { en: '{file} is not what DeepSpeed writes: {problem}', zh: '{file} 不是 DeepSpeed 写出的内容：{problem}' },
  why: { en: 'Without it nothing says which bytes belong to which tensor.', zh: '缺少它就无从知道哪些字节属于哪个张量。' },
  fix: COPY_AGAIN,
});

/** Sums that do not come out. */
export const STATE_SIZES = defineCode({
  code: 'state-sizes',
  severity: 'error',
  message: { en: '{file}: the pieces do not add up: {problem}', zh: '{file}：各部分对不上：{problem}' },
  why: { en: 'Put together all the same, weights would be shifted into each other.', zh: '强行拼接会使权重彼此错位。' },
  fix: COPY_AGAIN,
});

/** A file of a rank that cannot be read; what is wrong with it is a finding of its own. */
export const STATE_RANK_UNREADABLE = defineCode({
  code: 'state-rank-unreadable',
  severity: 'error',
  message: { en: '{file}, the share of rank {rank}, cannot be read', zh: '{file}（rank {rank} 的那一份）无法读取' },
  why: { en: 'Every rank holds a share of the weights; without this one they are incomplete.', zh: '每个 rank 都有权重的一部分；缺了这一份就不完整。' },
  fix: COPY_AGAIN,
});

/** Frozen parameters are not among what was saved. */
export const STATE_FROZEN_ABSENT = defineCode({
  code: 'state-frozen-absent',
  severity: 'info',
  message: { en: '{folder}: frozen parameters were not saved; the result holds the {count} trained tensors only', zh: '{folder}：冻结的参数没有保存；结果只含 {count} 个训练过的张量' },
  why: { en: 'Right for an adapter; as a model it would be incomplete.', zh: '作为适配器是正确的；作为模型则不完整。' },
  fix: { en: 'Write it as an adapter: --as-adapter, or merge it: temper merge BASE {folder} -o OUT', zh: '写成适配器：--as-adapter；或直接合并：temper merge BASE {folder} -o OUT' },
});

/** The names of a model in memory. */
export const STATE_ADAPTER_INSIDE = defineCode({
  code: 'state-adapter-inside',
  severity: 'info',
  message: { en: '{folder} holds an adapter under the names of a PEFT model in memory ({tensor})', zh: '{folder} 中是适配器，名称为内存中 PEFT 模型的形式（{tensor}）' },
  why: { en: 'No loader of models knows these names, and PEFT ignores keys with the name of the adapter in them.', zh: '加载模型的程序不认识这些名称，PEFT 也会忽略带有适配器名的键。' },
  fix: { en: 'Take the adapter out of it: temper convert {folder} --as-adapter -o OUT', zh: '把适配器取出来：temper convert {folder} --as-adapter -o OUT' },
});

/** Buffers in another dtype than they were. */
export const STATE_BUFFERS_CAST = defineCode({
  code: 'state-buffers-cast',
  severity: 'info',
  message: { en: '{file}: {count} buffers are written as float32 ({names})', zh: '{file}：{count} 个缓冲区以 float32 写出（{names}）' },
  why: { en: 'This is how zero_to_fp32.py leaves them; whole numbers among them are then floats.', zh: '这与 zero_to_fp32.py 的做法相同；其中的整数也会变成浮点数。' },
  fix: { en: 'To keep them as they were: --buffers keep', zh: '如需保持原样：--buffers keep' },
});

/** The 16-bit weights of the module alone. */
export const STATE_SIXTEEN_BIT = defineCode({
  code: 'state-sixteen-bit',
  severity: 'info',
  message: { en: '{file} was taken on its own: these are the weights that the model computed with, not the float32 masters', zh: '单独使用了 {file}：这些是模型计算所用的权重，不是 float32 主权重' },
  why: { en: 'Rounded to 16 bit they are what the masters give, but for masters that changed after the last copy.', zh: '它们等于主权重舍入到 16 位的结果，除非主权重在上次复制之后又有变化。' },
  fix: { en: 'For float32 give the directory with the optimizer shards of all ranks.', zh: '需要 float32 时，请给出含有全部 rank 优化器分片的目录。' },
});

/** A directory with weights and a state, the state was taken. */
export const STATE_CHOSEN = defineCode({
  code: 'state-chosen',
  severity: 'info',
  message: { en: 'the weights are taken from the training state {state}, not from {weights} beside it', zh: '权重取自训练状态 {state}，而不是旁边的 {weights}' },
  why: { en: 'The state holds what the optimizer worked on, in float32; the file beside it is the same model rounded, or of another time.', zh: '训练状态保存优化器所用的 float32 权重；旁边的文件是舍入后的同一模型，或来自另一时刻。' },
  fix: { en: 'To take the file, name it: temper convert {weights} -o OUT', zh: '如需使用该文件，请直接指明：temper convert {weights} -o OUT' },
});

/** Entries of a distributed checkpoint that are no weights. */
export const STATE_LEFT_OUT = defineCode({
  code: 'state-left-out',
  severity: 'info',
  message: { en: '{folder}: {count} entries that are no weights are left out ({names})', zh: '{folder}：{count} 个不是权重的条目未写出（{names}）' },
  why: { en: 'Optimizer states, counters and the like serve to resume training only.', zh: '优化器状态、计数器等只用于恢复训练。' },
  fix: { en: 'temper inspect {folder} --tensors lists all of them.', zh: 'temper inspect {folder} --tensors 可列出全部。' },
});

/** A distributed checkpoint of the optimizer alone. */
export const STATE_NO_WEIGHTS = defineCode({
  code: 'state-no-weights',
  severity: 'error',
  message: { en: '{folder} is a distributed checkpoint of an optimizer; there are no weights in it', zh: '{folder} 是优化器的分布式检查点，其中没有权重' },
  why: { en: 'Trainers save the model and the optimizer into two directories.', zh: '训练程序把模型与优化器保存到两个目录。' },
  fix: { en: 'Give the directory of the model, pytorch_model_fsdp_0 or the like.', zh: '请给出模型的目录，例如 pytorch_model_fsdp_0。' },
});

/** An option that asks what a state does not say. */
export const STATE_FROZEN_UNKNOWN = defineCode({
  code: 'state-frozen-unknown',
  severity: 'error',
  message: { en: '{folder} does not say which parameters are frozen, so they cannot be left out', zh: '{folder} 没有说明哪些参数被冻结，因此无法将其排除' },
  why: { en: 'Only ZeRO stages 1 to 3 record which parameters are trained.', zh: '只有 ZeRO 阶段 1 到 3 会记录哪些参数参与训练。' },
  fix: { en: 'Leave --exclude-frozen out; for an adapter use --as-adapter.', zh: '请去掉 --exclude-frozen；取适配器请用 --as-adapter。' },
});

/** A parameter of a universal checkpoint. */
export const STATE_TENSOR_MISSING = defineCode({
  code: 'state-tensor-missing',
  severity: 'error',
  message: { en: '{folder}: {count} trained parameters have no file of their own, {tensor} among them', zh: '{folder}：{count} 个训练过的参数没有自己的文件，其中有 {tensor}' },
  why: { en: 'A universal checkpoint keeps every parameter in zero/NAME/fp32.pt.', zh: '通用检查点（universal checkpoint）把每个参数保存在 zero/名称/fp32.pt 中。' },
  fix: COPY_AGAIN,
});

/** Nothing of an adapter where one was asked for. */
export const STATE_NO_ADAPTER = defineCode({
  code: 'state-no-adapter',
  severity: 'error',
  message: { en: '{folder} holds {count} tensors, none of an adapter of the kind {type}', zh: '{folder} 中有 {count} 个张量，没有一个属于 {type} 类型的适配器' },
  why: { en: 'Tensors of an adapter are known by their names (lora_A, lora_B …); this is a state of full fine-tuning, or of another method.', zh: '适配器张量由名称辨认（lora_A、lora_B 等）；这是全参数微调的状态，或使用了别的方法。' },
  fix: { en: 'Take it as a model: leave --as-adapter out. For another method, put its adapter_config.json beside the state.', zh: '按模型取出：去掉 --as-adapter。若是别的方法，请把它的 adapter_config.json 放在状态旁边。' },
});

/** Adapters of several models in one state. */
export const STATE_SEVERAL_PARTS = defineCode({
  code: 'state-several-parts',
  severity: 'error',
  message: { en: '{folder} holds adapters of several models: {parts}', zh: '{folder} 中有多个模型的适配器：{parts}' },
  why: { en: 'Each belongs to a base of its own; one adapter directory has one base.', zh: '每个适配器对应各自的基座；一个适配器目录只有一个基座。' },
  fix: { en: 'Write its parts into folders of their own: temper convert {folder} --save-format xtuner -o OUT', zh: '把各部分写入各自的文件夹：temper convert {folder} --save-format xtuner -o OUT' },
});

/** An adapter without configuration. */
export const STATE_ADAPTER_CONFIG_ABSENT = defineCode({
  code: 'state-adapter-config-absent',
  severity: 'warning',
  message: { en: 'adapter_model.safetensors is written without adapter_config.json: lora_alpha stands neither in the state nor beside it (r {r}; {modules})', zh: '写出了 adapter_model.safetensors，但没有 adapter_config.json：lora_alpha 既不在状态中，也不在其旁边（r {r}；{modules}）' },
  why: { en: 'The strength of the adapter is lora_alpha / r, and PEFT takes 8 where the field is missing. A guessed alpha gives a model that looks right and is not.', zh: '适配器的强度是 lora_alpha / r，字段缺失时 PEFT 会取 8。猜测的 alpha 会得到看似正确、其实错误的模型。' },
  fix: { en: 'Look into the script or log of the training run for lora_alpha, then give it: --lora-alpha N. Or copy adapter_config.json of this run beside the state.', zh: '请在训练脚本或日志中查找 lora_alpha，然后用 --lora-alpha N 给出；或把本次训练的 adapter_config.json 复制到状态旁边。' },
});

/** A hollow file beside a state that has the weights. */
export const STATE_INSTEAD_OF_HOLLOW = defineCode({
  code: 'state-instead-of-hollow',
  severity: 'warning',
  message: { en: '{file} holds empty placeholders (0 elements); the weights are taken from the training state {state} beside it', zh: '{file} 中只有空占位符（0 个元素）；权重改从旁边的训练状态 {state} 取得' },
  why: { en: 'Under ZeRO-3 a trainer that does not gather the weights saves placeholders; the optimizer shards hold the real ones.', zh: '在 ZeRO-3 下，未收集权重的训练程序保存的是占位符；真正的权重在优化器分片中。' },
  fix: { en: 'Nothing to do here; for training runs to come: stage3_gather_16bit_weights_on_model_save.', zh: '此处无需处理；以后的训练可设置 stage3_gather_16bit_weights_on_model_save。' },
});

/** Weights without what a loader needs beside them. */
export const STATE_CONFIG_ABSENT = defineCode({
  code: 'state-config-absent',
  severity: 'warning',
  message: { en: '{folder} has no config.json, so the weights are written without one', zh: '{folder} 中没有 config.json，因此写出的权重不带它' },
  why: { en: 'Transformers does not load weights without config.json; some trainers put it, and the tokenizer, only into the base or the output root.', zh: '没有 config.json，transformers 无法加载权重；有的训练程序只把它和分词器放在基座或输出根目录。' },
  fix: { en: 'Copy config.json, generation_config.json and the tokenizer files of the base model beside the weights.', zh: '请把基座模型的 config.json、generation_config.json 和分词器文件复制到权重旁边。' },
});

/** A data file of a distributed checkpoint. */
export const STATE_DATA_FILE = defineCode({
  code: 'state-data-file-missing',
  severity: 'error',
  message: { en: '{folder}: .metadata names data files that are missing or cannot be read: {files}', zh: '{folder}：.metadata 中提到的数据文件缺失或无法读取：{files}' },
  why: { en: 'Every rank wrote its part of each sharded tensor into files of its own; without one of them these tensors are incomplete.', zh: '每个 rank 都把各分片张量中自己的部分写入自己的文件；缺少其一，这些张量就不完整。' },
  fix: COPY_AGAIN,
});

/** States one level further down. */
export const STATE_BELOW = defineCode({
  code: 'state-below',
  severity: 'error',
  message: { en: '{folder} holds no weights itself; there are training states below it: {names}, the last is {last}', zh: '{folder} 本身没有权重；其下有训练状态：{names}，最后一个是 {last}' },
  why: { en: 'Each is the model at another step, so which one is wanted has to be said.', zh: '每一个都是不同步数时的模型，因此需要指明用哪一个。' },
  fix: { en: 'Take the last: temper convert {folder}/{last} -o OUT', zh: '使用最后一个：temper convert {folder}/{last} -o OUT' },
});

/** Data files without what describes them. */
export const STATE_METADATA_ABSENT = defineCode({
  code: 'state-metadata-absent',
  severity: 'error',
  message: { en: '{folder} has data files of a distributed checkpoint ({file} …), but no .metadata', zh: '{folder} 中有分布式检查点的数据文件（{file} 等），但没有 .metadata' },
  why: { en: '.metadata is written last and says which bytes belong to which tensor; its name begins with a dot, so copies often leave it behind.', zh: '.metadata 最后写出，记录哪些字节属于哪个张量；它的名字以点开头，复制时常被遗漏。' },
  fix: COPY_AGAIN,
});

/** Parts in safetensors do not say how large the whole is. */
export const STATE_SIZES_FROM_PARTS = defineCode({
  code: 'state-sizes-from-parts',
  severity: 'info',
  message: { en: '{folder}: {count} files of parts, the last of rank {last}; nothing in them says how many there have to be', zh: '{folder}：共 {count} 个分片文件，最后一个属于 rank {last}；其中没有记录应有多少个' },
  why: { en: 'The size of a tensor is what its parts reach to: a gap is found, but not that the files of the last ranks are missing.', zh: '张量的大小取决于各部分所及之处：能发现空缺，但发现不了末尾 rank 的文件缺失。' },
  fix: { en: 'Compare with the number of ranks of the run.', zh: '请与该次运行的 rank 数核对。' },
});

/** FSDP's LOCAL_STATE_DICT. */
export const STATE_LOCAL_SHARD = defineCode({
  code: 'state-local-shard',
  severity: 'error',
  message: { en: '{file} is the part of one rank that FSDP saved as LOCAL_STATE_DICT: flat runs of parameters without their names', zh: '{file} 是 FSDP 以 LOCAL_STATE_DICT 保存的单个 rank 的部分：扁平的参数片段，没有各自的名称' },
  why: { en: 'Which names and shapes lie in such a run is known to the training program only, while the model is wrapped.', zh: '片段中有哪些名称和形状，只有训练程序在包装模型时知道。' },
  fix: { en: 'Resume from it and save again with FULL_STATE_DICT or SHARDED_STATE_DICT (fsdp_state_dict_type of accelerate).', zh: '请用它恢复训练，再以 FULL_STATE_DICT 或 SHARDED_STATE_DICT 重新保存（accelerate 的 fsdp_state_dict_type）。' },
});
