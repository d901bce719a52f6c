/**
 * @module
 * File names of a DeepSpeed tag (deepspeed/runtime/engine.py, `_get_ckpt_name` and its kind): ranks are read out of them,
 * and the signs of parallelism that is not put together.
 */
import type { Text } from '../../findings/index.ts';

/** `mp_rank_00_model_states.pt`, or one per data-parallel rank under stage 3. */
const MODEL = /^(?:zero_pp_rank_(\d+)_)?mp_rank_(\d+)_model_states\.pt$/;
/** Versions before 0.3.11 left the last underscore out. */
const OPTIMIZER = /^(?:(?:bf16|fp16)_)?zero_pp_rank_(\d+)_mp_rank_(\d+)_?optim_states\.pt$/;

/** Names that say how the model was cut, beyond what ZeRO does. */
const PARALLEL: readonly (readonly [RegExp, Text])[] = [
  [/^layer_\d+-model_\d+-model_states\.pt$/, { en: 'pipeline parallelism', zh: '流水线并行（pipeline parallelism）' }],
  [/^(?:layer_-?\d+_)?expert_\d+_mp_rank_\d+_model_states\.pt$|^(?:(?:bf16|fp16)_)?expp_rank_\d+_mp_rank_\d+_optim_states\.pt$/, { en: 'expert parallelism (MoE)', zh: '专家并行（MoE expert parallelism）' }],
];
const TENSOR_PARALLEL: Text = { en: 'tensor parallelism (several mp_rank files)', zh: '张量并行（tensor parallelism，存在多个 mp_rank 文件）' };

/** A file of one rank. */
export interface RankFile { readonly rank: number; readonly name: string }

/** The files of a tag, by their names. */
export interface TagFiles {
  /** The one file of stages 0 to 2. */
  readonly model?: string;
  /** Files of stage 3, by rank. */
  readonly models: readonly RankFile[];
  /** By rank. */
  readonly optimizers: readonly RankFile[];
  /** Parallelism that the names tell of, and the file. */
  readonly parallel?: { readonly name: string; readonly feature: Text };
}

const byRank = (files: RankFile[]): RankFile[] => files.sort((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : 1));

/** Sorts the names of a directory. Everything else in it does not count. */
export function sortTag(names: readonly string[]): TagFiles {
  const models: RankFile[] = [], optimizers: RankFile[] = [];
  let model: string | undefined, parallel: TagFiles['parallel'];
  for (const name of names) {
    const asModel = MODEL.exec(name), asOptimizer = OPTIMIZER.exec(name), feature = PARALLEL.find(([test]) => test.test(name))?.[1];
    if (feature !== undefined) parallel ??= { name, feature };
    else if (Number((asModel ?? asOptimizer)?.[2] ?? 0) > 0) parallel ??= { name, feature: TENSOR_PARALLEL };
    else if (asOptimizer !== null) optimizers.push({ rank: Number(asOptimizer[1]), name });
    else if (asModel?.[1] !== undefined) models.push({ rank: Number(asModel[1]), name });
    else if (asModel !== null) model = name;
  }
  return { ...(model === undefined ? {} : { model }), models: byRank(models), optimizers: byRank(optimizers), ...(parallel === undefined ? {} : { parallel }) };
}

/** Whether the names of a directory are those of a tag. */
export function isTag(names: readonly string[]): boolean {
  const { model, models, optimizers, parallel } = sortTag(names);
  return model !== undefined || models.length > 0 || optimizers.length > 0 || parallel !== undefined;
}

/** Rank of an optimizer shard, by its name; undefined for any other file. */
export function shardRank(name: string): number | undefined {
  const rank = OPTIMIZER.exec(name)?.[1];
  return rank === undefined ? undefined : Number(rank);
}

/** Rank of any file of a rank, by its name. */
export function rankOf(name: string): number | undefined {
  const rank = OPTIMIZER.exec(name)?.[1] ?? MODEL.exec(name)?.[1];
  return rank === undefined ? undefined : Number(rank);
}

/** FSDP's LOCAL_STATE_DICT, as accelerate names it: `pytorch_model_fsdp_rank0.bin`. */
export const isLocalShard = (name: string): boolean => /^pytorch_model(?:_fsdp)?(?:_\d+)?_rank\d+\.bin$/.test(name);

/** Whether a name is that of model states. */
export const isModelStates = (name: string): boolean => MODEL.test(name);

/** The name that rank `rank` has in a row of files: numbers are not padded. */
export const nameOfRank = (like: string, rank: number): string => like.replace(/zero_pp_rank_\d+/, `zero_pp_rank_${rank}`);

/** `1`, or `1, 3, 5-7`. */
export function rankList(ranks: readonly number[]): string {
  const parts: string[] = [], sorted = [...ranks].sort((a, b) => a - b);
  for (let i = 0, first = 0; i < sorted.length; i++) {
    if (sorted[i + 1] === sorted[i]! + 1) continue;
    parts.push(i === first ? `${sorted[i]}` : `${sorted[first]}-${sorted[i]}`);
    first = i + 1;
  }
  return parts.join(', ');
}
