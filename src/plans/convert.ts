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
import { sharedNames } from './shared.ts';

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
  const stem = stemOf(base), config = await readConfig(base);
  // PEFT loads an adapter by its names and ties nothing.
  const removed = options.container === 'torch-zip' || stem === 'adapter_model' ? new Map<string, string>() : sharedNames(base, config?.fields);
  const placed: PlacedTensor[] = [...base.tensors.values()].filter(({ name }) => !removed.has(name)).map((tensor) => {
    const own = rebind(tensor.expression, () => tensor.file);
    const dtype = options.dtype !== undefined && isComputeDType(own.dtype) ? options.dtype : own.dtype;
    const expression = cast(dtype, own);
    return {
      file: tensor.file,
      tensor: { name: tensor.name, dtype, shape: own.shape, expression, action: isCopy(expression) ? 'copied' : 'computed', formula: 'W', from: [`base:${tensor.name}`] },
    };
  });
  const files: PlannedFile[] = [...layOut(base, placed, {
    stem, removed, ...(options.container === undefined ? {} : { container: options.container }),
    ...(options.maxShardBytes === undefined ? {} : { maxShardBytes: options.maxShardBytes }), ...(options.single === undefined ? {} : { single: options.single }),
  })];
  if (options.single === undefined) files.push(...await beside(base, config, table, options));
  return {
    inputs: table.inputs,
    plan: {
      schema: 'temper.plan/1', verb: 'convert', version: options.version, stages: [], files, findings: base.findings,
      dropped: [...removed].map(([name, kept]) => ({ name, why: { en: `the same storage as ${kept}; the metadata says so`, zh: `与 ${kept} 共用存储；已记入 metadata` } })),
      inputs: table.inputs.map(planInput),
    },
  };
}

/** Stem of the output's weights: the input's, where that means something. */
function stemOf(base: Checkpoint): string {
  return STEMS.find((stem) => base.files.some((file) => file.path.slice(file.path.lastIndexOf('/') + 1).startsWith(stem))) ?? 'model';
}

/** Stems that safetensors and torch files share; models proper are called differently in the two. */
const STEMS: readonly string[] = ['adapter_model', 'diffusion_pytorch_model'];

async function beside(base: Checkpoint, config: Awaited<ReturnType<typeof readConfig>>, table: InputTable, options: ConvertOptions): Promise<PlannedFile[]> {
  const files: PlannedFile[] = [];
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
