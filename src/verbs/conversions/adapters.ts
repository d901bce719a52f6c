/** @module Adapters into the layouts of llama.cpp and MLX, and back. */
import { openAdapter, textField } from '../../adapters/index.ts';
import { readBytes, type Folder } from '../../bytes/index.ts';
import { openCheckpoint } from '../../checkpoints/index.ts';
import { readJson } from '../../containers/json.ts';
import { refuse, type Text } from '../../findings/index.ts';
import { BASE_NEEDED, NOT_THIS_ADAPTER } from '../../plans/layouts/codes.ts';
import { ggufFacts, headCounts, planGgufLora, vocabularyOf } from '../../plans/layouts/gguf.ts';
import { MLX_CONFIG, MLX_WEIGHTS, planMlx } from '../../plans/layouts/mlx.ts';
import { ggufFactors, mlxFactors, needsHeads, planPeft } from '../../plans/layouts/peft.ts';
import { VERSION } from '../../version.ts';
import type { ConvertRequest } from '../convert.ts';
import { opening, type Converter } from './conversion.ts';

/** Targets that are adapters of PEFT. */
const PEFT_TARGETS: ReadonlySet<string | undefined> = new Set([undefined, 'safetensors', 'bin', 'huggingface']);

/** The fields of a JSON file in a folder; undefined when it is not there or holds no object. */
async function fieldsOf(folder: Folder, path: string): Promise<ReadonlyMap<string, unknown> | undefined> {
  if (!(await folder.list()).some((entry) => entry.kind === 'file' && entry.unusable === undefined && entry.path === path)) return undefined;
  const source = await folder.open(path);
  try {
    const { value } = await readJson(source, { python: true });
    return value instanceof Map ? value : undefined;
  } finally {
    await source.close();
  }
}

/** config.json of the base: the one given, or the one that the adapter names when it is at hand. */
async function baseConfig({ base, findBase }: ConvertRequest, named: string | undefined, reason: Text): Promise<ReadonlyMap<string, unknown>> {
  const folder = base ?? (named === undefined || named === '' ? undefined : findBase?.(named)), config = folder === undefined ? undefined : await fieldsOf(folder, 'config.json');
  if (config !== undefined) return config;
  const tried: Text = base !== undefined ? { en: `there is none in ${base.label}`, zh: `${base.label} 中没有该文件` }
    : named === undefined || named === '' ? { en: 'the adapter names no base', zh: '适配器没有写明基座' }
      : { en: `the adapter names ${named}, which is no directory here and not in the Hugging Face cache`, zh: `适配器写明的基座是 ${named}，它既不是本机目录，也不在 Hugging Face 缓存中` };
  return refuse(BASE_NEEDED, { reason, tried }, { path: 'config.json' });
}

/** Characters of a file name. */
const nameOf = (output: string): string => output.replace(/[\\/]+$/, '').split(/[\\/]/).at(-1)!;

const WORDS = { F32: 'F32', F16: 'F16', BF16: 'BF16', F64: 'F64' } as const;

/** `--to gguf-lora`, `--to mlx`. */
export const adapterExport: Converter = {
  takes: async ({ to }) => to === 'gguf-lora' || to === 'mlx',
  plan: (request) => opening(async (keep) => {
    const adapter = await openAdapter(request.input, request.loraAlpha === undefined ? {} : { loraAlpha: request.loraAlpha });
    keep(adapter.checkpoint);
    const named = textField(adapter.config, 'base_model_name_or_path'), how = { version: VERSION, ...(request.dtype === undefined ? {} : { dtype: request.dtype }), ...(named === undefined || named === '' ? {} : { baseName: named }) };
    if (request.to === 'mlx') {
      const folder = request.base ?? (named === undefined ? undefined : request.findBase?.(named)), vocabulary = folder === undefined ? undefined : vocabularyOf(await fieldsOf(folder, 'config.json'));
      return planMlx(adapter, { ...how, ...(vocabulary === undefined ? {} : { vocabulary }) });
    }
    const config = await baseConfig(request, named, { en: 'llama.cpp names tensors by the architecture', zh: 'llama.cpp 按架构命名张量' });
    return planGgufLora(adapter, config, { ...how, file: request.single?.endsWith('.gguf') ? request.single : `${nameOf(request.output)}-${WORDS[request.dtype ?? 'F32']}-LoRA.gguf` });
  }),
};

/** What an adapter is that another program wrote. */
async function foreign({ input, file, to }: ConvertRequest): Promise<{ kind: 'gguf'; file: string } | { kind: 'mlx'; config: ReadonlyMap<string, unknown> } | undefined> {
  if (!PEFT_TARGETS.has(to)) return undefined;
  const names = (await input.list()).filter(({ kind }) => kind === 'file').map(({ path }) => path);
  if (names.includes(MLX_WEIGHTS) && (file === undefined || file === MLX_WEIGHTS)) {
    const config = await fieldsOf(input, MLX_CONFIG);
    return config?.has('lora_parameters') || config?.has('fine_tune_type') ? { kind: 'mlx', config } : undefined;
  }
  const [only, ...others] = file === undefined ? names.filter((name) => name.endsWith('.gguf')) : [file];
  return only !== undefined && others.length === 0 && only.endsWith('.gguf') ? { kind: 'gguf', file: only } : undefined;
}

/** An adapter in GGUF or of MLX into one of PEFT. */
export const adapterImport: Converter = {
  takes: async (request) => {
    const found = await foreign(request);
    if (found?.kind !== 'gguf') return found !== undefined;
    const source = await request.input.open(found.file);
    try {
      // Names of keys and their values stand as they are in the header.
      const head = new TextDecoder('latin1').decode(await readBytes(source, 0, Math.min(HEAD_BYTES, source.size)));
      return head.startsWith('GGUF') && head.includes('adapter.type') && head.includes('lora');
    } finally {
      await source.close();
    }
  },
  plan: (request) => opening(async (keep) => {
    const found = (await foreign(request))!, { dtype, container } = request, how = { version: VERSION, ...(dtype === undefined ? {} : { dtype }), ...(container === undefined ? {} : { container }) };
    if (found.kind === 'mlx') {
      const scale = mlxScale(found.config), model = found.config.get('model');
      const checkpoint = keep(await openCheckpoint(request.input, { file: MLX_WEIGHTS }));
      return planPeft(checkpoint, mlxFactors(checkpoint, scale), { ...how, ...(typeof model === 'string' ? { base: model } : {}) });
    }
    const checkpoint = keep(await openCheckpoint(request.input, { file: found.file })), facts = ggufFacts(checkpoint);
    if (facts === undefined) return refuse(NOT_THIS_ADAPTER, { file: found.file, problem: { en: 'its adapter.type is not lora', zh: '其 adapter.type 不是 lora' } }, { path: found.file });
    const heads = needsHeads(checkpoint, facts) ? headCounts(await baseConfig(request, facts.base, { en: `rows of q and k lie in another order in ${facts.arch}, head by head`, zh: `在 ${facts.arch} 中，q 和 k 的行按注意力头以另一种顺序排列` })) : undefined;
    return planPeft(checkpoint, ggufFactors(checkpoint, facts, heads), { ...how, ...(facts.base === undefined ? {} : { base: facts.base }) });
  }),
};

/** Keys come before everything else; those of an adapter take a few hundred bytes. */
const HEAD_BYTES = 64 * 1024;

/** The factor of every delta. A run of full fine-tuning has none. */
function mlxScale(config: ReadonlyMap<string, unknown>): number {
  const kind = config.get('fine_tune_type') ?? 'lora', parameters = config.get('lora_parameters'), scale = parameters instanceof Map ? (parameters as ReadonlyMap<string, unknown>).get('scale') : undefined;
  if (kind !== 'lora' && kind !== 'dora') refuse(NOT_THIS_ADAPTER, { file: MLX_CONFIG, problem: { en: `fine_tune_type is ${JSON.stringify(kind)}, not lora or dora`, zh: `fine_tune_type 是 ${JSON.stringify(kind)}，不是 lora 或 dora` } }, { path: MLX_CONFIG });
  if (typeof scale !== 'number' || !Number.isFinite(scale)) refuse(NOT_THIS_ADAPTER, { file: MLX_CONFIG, problem: { en: 'lora_parameters states no scale', zh: 'lora_parameters 中没有 scale' } }, { path: MLX_CONFIG });
  return scale;
}
