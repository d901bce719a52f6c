/**
 * @module
 * The options, each written once; commands pick theirs. Names are those that the users of this field already type.
 */
import { PROFILES } from '../checks/profiles.ts';
import type { Option } from './command.ts';

const flag = { kind: 'flag' } as const;

/** Options of every command. */
export const GLOBAL: readonly Option[] = [
  { name: 'json', value: flag, group: 'report', help: { en: 'Print one JSON document on stdout.', zh: '在标准输出打印一个 JSON 文档。' } },
  {
    name: 'lang', aliases: ['language'], placeholder: 'en|zh', value: { kind: 'choice', choices: ['en', 'zh'], also: { 'zh-cn': 'zh', 'en-us': 'en', chinese: 'zh', english: 'en', 中文: 'zh' } },
    alsoFrom: 'TEMPER_LANG', group: 'report',
    fallback: { en: 'the locale; English in JSON', zh: '系统语言；JSON 中为英文' },
    help: { en: 'Language of the texts.', zh: '文字的语言。' },
  },
  { name: 'quiet', short: 'q', value: flag, group: 'report', help: { en: 'One line of result, no progress.', zh: '只输出一行结果，不显示进度。' } },
  { name: 'all', value: flag, group: 'report', help: { en: 'List every row and finding instead of the first ones.', zh: '列出每一行和每一条发现，而不只是前几项。' } },
  {
    name: 'color', aliases: ['colour'], value: flag, negatable: true, alsoFrom: 'NO_COLOR, FORCE_COLOR', group: 'report',
    fallback: { en: 'on a terminal', zh: '仅在终端中' }, help: { en: 'Colour the text.', zh: '使用彩色文字。' },
  },
  { name: 'help', short: 'h', value: flag, group: 'report', help: { en: 'Show this help.', zh: '显示本帮助。' } },
];

/** `-o` */
export const OUTPUT: Option = {
  name: 'output', short: 'o', aliases: ['output-dir', 'out', 'outfile', 'export-dir', 'save-dir', 'save-path'], placeholder: 'DIR', value: { kind: 'text' }, path: true,
  group: 'output', help: { en: 'Directory to write. It must not exist yet; it appears when it is whole.', zh: '要写入的目录。必须尚不存在；完整之后才会出现。' },
};

/** Options of every command that writes a model. */
export const WRITING: readonly Option[] = [
  OUTPUT,
  {
    name: 'max-shard-size', placeholder: 'SIZE', value: { kind: 'bytes' }, group: 'output',
    fallback: { en: 'shards as in the base', zh: '与输入相同的分片' },
    help: { en: 'Largest weights file: 5GB, 500MB, 2GiB. A larger tensor gets a file of its own.', zh: '单个权重文件的上限：5GB、500MB、2GiB。更大的张量单独成一个文件。' },
  },
  {
    name: 'safe-serialization', value: flag, negatable: true, group: 'output', fallback: { en: 'on', zh: '开启' },
    help: { en: 'Write safetensors; --no-safe-serialization writes pytorch_model.bin.', zh: '写出 safetensors；--no-safe-serialization 则写出 pytorch_model.bin。' },
  },
  {
    name: 'dtype', aliases: ['torch-dtype', 'infer-dtype'], placeholder: 'DTYPE',
    value: {
      kind: 'choice', choices: ['auto', 'float32', 'float16', 'bfloat16'],
      also: { f32: 'float32', fp32: 'float32', float: 'float32', f16: 'float16', fp16: 'float16', half: 'float16', bf16: 'bfloat16', 'torch.float32': 'float32', 'torch.float16': 'float16', 'torch.bfloat16': 'bfloat16' },
    },
    group: 'numbers', fallback: { en: 'that of the input', zh: '与输入相同' },
    help: { en: 'Dtype of the weights: auto, float32, float16, bfloat16.', zh: '权重的精度：auto、float32、float16、bfloat16。' },
  },
  { name: 'dry-run', value: flag, group: 'running', help: { en: 'Show the plan and its cost; write nothing.', zh: '只显示计划与开销，不写入任何内容。' } },
  {
    name: 'force', aliases: ['overwrite'], value: flag, group: 'output',
    help: { en: 'Replace the output directory if it exists. Never an input.', zh: '若输出目录已存在则替换它。绝不替换输入。' },
  },
  { name: 'resume', value: flag, group: 'running', help: { en: 'Continue an interrupted run; starts afresh when there is none.', zh: '继续被中断的运行；没有可继续的则从头开始。' } },
  {
    name: 'part', placeholder: 'I/N', value: { kind: 'part' }, group: 'running',
    help: { en: 'Do the I-th of N shares, for several machines on one disk; then --finish.', zh: '只做 N 份中的第 I 份，供多台机器共用一个磁盘；最后运行 --finish。' },
  },
  { name: 'finish', value: flag, group: 'running', help: { en: 'Complete a directory whose parts are done.', zh: '各部分完成后，将目录收尾。' } },
  { name: 'digest', value: flag, group: 'output', help: { en: 'Put SHA-256 of every file and tensor into the manifest.', zh: '在清单中写入每个文件和张量的 SHA-256。' } },
  { name: 'sync', value: flag, group: 'running', help: { en: 'Wait until the disk has everything before the output appears.', zh: '等全部数据写入磁盘后才让输出出现。' } },
];

/** What `convert` may write, beyond another container. */
export const TARGETS = ['safetensors', 'bin', 'huggingface', 'llama-pth', 'gguf-lora', 'mlx', 'sentence-transformers'] as const;

/** How XTuner lays out what it exports. */
export const SAVE_FORMATS = ['xtuner', 'official', 'huggingface'] as const;

/** `--save-format` of XTuner's own pth_to_hf. */
export const SAVE_FORMAT: Option = {
  name: 'save-format', placeholder: 'FORMAT', value: { kind: 'choice', choices: SAVE_FORMATS }, group: 'output', fallback: 'xtuner',
  help: {
    en: 'Layout of an XTuner model: xtuner (its parts in folders), official (LLaVA), huggingface (one model of transformers).',
    zh: 'XTuner 模型的布局：xtuner（各部分分文件夹存放）、official（LLaVA 官方）、huggingface（transformers 的单个模型）。',
  },
};

/** `--dequantize` */
const DEQUANTIZE: Option = {
  name: 'dequantize', aliases: ['dequantise', 'dequant'], value: flag, group: 'numbers',
  help: {
    en: 'Take a quantised model as the numbers it computes with: bitsandbytes 4-bit and 8-bit, FP8 and int8 with scales, MXFP4. The result is 16-bit.',
    zh: '把量化模型当作它实际计算所用的数值：bitsandbytes 4 位与 8 位、带缩放系数的 FP8 与 int8、MXFP4。结果为 16 位。',
  },
};

/** Options of `convert` that choose what comes out. */
export const CONVERTING: readonly Option[] = [
  DEQUANTIZE,
  {
    name: 'to', aliases: ['output-type', 'outtype'], placeholder: 'FORMAT', value: { kind: 'choice', choices: TARGETS, also: { 'llama.pth': 'llama-pth', pth: 'llama-pth', hf: 'huggingface', pytorch: 'bin', gguf: 'gguf-lora', st: 'sentence-transformers' } },
    group: 'output', fallback: 'safetensors',
    help: {
      en: 'What to write: safetensors, bin, huggingface (names and configuration that transformers loads), llama-pth, sentence-transformers, and for adapters gguf-lora, mlx.',
      zh: '要写出的内容：safetensors、bin、huggingface（transformers 可加载的名称与配置）、llama-pth、sentence-transformers；适配器还可选 gguf-lora、mlx。',
    },
  },
  {
    name: 'recursive', value: flag, group: 'input',
    help: { en: 'Convert the weights of every folder below IN where they lie; carry everything else over.', zh: '就地转换 IN 之下每个目录的权重，其余文件全部带上。' },
  },
  {
    name: 'keep', value: flag, group: 'output',
    help: { en: 'Both formats side by side, the same tensors: the files of the input beside the new ones.', zh: '两种格式并排放置，张量相同：输入的文件与新文件并存。' },
  },
  {
    name: 'materialize-tied', aliases: ['materialise-tied'], value: flag, group: 'output',
    help: { en: 'Write names that share memory out each, a tied output head too.', zh: '将共享内存的名称各自写出，包括绑定的输出头。' },
  },
  {
    name: 'legacy-format', value: flag, group: 'output',
    help: { en: 'With --to bin: the format before torch 1.6, for programs that read nothing else.', zh: '配合 --to bin：写出 torch 1.6 之前的格式，供只能读取它的程序使用。' },
  },
  {
    name: 'verify', value: flag, negatable: true, group: 'running', fallback: { en: 'on', zh: '开启' },
    help: { en: 'Read the output again and compare it with the input before it appears.', zh: '在输出出现之前重新读取，并与输入比较。' },
  },
  {
    name: 'base', aliases: ['model', 'base-model'], placeholder: 'BASE', value: { kind: 'text' }, path: true, group: 'input', fallback: { en: 'what the adapter names', zh: '适配器中写明的基座' },
    help: { en: 'For adapters to and from GGUF: the base, whose config.json decides names and order.', zh: '适配器与 GGUF 互转时：基座模型，其 config.json 决定名称与顺序。' },
  },
  SAVE_FORMAT,
  { name: 'shards', placeholder: 'N', value: { kind: 'count', least: 1 }, group: 'output', fallback: { en: 'as Meta does for this size', zh: '与 Meta 对该规模的做法相同' }, help: { en: 'How many consolidated.NN.pth to write.', zh: '要写出的 consolidated.NN.pth 个数。' } },
  {
    name: 'as-adapter', value: { kind: 'flag' }, group: 'output',
    help: { en: 'Write the LoRA tensors of a training state as an adapter, with its configuration.', zh: '把训练状态中的 LoRA 张量写成适配器，并附上其配置。' },
  },
  {
    name: 'pooling', placeholder: 'HOW', value: { kind: 'choice', choices: ['cls', 'mean', 'lasttoken', 'max'] }, group: 'output',
    fallback: { en: 'that of the model family', zh: '该模型家族的方式' },
    help: { en: 'With --to sentence-transformers: how the embedding of a text is taken.', zh: '配合 --to sentence-transformers：如何取得文本的向量。' },
  },
];

/** Which training state is meant: options of every command that reads one. */
export const STATES: readonly Option[] = [
  {
    name: 'tag', placeholder: 'NAME', value: { kind: 'text' }, group: 'input', fallback: { en: 'what latest names', zh: 'latest 所指的那个' },
    help: { en: 'Training state to take: the directory inside, global_step200.', zh: '要使用的训练状态：其中的目录名，如 global_step200。' },
  },
  {
    name: 'world-size', aliases: ['num-ranks'], placeholder: 'N', value: { kind: 'count', least: 1 }, group: 'input', fallback: { en: 'as the state says', zh: '以状态中的记录为准' },
    help: { en: 'Ranks of the run that wrote the state; files of higher ranks are left over and not read.', zh: '写出该状态的运行所用的 rank 数；更高 rank 的文件视为遗留，不读取。' },
  },
];

/** What of a training state to write. */
export const STATE_PARTS: readonly Option[] = [
  {
    name: 'exclude-frozen', aliases: ['exclude-frozen-parameters'], value: { kind: 'flag' }, group: 'output',
    help: { en: 'Of a training state: the trained parameters only.', zh: '对训练状态：只写出训练过的参数。' },
  },
  {
    name: 'buffers', placeholder: 'HOW', value: { kind: 'choice', choices: ['keep', 'float32'] }, group: 'numbers', fallback: 'keep',
    help: { en: 'Of a training state: buffers as they were, or float32 as zero_to_fp32.py writes them.', zh: '对训练状态：缓冲区保持原样，或像 zero_to_fp32.py 那样写成 float32。' },
  },
];

/** Options of every command that computes. */
export const COMPUTING: readonly Option[] = [
  {
    name: 'memory', placeholder: 'SIZE', value: { kind: 'bytes' }, env: 'TEMPER_MEMORY', fallback: '512MiB', group: 'running',
    help: { en: 'Peak memory, whatever the size of the model.', zh: '内存峰值，与模型大小无关。' },
  },
  {
    name: 'workers', short: 'j', aliases: ['num-threads', 'threads'], placeholder: 'N', value: { kind: 'count', least: 1 }, env: 'TEMPER_WORKERS', group: 'running',
    fallback: { en: 'as many as cores', zh: '与核心数相同' },
    help: { en: 'Worker threads. The bytes do not depend on it.', zh: '工作线程数。结果的字节与之无关。' },
  },
];

/** The alpha of an adapter that has none. */
export const LORA_ALPHA: Option = {
  name: 'lora-alpha', placeholder: 'N', value: { kind: 'number' }, group: 'numbers',
  help: { en: 'lora_alpha of an adapter whose configuration was lost.', zh: '配置丢失的适配器的 lora_alpha。' },
};

/** Options of every command that reads adapters. */
export const ADAPTING: readonly Option[] = [
  DEQUANTIZE,
  {
    name: 'base', aliases: ['model', 'model-name-or-path', 'base-model', 'hf-path'], placeholder: 'BASE', value: { kind: 'text' }, path: true, group: 'input',
    help: { en: 'The base, if not given as the first argument.', zh: '基座模型；未作为第一个参数给出时使用。' },
  },
  {
    name: 'adapter', aliases: ['adapter-name-or-path', 'adapter-path', 'lora-path', 'peft-model'], placeholder: 'DIR', value: { kind: 'text' }, path: true, repeatable: true, group: 'input',
    help: { en: 'An adapter, if not given as an argument.', zh: '适配器；未作为参数给出时使用。' },
  },
  {
    name: 'initial-adapter', placeholder: 'DIR', value: { kind: 'text' }, path: true, group: 'input',
    help: { en: 'The adapter as it was before training, for PiSSA, OLoRA and the like.', zh: '训练前的初始适配器，用于 PiSSA、OLoRA 等方法。' },
  },
  LORA_ALPHA,
  {
    name: 'revision', placeholder: 'REV', value: { kind: 'text' }, group: 'input', fallback: 'main',
    help: { en: 'Revision of a base that is taken from the Hugging Face cache.', zh: '取自 Hugging Face 缓存的基座的修订版本。' },
  },
];

/** How a merge rounds. */
export const ROUNDING: Option = {
  name: 'rounding', placeholder: 'HOW', value: { kind: 'choice', choices: ['exact', 'peft', 'peft-safe'] }, fallback: 'exact', group: 'numbers',
  help: {
    en: 'exact rounds the true value once; peft and peft-safe round as PEFT does.',
    zh: 'exact 对精确值只舍入一次；peft 与 peft-safe 按 PEFT 的方式舍入。',
  },
};

/** How a merge finds what is left of the deltas. */
export const SURVIVAL: Option = {
  name: 'survival', placeholder: 'HOW', value: { kind: 'choice', choices: ['sample', 'exact'] }, fallback: 'sample', group: 'report',
  help: {
    en: 'How much of the deltas is left after rounding: from a sample, or with exact from every element of what was written.',
    zh: '舍入之后增量还剩多少：抽样估计，或用 exact 统计写出的每一个元素。',
  },
};

/** Options of `check`. */
export const CHECKING: readonly Option[] = [
  {
    name: 'profile', placeholder: 'NAME', value: { kind: 'choice', choices: PROFILES }, repeatable: true, group: 'input',
    help: {
      en: 'Ask for a purpose too: deploy, adapter, resume, sentence-transformers, bge-m3, manifest; or for all that a program leaves: trainer, llama-factory, qwen, xtuner, flag-embedding, chinese-llama-alpaca.',
      zh: '同时检查某种用途的要求：deploy、adapter、resume、sentence-transformers、bge-m3、manifest；或某个程序应留下的全部文件：trainer、llama-factory、qwen、xtuner、flag-embedding、chinese-llama-alpaca。',
    },
  },
  {
    name: 'base', aliases: ['model', 'base-model'], placeholder: 'BASE', value: { kind: 'text' }, path: true, group: 'input',
    help: { en: 'The model that was fine-tuned: adapters must fit it, embeddings are held against it.', zh: '被微调的模型：适配器必须与之相符，词嵌入与之对照。' },
  },
  {
    name: 'revision', placeholder: 'REV', value: { kind: 'text' }, group: 'input', fallback: 'main',
    help: { en: 'Revision of a base that is taken from the Hugging Face cache.', zh: '取自 Hugging Face 缓存的基座的修订版本。' },
  },
  {
    name: 'updated', placeholder: 'MODULES', value: { kind: 'text' }, repeatable: true, group: 'input',
    help: { en: 'Modules that training must have updated (embed_tokens,lm_head), compared row by row. Needs --base.', zh: '必须被训练更新的模块（embed_tokens,lm_head），逐行比较。需要 --base。' },
  },
  {
    name: 'fail-on', placeholder: 'SEVERITY', value: { kind: 'choice', choices: ['error', 'warning', 'info'] }, group: 'report', fallback: 'error',
    help: { en: 'Severity from which the exit status is 1: error, warning, info.', zh: '退出状态为 1 的最低级别：error、warning、info。' },
  },
  {
    name: 'baseline', placeholder: 'FILE', value: { kind: 'text' }, path: true, group: 'input',
    help: { en: 'Known findings, which are left out.', zh: '已知问题的文件，其中的问题不再报告。' },
  },
  {
    name: 'write-baseline', placeholder: 'FILE', value: { kind: 'text' }, path: true, group: 'output',
    help: { en: 'Write the findings of this run as known ones.', zh: '把本次的问题写为已知问题。' },
  },
  {
    name: 'report', placeholder: 'FORMAT=FILE', value: { kind: 'text' }, repeatable: true, group: 'report',
    help: { en: 'Write a report too: sarif, markdown or html. Without =FILE it replaces the text on the screen.', zh: '另写一份报告：sarif、markdown 或 html。不写 =FILE 时代替屏幕上的文本。' },
  },
  {
    name: 'code', value: flag, group: 'input',
    help: { en: 'Look at the code in PATH instead: file names written into it, unsafe torch.load, options without effect.', zh: '改为检查 PATH 中的代码：写死的文件名、不安全的 torch.load、不再起作用的选项。' },
  },
  {
    name: 'fix', value: flag, group: 'running',
    help: { en: 'Show what can be put right by itself: indexes, vocab_size, what is stale or there twice.', zh: '显示可以自动修复的内容：索引、vocab_size、过时或重复的文件。' },
  },
  {
    name: 'yes', short: 'y', value: flag, group: 'running',
    help: { en: 'With --fix: do it. Originals go to .temper-backup/.', zh: '配合 --fix：执行修复。原文件移到 .temper-backup/。' },
  },
];
