/**
 * @module
 * A LoRA adapter for MLX (mlx-lm, tuner/lora.py, tuner/utils.py): `adapters.safetensors` with both factors transposed, and
 * a configuration with one scale, which is the whole factor of the delta and no alpha.
 */
import type { Adapter } from '../../adapters/index.ts';
import { finding, refuse, type Finding } from '../../findings/index.ts';
import { cast, concat, constant, multiply, transpose, type ComputeDType, type Expression } from '../../tensors/index.ts';
import { layOutFresh, plannedTensor } from '../fresh.ts';
import { InputTable, planInput } from '../inputs.ts';
import type { BoundPlan } from '../merge.ts';
import type { PlannedTensor } from '../plan.ts';
import { LAYOUT_CANNOT, SCALES_FOLDED } from './codes.ts';
import { factorsOf, mostCommon, scaled, type Factors } from './factors.ts';

/** Layout as messages call it. */
const MLX = { name: 'MLX', dora: true } as const;

/** Names that the two files have. */
export const MLX_WEIGHTS = 'adapters.safetensors', MLX_CONFIG = 'adapter_config.json';

/** What an export may be told. */
export interface MlxOptions { readonly dtype?: ComputeDType; readonly baseName?: string; readonly vocabulary?: number; readonly version: string }

/** The plan. */
export async function planMlx(adapter: Adapter, options: MlxOptions): Promise<BoundPlan> {
  const table = new InputTable(), { all, dropped } = factorsOf(adapter, MLX, options.vocabulary), findings: Finding[] = [...adapter.findings];
  await table.addCheckpoint('base', adapter.checkpoint);
  const scale = mostCommon(all.map((one) => one.scale)), rank = Math.max(...all.map(({ a }) => a.shape[0] ?? 0)), others = all.filter((one) => one.scale !== scale);
  if (others.length > 0) findings.push(finding(SCALES_FOLDED, { layout: MLX.name, count: others.length, total: all.length, scale }, { path: MLX_CONFIG }));
  const plain = all.find(({ magnitude }) => magnitude === undefined), dora = all.some(({ magnitude }) => magnitude !== undefined);
  if (dora && plain !== undefined) refuse(LAYOUT_CANNOT, { layout: MLX.name, tensor: plain.from.a.slice('base:'.length), what: { en: 'some modules with DoRA and some without', zh: '部分模块使用 DoRA 而部分没有' } }, { tensor: plain.path });
  const keys = new Set<string>();
  const tensors = all.flatMap((one): PlannedTensor[] => {
    const path = modulePath(one), by = one.scale / scale;
    keys.add(keyOf(path));
    return [
      plannedTensor(`${path}.lora_a`, padded(1, rank, scaled(1, transpose(one.a), options.dtype)), 'Aᵀ', [one.from.a]),
      plannedTensor(`${path}.lora_b`, padded(0, rank, scaled(by, transpose(one.b), options.dtype)), by === 1 ? 'Bᵀ' : `${by}·Bᵀ`, [one.from.b]),
      ...(one.magnitude === undefined ? [] : [plannedTensor(`${path}.m`, scaled(1, one.magnitude, options.dtype), 'm', [one.from.magnitude!])]),
    ];
  });
  const config = { ...(options.baseName === undefined ? {} : { model: options.baseName }), fine_tune_type: dora ? 'dora' : 'lora', num_layers: -1, lora_parameters: { rank, scale, dropout: 0, keys: [...keys].sort() } };
  return {
    inputs: table.inputs,
    plan: {
      schema: 'temper.plan/1', verb: 'convert', version: options.version, stages: [], findings, inputs: table.inputs.map(planInput), dropped,
      files: [
        ...layOutFresh(tensors, { stem: 'adapters', single: MLX_WEIGHTS, metadata: { format: 'mlx' } }),
        { kind: 'text', path: MLX_CONFIG, text: `${JSON.stringify(config, null, 4)}\n`, why: { en: 'made from adapter_config.json and the tensors', zh: '由 adapter_config.json 与张量生成' } },
      ],
    },
  };
}

/** With zeros along `axis` up to the rank: mlx-lm builds every module with one rank, and zeros add nothing to the product. */
function padded(axis: 0 | 1, rank: number, of: Expression): Expression {
  const missing = rank - of.shape[axis]!, shape = of.shape.map((side, i) => (i === axis ? missing : side)) as [number, number];
  if (missing === 0) return of;
  const zeros = (sides: readonly [number, number]) => constant(sides, new Array<number>(sides[0] * sides[1]).fill(0));
  return concat(axis, [of, cast(of.dtype, multiply(zeros([shape[0], 1]), zeros([1, shape[1]])))]);
}

/** A bare backbone lies below `model.` in MLX. */
function modulePath({ path }: Factors): string {
  return /^layers\.\d+\.|^embed_tokens$/.test(path) ? `model.${path}` : path;
}

/** The key of a module: its path within a layer, or from the root for one that is in none. */
function keyOf(path: string): string {
  return /(?:^|\.)(?:layers|h|blocks)\.\d+\.(.+)$/.exec(path)?.[1] ?? path;
}
