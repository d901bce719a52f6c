/**
 * @module
 * The options, each written once; commands pick theirs. Names are those that the users of this field already type.
 */
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

/** Options of every command that reads adapters. */
export const ADAPTING: readonly Option[] = [
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
  {
    name: 'lora-alpha', placeholder: 'N', value: { kind: 'number' }, group: 'numbers',
    help: { en: 'lora_alpha of an adapter whose configuration was lost.', zh: '配置丢失的适配器的 lora_alpha。' },
  },
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
