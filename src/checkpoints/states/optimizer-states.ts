/**
 * @module
 * `*_optim_states.pt`: the share of one rank. Up to stage 2 a part of one long row for every group; at stage 3 rows that
 * hold a piece of every parameter (deepspeed/runtime/zero/stage_1_and_2.py, stage3.py, bf16_optimizer.py, `state_dict`).
 */
import { readBytes } from '../../bytes/index.ts';
import { entriesOf, item, itemsOf, type Value } from '../../containers/torch/index.ts';
import { refuse } from '../../findings/index.ts';
import { decodeElements, elementCount } from '../../tensors/index.ts';
import { STATE_STRUCTURE } from './codes.ts';
import { textOf, valueAt, wholeNumber, type StateFile, type StateFiles, type StateTensor } from './files.ts';

/** One flat row of float32, or of what the masters are kept in. */
export interface Row { readonly tensor: StateTensor; readonly numel: number; readonly source: number; readonly offset: number }

/** The share of one rank. */
export interface OptimizerStates {
  readonly path: string;
  readonly rank: number;
  /** 1 where the file does not say: BF16_Optimizer, which partitions like stage 1. */
  readonly stage: number;
  /** Ranks that wrote this state. */
  readonly world: number | undefined;
  readonly rows: readonly Row[];
  /** Elements that are skipped behind every parameter of a group, where the layout has such. */
  readonly alignment?: readonly (readonly number[])[];
  /** Steps of the optimizer, where it counts them. */
  readonly step?: number;
  readonly version?: string;
}

/** Keys of the rows, by stage. */
const ROWS_KEY = { 3: 'fp32_flat_groups', other: 'single_partition_of_fp32_groups' } as const;

function bad(path: string, en: string, zh: string): never {
  return refuse(STATE_STRUCTURE, { file: path, problem: { en, zh } }, { path });
}

/** Reads the share of a rank. */
export async function readOptimizerStates(file: StateFile, rank: number, files: StateFiles): Promise<OptimizerStates> {
  const { root, path } = file, state = item(root, 'optimizer_state_dict');
  if (entriesOf(state) === undefined) bad(path, 'it has no optimizer_state_dict', '其中没有 optimizer_state_dict');
  const declared = item(state, 'zero_stage'), stage = declared === undefined || declared === null ? 1 : wholeNumber(declared);
  if (stage === undefined || stage < 1 || stage > 3) bad(path, `its ZeRO stage is ${stage ?? 'no number'}`, `其 ZeRO 阶段为 ${stage ?? '非数字'}`);
  const key = stage === 3 ? ROWS_KEY[3] : ROWS_KEY.other, listed = item(state, key);
  if (listed === undefined) bad(path, `it has no ${key}`, `其中没有 ${key}`);
  const count = itemsOf(listed)?.length ?? (entriesOf(listed) === undefined ? 1 : bad(path, `${key} is no list`, `${key} 不是列表`));
  const rows: Row[] = [];
  for (let i = 0; i < count; i++) {
    const tensor = itemsOf(listed) === undefined ? file.tensor('optimizer_state_dict', key) : file.tensor('optimizer_state_dict', key, i);
    if (tensor?.shape.length !== 1 || tensor.expression.op !== 'stored') return bad(path, `${key}[${i}] is no plain row of numbers`, `${key}[${i}] 不是普通的一维张量`);
    const { source, offset } = tensor.expression;
    rows.push({ tensor, numel: elementCount(tensor.shape), source, offset });
  }
  const worlds = (itemsOf(item(state, 'partition_count')) ?? [item(state, 'partition_count')]).map(wholeNumber).filter((value) => value !== undefined);
  const alignment = itemsOf(item(state, 'param_alignment_paddings'))?.map((group) => (itemsOf(group) ?? []).map((padding) => wholeNumber(padding) ?? bad(path, 'param_alignment_paddings holds something that is no number', 'param_alignment_paddings 中有非数字')));
  const step = await stepOf(file, state, files), version = textOf(item(root, 'ds_version')) ?? textOf(item(state, 'ds_version'));
  return {
    path, rank, stage, rows, world: worlds.length === 0 ? undefined : Math.max(...worlds),
    ...(alignment === undefined ? {} : { alignment }), ...(step === undefined ? {} : { step }), ...(version === undefined ? {} : { version }),
  };
}

/** Where the state of the optimizer inside lies: stages 1 and 2, BF16_Optimizer; stage 3. */
const INNER = ['base_optimizer_state', 'optimizer_state_dict'];

/** Steps that the optimizer counted: of its first parameter, for all of them step together. */
async function stepOf(file: StateFile, state: Value | undefined, files: StateFiles): Promise<number | undefined> {
  for (const [keys, { dtype, expression }] of file.all()) {
    if (keys.at(-1) !== 'step' || keys[0] !== 'optimizer_state_dict' || !INNER.includes(String(keys[1])) || expression.op !== 'stored' || elementCount(expression.shape) !== 1) continue;
    const value = new Float64Array(1), size = dtype === 'I64' || dtype === 'F64' ? 8 : dtype === 'F32' || dtype === 'I32' ? 4 : 0;
    if (size === 0) continue;
    decodeElements(dtype, await readBytes(files.files[expression.source]!.source, expression.offset, size), value);
    return value[0];
  }
  for (const key of INNER) {
    const inner = item(state, key), each = itemsOf(inner) ?? (entriesOf(valueAt(inner, 'state')) ?? []).map(([, value]) => value);
    for (const one of each) { const step = wholeNumber(item(one, 'step')); if (step !== undefined) return step; }
  }
  return undefined;
}
