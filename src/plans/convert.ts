/**
 * @module
 * The plan of a conversion: the same tensors in another layout or dtype.
 */
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import type { Text } from '../findings/index.ts';
import { cast, isComputeDType, rebind, type ComputeDType } from '../tensors/index.ts';
import { findCompanions } from './companions.ts';
import { editConfig } from './config.ts';
import { layOut, type PlacedTensor } from './files.ts';
import { InputTable, planInput } from './inputs.ts';
import { dtypeChanges, isCopy, readConfig, type BoundPlan } from './merge.ts';
import type { PlannedFile, WeightsFile } from './plan.ts';

/** What a conversion may be told. */
export interface ConvertOptions {
  readonly dtype?: ComputeDType;
  readonly maxShardBytes?: number;
  /** Write one file of this name and nothing beside it. */
  readonly single?: string;
  readonly container?: WeightsFile['container'];
  readonly version: string;
}

/** The plan of a conversion. */
export async function planConvert(base: Checkpoint, options: ConvertOptions): Promise<BoundPlan> {
  const table = new InputTable();
  await table.addCheckpoint('base', base);
  const adapter = base.files.some((file) => /^adapter_model/.test(file.path));
  const placed: PlacedTensor[] = [...base.tensors.values()].map((tensor) => {
    const own = rebind(tensor.expression, () => tensor.file);
    const dtype = options.dtype !== undefined && isComputeDType(own.dtype) ? options.dtype : own.dtype;
    const expression = cast(dtype, own);
    return {
      file: tensor.file,
      tensor: { name: tensor.name, dtype, shape: own.shape, expression, action: isCopy(expression) ? 'copied' : 'computed', formula: 'W', from: [`base:${tensor.name}`] },
    };
  });
  const files: PlannedFile[] = [...layOut(base, placed, {
    stem: adapter ? 'adapter_model' : 'model', ...(options.container === undefined ? {} : { container: options.container }),
    ...(options.maxShardBytes === undefined ? {} : { maxShardBytes: options.maxShardBytes }), ...(options.single === undefined ? {} : { single: options.single }),
  })];
  if (options.single === undefined) files.push(...await beside(base, table, options));
  return {
    inputs: table.inputs,
    plan: {
      schema: 'temper.plan/1', verb: 'convert', version: options.version, stages: [], files, dropped: [], findings: base.findings,
      inputs: table.inputs.map(planInput),
    },
  };
}

async function beside(base: Checkpoint, table: InputTable, options: ConvertOptions): Promise<PlannedFile[]> {
  const files: PlannedFile[] = [], config = await readConfig(base);
  const why: Text = { en: 'of the input, unchanged', zh: '来自输入，未改动' };
  if (config !== undefined) {
    const changes = options.dtype === undefined ? [] : dtypeChanges(config.fields, options.dtype);
    const changed: Text = { en: 'of the input, with the new dtype', zh: '来自输入，更新了数据类型' };
    files.push(changes.length === 0 ? { kind: 'copy', path: 'config.json', input: await table.addFile('base', base.folder, 'config.json'), why }
      : { kind: 'text', path: 'config.json', text: editConfig(config.text, changes), why: changed });
  }
  const { companions } = await findCompanions(base.folder, []);
  const own = (await base.folder.list()).filter((entry) => entry.kind === 'file' && entry.unusable === undefined && entry.path === 'adapter_config.json');
  for (const { path, modifiedMs } of [...companions, ...own]) {
    files.push({ kind: 'copy', path, input: await table.addFile('base', base.folder, path, modifiedMs), why });
  }
  return files;
}
