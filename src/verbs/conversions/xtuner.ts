/** @module Conversions of XTuner's checkpoints, and of any file of a state into the adapter in it. */
import { subFolder, type Folder } from '../../bytes/index.ts';
import { findState, openCheckpoint, openState, openStateFile } from '../../checkpoints/index.ts';
import type { Checkpoint } from '../../checkpoints/checkpoint.ts';
import { planStateAdapter, type BoundPlan } from '../../plans/index.ts';
import { planXtuner, type XtunerOptions } from '../../plans/states/xtuner.ts';
import { parsePythonConfig } from '../../producers/python/config.ts';
import { xtunerSettings } from '../../producers/xtuner-state.ts';
import { VERSION } from '../../version.ts';
import type { ConvertRequest } from '../convert.ts';
import { opening, type Converter } from './conversion.ts';
import { runConfig } from './run-config.ts';

/** A run of XTuner: its types are named by their modules, LoRA settings by peft's class. */
const OF_XTUNER = /\bxtuner\.|\bSupervisedFinetune\b|\bLLaVAModel\b|\bInternVL_V1_5\b/;

/** Where the state of a request lies: the file given, the newest of a work directory, or a folder of DeepSpeed. */
interface StatePlace { readonly folder: Folder; readonly file?: string }

async function placeOf({ input, file, tag }: ConvertRequest): Promise<StatePlace> {
  if (file !== undefined) return { folder: input, file };
  const newest = await newestFile(input);
  if (newest !== undefined && tag === undefined) return { folder: input, file: newest };
  const state = await findState(input, tag === undefined ? {} : { tag });
  return { folder: state === undefined || state.tag === '' ? input : subFolder(input, state.tag) };
}

/** The file that `last_checkpoint` of a work directory names, which may be the path on another machine. */
async function newestFile(folder: Folder): Promise<string | undefined> {
  const names = (await folder.list()).filter(({ kind, unusable }) => kind === 'file' && unusable === undefined).map(({ path }) => path);
  if (!names.includes('last_checkpoint')) return undefined;
  const source = await folder.open('last_checkpoint');
  try {
    const bytes = new Uint8Array(Math.min(source.size, PATH_BYTES_MAX));
    await source.read(0, bytes);
    const name = new TextDecoder().decode(bytes).trim().split(/[\\/]/).at(-1) ?? '';
    return names.includes(name) ? name : undefined;
  } finally {
    await source.close();
  }
}

/** Longest path that last_checkpoint may hold. */
const PATH_BYTES_MAX = 4096;

/** The checkpoint at a place. */
async function openPlace({ folder, file }: StatePlace, { tag, worldSize, excludeFrozen, buffers }: ConvertRequest): Promise<Checkpoint> {
  const options = { ...(worldSize === undefined ? {} : { worldSize }), ...(excludeFrozen === undefined ? {} : { excludeFrozen }), ...(buffers === undefined ? {} : { buffers }) };
  if (file !== undefined) return await openStateFile(folder, file, options) ?? await openCheckpoint(folder, { file });
  return await openState(folder, options) ?? await openCheckpoint(folder, tag === undefined ? {} : { file: tag });
}

/** `--save-format`: the parts of an XTuner model; and `--as-adapter` or `--to huggingface` of its checkpoints. */
export const xtunerParts: Converter = {
  takes: async (request) => {
    if (request.saveFormat !== undefined) return true;
    if (request.asAdapter !== true && request.to !== 'huggingface') return false;
    const { folder, file } = await placeOf(request);
    const text = await runConfig(folder, file);
    return text === '' || OF_XTUNER.test(text ?? 'nothing');
  },
  plan: (request) => opening(async (keep) => {
    const place = await placeOf(request), text = await runConfig(place.folder, place.file) || undefined, checkpoint = keep(await openPlace(place, request));
    const { loraAlpha, dtype, maxShardBytes, container, output } = request;
    const how: Omit<XtunerOptions, 'format'> = {
      version: VERSION, output, ...(request.asAdapter === true ? { adapters: true } : {}), settings: text === undefined ? { llm: {}, visual_encoder: {} } : xtunerSettings(parsePythonConfig(text, 'meta.cfg')), ...(text === undefined ? {} : { configText: text }),
      ...(loraAlpha === undefined ? {} : { alpha: loraAlpha }), ...(dtype === undefined ? {} : { dtype }), ...(maxShardBytes === undefined ? {} : { maxShardBytes }), ...(container === undefined ? {} : { container }),
    };
    return planned(checkpoint, how, request.saveFormat as XtunerOptions['format'] | undefined);
  }),
};

/** Without `--save-format`: parts where there are adapters among them, and one model of transformers otherwise. */
async function planned(checkpoint: Checkpoint, how: Omit<XtunerOptions, 'format'>, format: XtunerOptions['format'] | undefined): Promise<BoundPlan> {
  const adapters = [...checkpoint.tensors.keys()].some((name) => name.includes('.base_model.model.'));
  return planXtuner(checkpoint, { ...how, format: format ?? (adapters ? 'xtuner' : 'huggingface') });
}

/** Whether the weight below a LoRA lies there too: then it is the whole model, and a plain tensor says nothing of training. */
function holdsBase({ tensors }: Checkpoint): boolean {
  return [...tensors.keys()].some((name) => {
    const [, module] = /^(.+)\.lora_(?:embedding_)?[AB]\b/.exec(name) ?? [];
    return module !== undefined && (tensors.has(`${module}.weight`) || tensors.has(`${module}.base_layer.weight`));
  });
}

/** A file that holds an adapter and nothing else: scripts save what was trained, modules saved whole among it. */
const allTrained = (checkpoint: Checkpoint): Checkpoint => ({ ...checkpoint, state: { kind: 'zero', tag: '', trained: new Set(checkpoint.tensors.keys()) } });

/** `--as-adapter` of a file that is no training state of its own: what PEFT would have saved. */
export const asAdapter: Converter = {
  takes: async ({ asAdapter: asked }) => asked === true,
  plan: ({ input, file, loraAlpha, dtype, container }) => opening(async (keep) => {
    const checkpoint = keep(await openCheckpoint(input, file === undefined ? {} : { file }));
    return planStateAdapter(holdsBase(checkpoint) ? checkpoint : allTrained(checkpoint), { version: VERSION, ...(loraAlpha === undefined ? {} : { alpha: loraAlpha }), ...(dtype === undefined ? {} : { dtype }), ...(container === undefined ? {} : { container }) });
  }),
};
