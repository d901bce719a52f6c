/**
 * @module
 * One adapter of a run as the files of an adapter directory: its tensors, and a configuration that follows from the
 * configuration of the run, or from the tensors and the user's alpha.
 */
import { ALPHA_UNKNOWN, NO_ADAPTER_CONFIG } from '../../adapters/codes.ts';
import { ADAPTER_CONFIG, configText, loraFacts, loraFields, type LoraKnown } from '../../adapters/index.ts';
import type { AdapterPart } from '../../adapters/memory.ts';
import { finding, refuse, type Finding, type Text } from '../../findings/index.ts';
import type { LoraSettings, PartSettings } from '../../producers/xtuner-state.ts';
import { cast, isComputeDType, type ComputeDType } from '../../tensors/index.ts';
import { layOutFresh, plannedTensor } from '../fresh.ts';
import type { PlannedFile, WeightsFile } from '../plan.ts';
import { CONFIG_AND_TENSORS, CONFIG_FROM_RUN } from './codes.ts';

/** What is known beside the tensors. */
export interface AdapterSources {
  /** Its name, for messages: `adapter`, `llm_adapter` … */
  readonly part: string;
  /** Folder in the output, with a slash at its end, or ''. */
  readonly folder: string;
  /** What stands before its names in the state. */
  readonly prefix: string;
  readonly settings?: PartSettings;
  /** The user's word. */
  readonly alpha?: number;
  readonly dtype?: ComputeDType;
  readonly container?: WeightsFile['container'];
}

/** Files of an adapter and what is to be said of them. */
export interface AdapterPlan { readonly files: readonly PlannedFile[]; readonly findings: readonly Finding[] }

const MADE: Text = { en: 'made from the tensors and the configuration of the run', zh: '由张量与训练配置生成' };

/** The files of an adapter. Expressions read the checkpoint's files as the plan's first inputs. */
export function adapterFiles({ checkpoint, renamed }: AdapterPart, sources: AdapterSources): AdapterPlan {
  const file = checkpoint.files[0]?.path ?? checkpoint.folder.label, facts = loraFacts(checkpoint.tensors.values());
  const tensors = [...checkpoint.tensors.values()].map(({ name, dtype, expression }) => {
    const typed = sources.dtype !== undefined && isComputeDType(dtype) ? cast(sources.dtype, expression) : expression;
    return plannedTensor(name, typed, 'W', [`base:${sources.prefix}${renamed.get(name) ?? name}`]);
  });
  const findings: Finding[] = [], files: PlannedFile[] = layOutFresh(tensors, {
    stem: 'adapter_model', folder: sources.folder, single: sources.container === undefined || sources.container === 'safetensors' ? 'adapter_model.safetensors' : 'adapter_model.bin',
    ...(sources.container === undefined ? {} : { container: sources.container }),
  });
  if (facts === undefined) refuse(NO_ADAPTER_CONFIG, { folder: checkpoint.folder.label }, { path: '.' });
  const known = knownOf(sources);
  if (known === undefined) refuse(ALPHA_UNKNOWN, { folder: checkpoint.folder.label, file, r: facts.r, modules: facts.targetModules.join(', ') }, { path: file });
  const stated = sources.settings?.lora?.r;
  if (sources.alpha === undefined && stated !== undefined && stated !== facts.r) differ(sources.part, 'r', stated, facts.r);
  findings.push(finding(CONFIG_FROM_RUN, { part: sources.part, r: facts.r, alpha: known.alpha, modules: facts.targetModules.join(', ') }, { path: `${sources.folder}${ADAPTER_CONFIG}` }));
  files.push({ kind: 'text', path: `${sources.folder}${ADAPTER_CONFIG}`, text: configText(loraFields(facts, known)), why: MADE });
  return { files, findings };
}

function differ(part: string, field: string, stated: number, found: number): never {
  return refuse(CONFIG_AND_TENSORS, { part, field, stated, found }, { path: ADAPTER_CONFIG, found, expected: stated });
}

function knownOf({ settings, alpha }: AdapterSources): LoraKnown | undefined {
  const lora: LoraSettings | undefined = settings?.lora;
  if (alpha === undefined && lora === undefined) return undefined;
  return {
    alpha: alpha ?? lora!.alpha, ...(settings?.base === undefined ? {} : { base: settings.base }),
    ...(lora === undefined ? {} : { dropout: lora.dropout, taskType: lora.taskType, rslora: lora.rslora }),
  };
}
