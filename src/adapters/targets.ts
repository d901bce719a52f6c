/**
 * @module
 * Does the file hold what the config promises? Modules that `target_modules` and `modules_to_save` name and the base
 * has, but the adapter does not (peft.md §1.5, §1.7).
 */
import type { CheckpointTensor } from '../checkpoints/checkpoint.ts';
import { finding, type Finding } from '../findings/index.ts';
import type { Adapter, AdapterModule } from './adapter.ts';
import { MISSING_MODULE, MISSING_MODULES_TO_SAVE } from './codes.ts';
import { flagField, listField } from './config.ts';
import { fitForm, type Form } from './forms.ts';
import { Homes } from './match.ts';
import type { Model } from './model.ts';
import { compilePattern } from './patterns.ts';

/** Findings about promised modules. Call before adapters are applied: it looks at the base's own names. */
export function promiseFindings(model: Model, adapter: Adapter): Finding[] {
  return [...missingSaved(model, adapter), ...missingTargets(model, adapter)];
}

function missingSaved(model: Model, adapter: Adapter): Finding[] {
  const names = listField(adapter.config, 'modules_to_save') ?? [];
  const held = [...adapter.full.map((tensor) => tensor.target.replace(/\.[^.]+$/, '')), ...adapter.modules.map((module) => module.path)];
  // The task type adds heads that the base need not have (classifier, score): only what the base has can be missing.
  const has = (module: string) => [...model.base.tensors.keys()].some((name) => name.replace(/\.[^.]+$/, '') === module || name.replace(/\.[^.]+$/, '').endsWith(`.${module}`));
  const tied = flagField(adapter.config, 'ensure_weight_tying');
  return names.filter((name) => !held.some((module) => module === name || module.endsWith(name) || module.includes(`${name}.`)) && has(name) && !(tied && /lm_head$/.test(name)))
    .map((module) => finding(MISSING_MODULES_TO_SAVE, { module }, { path: adapter.config.path, tensor: module }));
}

function missingTargets(model: Model, adapter: Adapter): Finding[] {
  if (adapter.modules.length === 0) return [];
  const homes = new Homes(model.base.tensors), adapted = new Set(adapter.modules.map((module) => homes.find(`${module.path}.weight`)[0]?.name));
  const missing = targeted(model, adapter).filter(({ tensor }) => !adapted.has(tensor.name)).map(({ module }) => module);
  if (missing.length === 0) return [];
  return [finding(MISSING_MODULE, { count: missing.length, module: missing[0]! }, { path: adapter.config.path, tensor: missing[0]! })];
}

/** Modules of an adapter whose file names none: the linear layers that `target_modules` names, each with a shared tensor as its part. */
export function untoldModules(model: Model, adapter: Adapter, part: string, forms: readonly Form[]): readonly AdapterModule[] {
  const tensor = adapter.shared.get(part);
  if (adapter.modules.length > 0 || tensor === undefined) return adapter.modules;
  return targeted(model, adapter).filter(({ tensor: { shape } }) => shape.length === 2).flatMap(({ module }) => {
    const parts = new Map([[part, tensor]]), fit = fitForm(module, parts, forms, adapter.type);
    if (fit.code === undefined) return [{ path: module, parts, wrapped: false, form: fit.form, sides: fit.sides }];
    model.findings.push(fit);
    return [];
  });
}

/** Modules of the base that the config names, with their weights. */
function targeted(model: Model, adapter: Adapter): { readonly module: string; readonly tensor: CheckpointTensor }[] {
  const targets = adapter.config.fields.get('target_modules');
  const matches = moduleTest(adapter, 'target_modules', targets);
  if (matches === undefined) return [];
  const excluded = moduleTest(adapter, 'exclude_modules', adapter.config.fields.get('exclude_modules')) ?? (() => false);
  const saved = listField(adapter.config, 'modules_to_save') ?? [];
  const layers = adapter.config.fields.get('layers_to_transform');
  const chosen = layers === null || layers === undefined ? undefined : new Set((Array.isArray(layers) ? layers : [layers]).map(Number));

  // The same difference of roots that the adapter's own modules show, the other way round.
  const homes = new Homes(model.base.tensors), sample = adapter.modules.map((module) => homes.find(`${module.path}.weight`)[0]).find((home) => home !== undefined);
  const inMemory = (module: string): string | undefined => {
    if (sample === undefined || sample.rule === 'exact') return module;
    if (sample.rule === 'rename') return module.startsWith(sample.root!) ? `${sample.prefix}${module.slice(sample.root!.length)}` : undefined;
    if (sample.rule === 'drop') return `${sample.prefix}.${module}`;
    return module.startsWith(`${sample.prefix}.`) ? module.slice(sample.prefix.length + 1) : undefined;
  };
  const found: { readonly module: string; readonly tensor: CheckpointTensor }[] = [];
  for (const tensor of model.base.tensors.values()) {
    if (!tensor.name.endsWith('.weight') || tensor.shape.length < 2) continue;
    const module = inMemory(tensor.name.slice(0, -'.weight'.length));
    if (module === undefined || !matches(module) || excluded(module)) continue;
    if (saved.some((name) => module === name || module.endsWith(`.${name}`))) continue;
    const layer = /\.(\d+)\./.exec(module)?.[1];
    if (chosen !== undefined && (layer === undefined || !chosen.has(Number(layer)))) continue;
    found.push({ module, tensor });
  }
  return found;
}

/** A test for module paths: text is a pattern for the whole path, a list holds names or endings. */
function moduleTest(adapter: Adapter, field: string, value: unknown): ((module: string) => boolean) | undefined {
  if (typeof value === 'string') {
    // "all-linear" is written out when an adapter is made; left as it stands it names nothing.
    if (value === 'all-linear') return undefined;
    const pattern = compilePattern(field, value, (text) => `^(?:${text})$`);
    return (module) => pattern.test(module);
  }
  const names = listField(adapter.config, field);
  return names && ((module) => names.some((name) => module === name || module.endsWith(`.${name}`)));
}
