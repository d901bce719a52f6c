/**
 * @module
 * The way back: factors in another layout as an adapter of PEFT.
 */
import { ADAPTER_CONFIG, configText, loraFacts, loraFields } from '../../adapters/index.ts';
import type { Checkpoint, CheckpointTensor } from '../../checkpoints/checkpoint.ts';
import { ggufArchitectureOf, hfModule } from '../../families/index.ts';
import { refuse, type Text } from '../../findings/index.ts';
import { cast, isComputeDType, transpose, type ComputeDType, type Expression } from '../../tensors/index.ts';
import { layOutFresh, plannedTensor } from '../fresh.ts';
import { InputTable, planInput } from '../inputs.ts';
import { toHalves } from '../llama/rotary.ts';
import type { BoundPlan } from '../merge.ts';
import type { PlannedTensor, WeightsFile } from '../plan.ts';
import { ARCHITECTURE_UNKNOWN, NOT_THIS_ADAPTER } from './codes.ts';
import { mostCommon, type Factors } from './factors.ts';
import type { GgufFacts, HeadCounts } from './gguf.ts';

/** What an import may be told. */
export interface PeftOptions { readonly dtype?: ComputeDType; readonly container?: WeightsFile['container']; readonly base?: string; readonly version: string }

/** The plan of a PEFT adapter out of factors; the checkpoint's files are its first inputs. */
export async function planPeft(checkpoint: Checkpoint, all: readonly Factors[], options: PeftOptions): Promise<BoundPlan> {
  const table = new InputTable();
  await table.addCheckpoint('base', checkpoint);
  const typed = (of: Expression) => (options.dtype !== undefined && isComputeDType(of.dtype) ? cast(options.dtype, of) : of);
  const tensors = all.flatMap(({ path, a, b, magnitude, embedding, from }): PlannedTensor[] => {
    const root = `base_model.model.${path}`;
    return [
      plannedTensor(embedding ? `${root}.lora_embedding_A` : `${root}.lora_A.weight`, typed(a), 'A', [from.a]),
      plannedTensor(embedding ? `${root}.lora_embedding_B` : `${root}.lora_B.weight`, typed(b), 'B', [from.b]),
      ...(magnitude === undefined ? [] : [plannedTensor(`${root}.lora_magnitude_vector`, typed(magnitude), 'm', [from.magnitude!])]),
    ];
  });
  const facts = loraFacts(tensors);
  if (facts === undefined) refuse(NOT_THIS_ADAPTER, { file: checkpoint.files[0]?.path ?? '.', problem: { en: 'it holds no pair of factors', zh: '其中没有成对的因子' } }, { path: checkpoint.files[0]?.path ?? '.' });
  // lora_alpha is the scale times the rank; what differs from the most common one gets an entry of its own.
  const alphas = all.map(({ path, scale, a }) => [path, scale * (a.shape[0] ?? 1)] as const), alpha = mostCommon(alphas.map(([, own]) => own));
  const fields = loraFields(facts, { alpha, ...(options.base === undefined ? {} : { base: options.base }), taskType: 'CAUSAL_LM', alphaPattern: new Map(alphas.filter(([, own]) => own !== alpha)) });
  const torch = options.container === 'torch-zip' || options.container === 'torch-legacy';
  return {
    inputs: table.inputs,
    plan: {
      schema: 'temper.plan/1', verb: 'convert', version: options.version, stages: [], findings: checkpoint.findings, dropped: [], inputs: table.inputs.map(planInput),
      files: [
        ...layOutFresh(tensors, { stem: 'adapter_model', single: torch ? 'adapter_model.bin' : 'adapter_model.safetensors', ...(options.container === undefined ? {} : { container: options.container }) }),
        { kind: 'text', path: ADAPTER_CONFIG, text: configText(fields), why: { en: 'made from the metadata and the tensors', zh: '由元数据与张量生成' } },
      ],
    },
  };
}

/** Tensors by module, each under the ending of its name. */
function byModule(checkpoint: Checkpoint, endings: RegExp): Map<string, Map<string, CheckpointTensor>> {
  const modules = new Map<string, Map<string, CheckpointTensor>>();
  for (const tensor of checkpoint.tensors.values()) {
    const [, path, ending] = endings.exec(tensor.name) ?? [];
    if (path === undefined) return unknown(checkpoint, tensor.name, { en: `${tensor.name} is no factor`, zh: `${tensor.name} 不是因子` });
    const own = modules.get(path) ?? new Map<string, CheckpointTensor>();
    modules.set(path, own.set(ending!, tensor));
  }
  return modules;
}

function unknown(checkpoint: Checkpoint, tensor: string, problem: Text): never {
  return refuse(NOT_THIS_ADAPTER, { file: checkpoint.files[0]?.path ?? '.', problem }, { path: checkpoint.files[0]?.path ?? '.', tensor });
}

function pair(checkpoint: Checkpoint, path: string, parts: ReadonlyMap<string, CheckpointTensor>): { a: CheckpointTensor; b: CheckpointTensor } {
  const a = parts.get('lora_a'), b = parts.get('lora_b');
  if (a === undefined || b === undefined || a.shape.length !== 2 || b.shape.length !== 2) return unknown(checkpoint, path, { en: `${path} has no two factors that are matrices`, zh: `${path} 没有两个矩阵形式的因子` });
  return { a, b };
}

/** Whether rows of q and k must be put back, so that the heads of the base are needed. */
export function needsHeads(checkpoint: Checkpoint, { arch }: GgufFacts): boolean {
  return ggufArchitectureOf(arch)?.pairs === true && [...checkpoint.tensors.keys()].some((name) => /\.attn_[qk]\.weight\.lora_b$/.test(name));
}

/** Factors of a GGUF adapter. `heads` where `needsHeads`. */
export function ggufFactors(checkpoint: Checkpoint, facts: GgufFacts, heads: HeadCounts | undefined): Factors[] {
  const architecture = ggufArchitectureOf(facts.arch);
  if (architecture === undefined) refuse(ARCHITECTURE_UNKNOWN, { architecture: facts.arch }, { path: checkpoint.files[0]!.path });
  return [...byModule(checkpoint, /^(.+)\.weight\.(lora_[ab])$/)].map(([name, parts]): Factors => {
    const { a, b } = pair(checkpoint, name, parts), path = hfModule(name, facts.arch), embedding = name === 'token_embd';
    if (path === undefined) return unknown(checkpoint, name, { en: `${name} is no weight of ${facts.arch} that transformers has`, zh: `${name} 不是 transformers 中 ${facts.arch} 的权重` });
    const A = embedding ? transpose(a.expression) : a.expression, rank = b.shape[1]!;
    if (A.shape[0] !== rank) return unknown(checkpoint, name, { en: `the factors of ${name} have ranks ${A.shape[0]} and ${rank}`, zh: `${name} 的两个因子秩分别为 ${A.shape[0]} 和 ${rank}` });
    const kind = /attn_([qk])$/.exec(name)?.[1], turned = architecture.pairs === true && kind !== undefined && heads !== undefined;
    return {
      path, a: A, b: turned ? toHalves(b.expression, kind === 'q' ? heads.query : heads.key) : b.expression, embedding,
      // Without alpha llama.cpp multiplies with the user's factor alone.
      scale: facts.alpha === undefined ? 1 : facts.alpha / rank, from: { a: `base:${a.name}`, b: `base:${b.name}` },
    };
  });
}

/** Factors of an MLX adapter with this scale. */
export function mlxFactors(checkpoint: Checkpoint, scale: number): Factors[] {
  return [...byModule(checkpoint, /^(.+)\.(lora_a|lora_b|m)$/)].map(([path, parts]): Factors => {
    const { a, b } = pair(checkpoint, path, parts), magnitude = parts.get('m');
    if (a.shape[1] !== b.shape[0]) return unknown(checkpoint, path, { en: `the factors of ${path} have ranks ${a.shape[1]} and ${b.shape[0]}`, zh: `${path} 的两个因子秩分别为 ${a.shape[1]} 和 ${b.shape[0]}` });
    return {
      path, a: transpose(a.expression), b: transpose(b.expression), scale, embedding: /(?:^|\.)(?:embed_tokens|wte)$/.test(path),
      from: { a: `base:${a.name}`, b: `base:${b.name}`, ...(magnitude === undefined ? {} : { magnitude: `base:${magnitude.name}` }) }, ...(magnitude === undefined ? {} : { magnitude: magnitude.expression }),
    };
  });
}
