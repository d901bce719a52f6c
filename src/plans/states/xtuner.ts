/**
 * @module
 * The plan that divides a checkpoint of XTuner into the parts of its model, as `xtuner convert pth_to_hf` does, but with
 * the dtype that was trained and without building the model: adapters with their configurations, whole parts, projector.
 */
import { adapterPart } from '../../adapters/memory.ts';
import { methodOf } from '../../adapters/methods/index.ts';
import type { Checkpoint, CheckpointTensor } from '../../checkpoints/checkpoint.ts';
import { STATE_NO_ADAPTER } from '../../checkpoints/states/codes.ts';
import { finding, refuse, type Finding, type Text } from '../../findings/index.ts';
import { xtunerName, type XtunerPart, type XtunerSettings } from '../../producers/xtuner-state.ts';
import { cast, DTYPES, isComputeDType, type ComputeDType } from '../../tensors/index.ts';
import { layOutFresh, plannedTensor } from '../fresh.ts';
import { InputTable, planInput } from '../inputs.ts';
import type { BoundPlan } from '../merge.ts';
import type { Dropped, PlannedFile, PlannedTensor, WeightsFile } from '../plan.ts';
import { adapterFiles, type AdapterSources } from './adapter.ts';
import { CONFIG_OF_BASE_NEEDED, FORMAT_CANNOT, NEEDS_BASES, NOT_XTUNER, OTHER_PARTS_LEFT } from './codes.ts';
import { PROJECTOR_CONFIGURATION, PROJECTOR_MODELING, projectorConfig, projectorSides } from './projector.ts';
import { WHOLE_NAMES, type WholeFormat } from './whole-names.ts';

/** What a division may be told. */
export interface XtunerOptions {
  readonly format: 'xtuner' | WholeFormat;
  readonly settings: XtunerSettings;
  /** Text of the training configuration, carried along as xtuner_config.py. */
  readonly configText?: string;
  /** Adapters were asked for, so a state without any is refused. */
  readonly adapters?: boolean;
  readonly alpha?: number;
  readonly dtype?: ComputeDType;
  readonly maxShardBytes?: number;
  readonly container?: WeightsFile['container'];
  readonly output: string;
  readonly version: string;
}

/** A tensor and its name within its part. */
interface Member { readonly name: string; readonly keep: string; readonly tensor: CheckpointTensor }

const FROZEN: Text = { en: 'frozen in training: it is the base\'s', zh: '训练中被冻结：属于基座' };
const MADE: Text = { en: 'made from the shapes of the projector', zh: '由投影器的形状生成' }, OF_RUN: Text = { en: 'the configuration of the run, out of the checkpoint', zh: '检查点中保存的训练配置' };

/** The plan. Its inputs are the files of the checkpoint. */
export async function planXtuner(checkpoint: Checkpoint, options: XtunerOptions): Promise<BoundPlan> {
  const table = new InputTable(), findings: Finding[] = [...checkpoint.findings], dropped: Dropped[] = [], file = checkpoint.files[0]?.path ?? '.';
  await table.addCheckpoint('base', checkpoint);
  const parts = divide(checkpoint, file), files: PlannedFile[] = [], known = trainedOf(checkpoint);
  // A part of which nothing was trained is its base's.
  for (const [part, members] of known === undefined ? [] : parts) {
    if (members.some(({ tensor }) => known!.has(tensor.name))) continue;
    parts.delete(part);
    dropped.push(...members.map(({ tensor }) => ({ name: tensor.name, why: FROZEN })));
  }
  const isAdapter = (part: XtunerPart) => (parts.get(part) ?? []).some(({ name }) => name.startsWith('base_model.'));
  const several = ['visual_encoder', 'projector'].some((part) => parts.has(part as XtunerPart)), output = options.output;
  // InternVL's whole model was saved; without adapters there is nothing to keep apart.
  const undivided = [...parts.values()].flat().some(({ keep }) => keep !== '') && !isAdapter('llm') && !isAdapter('visual_encoder');
  if (options.adapters === true && !isAdapter('llm') && !isAdapter('visual_encoder')) refuse(STATE_NO_ADAPTER, { folder: file, count: checkpoint.tensors.size, type: 'LORA' }, { path: file });
  if (options.format === 'xtuner' && !undivided) {
    const adapter = (part: 'llm' | 'visual_encoder', folder: string) => {
      const members = [...parts.get(part)!, ...(part === 'llm' ? parts.get('head') ?? [] : []).map(asSaved)];
      const taken = adapterPart(only(checkpoint, members), methodOf('LORA')!), made = adapterFiles(taken, sourcesOf(part, folder, options));
      files.push(...made.files);
      findings.push(...made.findings);
      dropped.push(...taken.dropped);
    };
    if (isAdapter('llm')) adapter('llm', several ? 'llm_adapter/' : '');
    else if (parts.has('llm')) files.push(...whole([...parts.get('llm')!, ...headOf(parts)], '', options));
    if (isAdapter('visual_encoder')) adapter('visual_encoder', 'visual_encoder_adapter/');
    else if (parts.has('visual_encoder')) files.push(...whole(parts.get('visual_encoder')!, 'visual_encoder/', options));
    if (parts.has('projector')) files.push(...projectorFiles(parts.get('projector')!, options));
  } else {
    for (const part of ['llm', 'visual_encoder'] as const) if (isAdapter(part)) refuse(NEEDS_BASES, { format: options.format, part: `${part}_adapter`, file }, { path: file });
    files.push(...layOutFresh(inOne(parts, options), sizeOptions('', options)));
  }
  if (!isAdapter('llm') && parts.has('llm')) findings.push(finding(CONFIG_OF_BASE_NEEDED, { base: options.settings.llm.base ?? { en: 'the base model', zh: '基座模型' }, output }, { path: '.' }));
  if (options.format === 'xtuner' && !undivided && parts.size > 1 && several) findings.push(finding(OTHER_PARTS_LEFT, { parts: [...parts.keys()].join(', '), output }, { path: '.' }));
  if (options.configText !== undefined) files.push({ kind: 'text', path: 'xtuner_config.py', text: options.configText, why: OF_RUN });
  return { inputs: table.inputs, plan: { schema: 'temper.plan/1', verb: 'convert', version: options.version, stages: [], files, dropped, findings, inputs: table.inputs.map(planInput) } };
}

/** Tensors by part; one that is no part's is refused. */
function divide(checkpoint: Checkpoint, file: string): Map<XtunerPart, Member[]> {
  const parts = new Map<XtunerPart, Member[]>();
  for (const [key, tensor] of checkpoint.tensors) {
    const place = xtunerName(key);
    if (place === undefined) refuse(NOT_XTUNER, { file, tensor: key }, { path: file, tensor: key });
    const members = parts.get(place.part) ?? [];
    parts.set(place.part, members);
    members.push({ name: place.name, keep: place.keep, tensor });
  }
  return parts;
}

/** Names that a state says were trained; undefined where it does not say. */
function trainedOf({ state }: Checkpoint): ReadonlySet<string> | undefined {
  return state?.trained === undefined || state.trained.size === 0 ? undefined : state.trained;
}

/**
 * Some tensors as a checkpoint of their own. XTuner saves what was trained and nothing else; DeepSpeed may have saved what
 * was frozen too, and then says what was trained.
 */
function only(checkpoint: Checkpoint, members: readonly Member[]): Checkpoint {
  const known = trainedOf(checkpoint), trained = members.filter(({ tensor }) => known?.has(tensor.name) ?? true).map(({ name }) => name);
  return { ...checkpoint, tensors: new Map(members.map(({ name, tensor }) => [name, { ...tensor, name }])), state: { kind: 'zero', tag: '', ...checkpoint.state, trained: new Set(trained) } };
}

function sourcesOf(part: 'llm' | 'visual_encoder', folder: string, { settings, alpha, dtype, container }: XtunerOptions): AdapterSources {
  return {
    part: folder === '' ? 'adapter' : folder.slice(0, -1), folder, settings: settings[part], prefix: `${part}.`, ...(alpha === undefined ? {} : { alpha }), ...(dtype === undefined ? {} : { dtype }), ...(container === undefined ? {} : { container }),
  };
}

function sizeOptions(folder: string, { container, maxShardBytes }: XtunerOptions) {
  return { stem: 'model', folder, ...(container === undefined ? {} : { container }), ...(maxShardBytes === undefined ? {} : { maxShardBytes }) };
}

function member(name: string, tensor: CheckpointTensor, dtype: ComputeDType | undefined): PlannedTensor {
  return plannedTensor(name, dtype !== undefined && isComputeDType(tensor.dtype) ? cast(dtype, tensor.expression) : tensor.expression, 'W', [`base:${tensor.name}`]);
}

/** Modules of InternLM2, whose reward model keeps the name `v_head`; in other families it is the head of a classifier. */
const INTERNLM2 = /\.attention\.wqkv\.|(?:^|\.)tok_embeddings\./;

/** The head of a reward model as a part of the language model. */
function headOf(parts: ReadonlyMap<XtunerPart, readonly Member[]>): Member[] {
  const own = (parts.get('llm') ?? []).some(({ name }) => INTERNLM2.test(name));
  return (parts.get('head') ?? []).map((head) => ({ ...head, name: own ? head.name : head.name.replace(/^v_head\./, 'score.') }));
}

/** The head of a reward model beside a LoRA: a module that is saved whole. */
const asSaved = (head: Member): Member => ({ ...head, name: `base_model.model.${head.name.replace(/^v_head\./, 'score.')}` });

function whole(members: readonly Member[], folder: string, options: XtunerOptions): PlannedFile[] {
  return layOutFresh(members.map(({ name, keep, tensor }) => member(keep + name, tensor, options.dtype)), sizeOptions(folder, options));
}

function projectorFiles(members: readonly Member[], options: XtunerOptions): PlannedFile[] {
  const files = whole(members, 'projector/', options), sides = projectorSides(new Map(members.map(({ name, tensor }) => [name, tensor.shape])));
  if (sides === undefined) return files;
  const dtype = DTYPES[options.dtype ?? members[0]!.tensor.dtype].torch ?? 'float32';
  return [...files,
    { kind: 'text', path: 'projector/config.json', text: projectorConfig(sides, dtype), why: MADE },
    { kind: 'text', path: 'projector/configuration_projector.py', text: PROJECTOR_CONFIGURATION, why: MADE },
    { kind: 'text', path: 'projector/modeling_projector.py', text: PROJECTOR_MODELING, why: MADE },
  ];
}

/** All parts under the names of one model. */
function inOne(parts: ReadonlyMap<XtunerPart, readonly Member[]>, options: XtunerOptions): PlannedTensor[] {
  const format = options.format === 'xtuner' ? 'huggingface' : options.format, alone = !parts.has('projector') && !parts.has('visual_encoder');
  return [...parts].flatMap(([part, members]) => (part === 'head' ? headOf(parts) : members).flatMap(({ name, keep, tensor }) => {
    // A language model alone is already in the layout of transformers; so is InternVL, whose whole model was saved.
    if (alone || keep !== '' || name.startsWith('mlp1.')) return [member(keep + name, tensor, options.dtype)];
    const renamed = part === 'head' ? name : WHOLE_NAMES[format](part, name);
    if (renamed === undefined) refuse(FORMAT_CANNOT, { format, problem: { en: `${tensor.name} has no name there`, zh: `${tensor.name} 在其中没有名称` } }, { tensor: tensor.name });
    return renamed === null ? [] : [member(renamed, tensor, options.dtype)];
  }));
}
