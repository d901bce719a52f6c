/**
 * @module
 * The words in which a tree is described, and what they mean. docs/roles.md is made of this and of the tables of roles.
 */
import type { Text } from '../findings/index.ts';

/** A word and its meaning. */
export type Meanings = Readonly<Record<string, Text>>;

/** What a folder can be; several at once are possible. */
export const KIND_MEANINGS: Meanings = {
  'full-model': { en: 'a model with its configuration, as transformers loads it; also when a file of it is damaged or missing', zh: '带配置的模型，可由 transformers 加载；其中有文件损坏或缺失时也算' },
  adapter: { en: 'what PEFT trained: small weights that belong to a base', zh: 'PEFT 训练出的小权重，依附于某个基座' },
  'trainer-output': { en: 'output directory of transformers\' Trainer', zh: 'transformers 的 Trainer 的输出目录' },
  'trainer-checkpoint': { en: 'a checkpoint of Trainer: weights and what is needed to go on', zh: 'Trainer 的检查点：权重以及继续训练所需的一切' },
  deepspeed: { en: 'engine states of DeepSpeed: a tag, or the folder that holds tags', zh: 'DeepSpeed 的引擎状态：一个 tag，或包含 tag 的目录' },
  fsdp: { en: 'a checkpoint of torch.distributed in parts of its ranks, or of FSDP in one file', zh: 'torch.distributed 按 rank 分片的检查点，或 FSDP 的单文件检查点' },
  'accelerate-state': { en: 'what accelerate\'s save_state leaves', zh: 'accelerate 的 save_state 留下的内容' },
  'xtuner-workdir': { en: 'work directory of an XTuner run', zh: 'XTuner 的训练工作目录' },
  'xtuner-export': { en: 'what xtuner convert pth_to_hf writes', zh: 'xtuner convert pth_to_hf 写出的目录' },
  'xtuner-checkpoint': { en: 'a checkpoint of XTuner v1 (ckpt-step-N)', zh: 'XTuner v1 的检查点（ckpt-step-N）' },
  'sentence-transformers': { en: 'an encoder with modules.json', zh: '带 modules.json 的编码模型' },
  'llama-pth': { en: 'Meta\'s layout: consolidated.NN.pth and params.json', zh: 'Meta 的布局：consolidated.NN.pth 与 params.json' },
  projector: { en: 'the projector between a visual encoder and a language model', zh: '视觉编码器与语言模型之间的投影层' },
  collection: { en: 'a folder that only holds several of these', zh: '仅仅是若干个上述目录的容器' },
};

/** What needs a file. */
export const NEED_MEANINGS: Meanings = {
  inference: { en: 'to use the model, or the adapter on its base', zh: '使用模型，或在基座上使用适配器' },
  merge: { en: 'to merge: adapters, and all of a folder that serves as base', zh: '用于合并：适配器，以及充当基座的整个目录' },
  resume: { en: 'only to go on training from here', zh: '仅用于从此处继续训练' },
  nothing: { en: 'no program needs it: logs, cards, superseded weights', zh: '没有程序需要它：日志、模型卡、被取代的权重' },
};

/** What a file is for. */
export const ROLE_MEANINGS: Meanings = {
  'model-config': { en: 'architecture and sizes of the model', zh: '模型的架构与尺寸' },
  'generation-config': { en: 'how text is generated when nothing else is said', zh: '默认的文本生成设置' },
  weights: { en: 'tensors of a model', zh: '模型的张量' },
  'weights-index': { en: 'which shard holds which tensor', zh: '各张量位于哪个分片' },
  tokenizer: { en: 'vocabulary', zh: '词表' },
  'tokenizer-config': { en: 'settings of the tokenizer, special and added tokens', zh: '分词器设置、特殊词元与新增词元' },
  'chat-template': { en: 'how a conversation becomes text', zh: '把对话转换为文本的模板' },
  'processor-config': { en: 'how images, sound or video are prepared', zh: '图像、音频或视频的预处理设置' },
  'remote-code': { en: 'Python that the model brings along', zh: '模型自带的 Python 代码' },
  'remote-code-native': { en: 'C++ and CUDA that the model brings along; optional', zh: '模型自带的 C++ 与 CUDA 代码；可选' },
  'adapter-config': { en: 'method, rank, scale, targets and base of an adapter', zh: '适配器的方法、秩、缩放、目标模块与基座' },
  'adapter-weights': { en: 'tensors of an adapter, whatever the file is called', zh: '适配器的张量，不论文件叫什么名字' },
  'added-embedding': { en: 'an embedding with rows for added tokens, saved before training (FlagEmbedding)', zh: '包含新增词元行的词向量，在训练之前保存（FlagEmbedding）' },
  'sentence-transformers-config': { en: 'which modules make the encoder, and their settings', zh: '编码模型由哪些模块组成及其设置' },
  'pooling-config': { en: 'how token vectors become one vector', zh: '如何把各词元的向量汇聚成一个向量' },
  'module-config': { en: 'settings of another numbered module', zh: '其他编号模块的设置' },
  'module-weights': { en: 'tensors of a numbered module', zh: '编号模块的张量' },
  'retrieval-head': { en: 'heads of BGE-M3: sparse and multi-vector retrieval', zh: 'BGE-M3 的检索头：稀疏检索与多向量检索' },
  'llama-params': { en: 'architecture of a model in Meta\'s layout', zh: 'Meta 布局模型的架构参数' },
  'xtuner-config': { en: 'configuration that was exported with the parts', zh: '随各部分一同导出的配置' },
  'training-config': { en: 'configuration that the run was started with', zh: '启动训练时所用的配置' },
  'mmengine-checkpoint': { en: 'one file with weights, optimizer and message hub (XTuner)', zh: '包含权重、优化器与消息记录的单个文件（XTuner）' },
  'last-checkpoint': { en: 'text that names the newest checkpoint', zh: '写有最新检查点名字的文本' },
  'run-metadata': { en: 'what XTuner v1 knows about its runs', zh: 'XTuner v1 对各次训练的记录' },
  'trainer-state': { en: 'steps, epochs and the log of losses', zh: '步数、轮数与损失记录' },
  'training-args': { en: 'arguments of the run, a pickled object', zh: '训练参数，一个 pickle 对象' },
  optimizer: { en: 'state of the optimizer (or of the gradient scaler)', zh: '优化器（或梯度缩放器）的状态' },
  scheduler: { en: 'state of the learning rate schedule', zh: '学习率调度器的状态' },
  'rng-state': { en: 'state of the random generators of a process', zh: '某个进程的随机数生成器状态' },
  'deepspeed-latest': { en: 'text that names the newest tag', zh: '写有最新 tag 名字的文本' },
  'deepspeed-model-states': { en: 'weights as the engine holds them: 16-bit, or placeholders under ZeRO-3', zh: '引擎持有的权重：16 位，或 ZeRO-3 下的占位符' },
  'deepspeed-optimizer-shard': { en: 'one rank\'s part of float32 weights and moments', zh: '某个 rank 的 float32 权重与动量分片' },
  'recovery-script': { en: 'zero_to_fp32.py, a copy of DeepSpeed\'s script', zh: 'zero_to_fp32.py，DeepSpeed 脚本的副本' },
  'dcp-metadata': { en: 'where every part of every tensor lies', zh: '每个张量的各部分存放在哪里' },
  'dcp-shard': { en: 'one rank\'s parts of tensors', zh: '某个 rank 的张量分片' },
  'fsdp-weights': { en: 'weights of FSDP in one file, or one rank\'s', zh: 'FSDP 的单文件权重，或某个 rank 的权重' },
  results: { en: 'metrics of the run', zh: '训练与评测指标' },
  log: { en: 'what was logged while it ran', zh: '运行期间的日志' },
  'model-card': { en: 'README of the model', zh: '模型说明' },
  manifest: { en: 'digests of files, or temper.json', zh: '文件摘要清单，或 temper.json' },
  other: { en: 'none of these', zh: '以上都不是' },
};

/** What the content of a file is. */
export const FORMAT_MEANINGS: Meanings = {
  safetensors: { en: 'a whole safetensors file', zh: '完整的 safetensors 文件' },
  'safetensors-truncated': { en: 'safetensors whose data ends early', zh: '数据提前结束的 safetensors' },
  'torch-zip': { en: 'torch.save since 1.6', zh: 'torch 1.6 起的 torch.save' },
  'torch-zip-truncated': { en: 'the same without its end', zh: '同上，但缺少结尾' },
  'torch-legacy': { en: 'torch.save before 1.6', zh: 'torch 1.6 之前的 torch.save' },
  torchscript: { en: 'a compiled module of torch', zh: 'torch 编译的模块' },
  zip: { en: 'a zip archive that torch did not write', zh: '并非由 torch 写出的 zip 压缩包' },
  pickle: { en: 'a bare pickle', zh: '单独的 pickle' },
  'dcp-shard': { en: 'parts of tensors of torch.distributed.checkpoint', zh: 'torch.distributed.checkpoint 的张量分片' },
  gguf: { en: 'GGUF of llama.cpp', zh: 'llama.cpp 的 GGUF' },
  json: { en: 'JSON, with NaN and Infinity as Python writes them', zh: 'JSON，允许 Python 写出的 NaN 与 Infinity' },
  'json-invalid': { en: 'called .json, but not one JSON document', zh: '名为 .json，但不是一个完整的 JSON 文档' },
  jsonl: { en: 'a JSON document per line', zh: '每行一个 JSON 文档' },
  text: { en: 'text', zh: '文本' },
  python: { en: 'Python source', zh: 'Python 源码' },
  markdown: { en: 'Markdown', zh: 'Markdown 文档' },
  jinja: { en: 'a Jinja template', zh: 'Jinja 模板' },
  sentencepiece: { en: 'a model of sentencepiece', zh: 'sentencepiece 模型' },
  'lfs-pointer': { en: 'a Git LFS pointer in place of the file', zh: '代替文件的 Git LFS 指针' },
  html: { en: 'a web page in place of the file', zh: '代替文件的网页' },
  empty: { en: 'no bytes', zh: '空文件' },
  binary: { en: 'anything else', zh: '其他二进制内容' },
};
