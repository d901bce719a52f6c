/**
 * @module
 * Facts of an adapter for inspect.
 */
import { NO_ADAPTER_CONFIG } from '../adapters/codes.ts';
import { ADAPTER_CONFIG, openAdapter, readAdapterConfig, textOf } from '../adapters/index.ts';
import type { Folder } from '../bytes/index.ts';
import { closeCheckpoint } from '../checkpoints/index.ts';
import { finding, type Finding } from '../findings/index.ts';
import { readBaseValue, type TreeDirectory } from '../producers/index.ts';
import { elementCount } from '../tensors/index.ts';
import { attempt, inFolder } from './attempt.ts';
import type { InspectedAdapter } from './inspect.ts';

/**
 * Facts of the adapter in a folder: what its configuration says, and, where there are weights that can be opened, what these
 * hold. What stands against either is a finding.
 */
export async function adapterFacts(folder: Folder, { path, files, weights = [] }: TreeDirectory, findings: Finding[]): Promise<InspectedAdapter[]> {
  if (!files.some(({ name }) => name === ADAPTER_CONFIG)) {
    findings.push(finding(NO_ADAPTER_CONFIG, { folder: path === '' ? folder.label : path }, { path: path === '' ? '.' : path }));
    return [];
  }
  const [config] = await attempt(findings, path, async () => readAdapterConfig(folder));
  if (config === undefined) return [];
  const held = weights.length === 0 ? [] : await attempt(findings, path, async () => heldBy(folder, path, findings));
  const number = (field: string) => { const value = config.fields.get(field); return typeof value === 'number' ? value : null; };
  const text = (field: string) => textOf(config, field) ?? null;
  const base = text('base_model_name_or_path');
  return [{
    path: path === '' ? '.' : path, peft_type: text('peft_type') ?? '?', r: number('r'), lora_alpha: number('lora_alpha'), ...held[0] ?? { modules: 0, parameters: 0, dtypes: [] },
    target_modules: config.fields.get('target_modules') ?? null, modules_to_save: config.fields.get('modules_to_save') ?? null,
    use_dora: config.fields.get('use_dora') === true, use_rslora: config.fields.get('use_rslora') === true,
    base_model_name_or_path: base, value_class: readBaseValue(base).class, revision: text('revision'), peft_version: text('peft_version'),
  }];
}

/** What the weights of an adapter hold. */
async function heldBy(folder: Folder, path: string, findings: Finding[]): Promise<Pick<InspectedAdapter, 'modules' | 'parameters' | 'dtypes'>> {
  const adapter = await openAdapter(folder);
  try {
    findings.push(...adapter.findings.map((found) => inFolder(found, path)));
    const tensors = [...adapter.checkpoint.tensors.values()];
    return { modules: adapter.modules.length, parameters: tensors.reduce((total, { shape }) => total + elementCount(shape), 0), dtypes: [...new Set(tensors.map(({ dtype }) => dtype))] };
  } finally {
    await closeCheckpoint(adapter.checkpoint);
  }
}
