/**
 * @module
 * Adapters that are to be combined, module by module: what each brings, or why it cannot take part.
 */
import { initialisationFinding } from '../../adapters/fields.ts';
import { flagField, listField, show, textField, type Adapter, type AdapterModule } from '../../adapters/index.ts';
import { readValues } from '../../checkpoints/values.ts';
import type { CheckpointTensor } from '../../checkpoints/checkpoint.ts';
import { moduleOrder } from '../../families/index.ts';
import { finding, TemperError, type Finding, type Text } from '../../findings/index.ts';
import { decodeTensor, sameShape, type Shape } from '../../tensors/index.ts';
import { BASES_DIFFER, CANNOT_COMBINE, SEVERAL_OWNERS, SHAPES_DIFFER } from './codes.ts';

/** An adapter, its weight, and what messages call it. */
export interface Source { readonly adapter: Adapter; readonly weight: number; readonly name: string }

/** What one adapter brings to a module. */
export interface Part {
  readonly source: Source;
  readonly module: AdapterModule;
  /** weight · scale. */
  readonly factor: number;
  readonly a: CheckpointTensor;
  readonly b: CheckpointTensor;
  readonly bias?: CheckpointTensor;
}

/** A module of the combined adapter. */
export interface CombinedModule {
  readonly path: string;
  /** Names of the two factors on disk. */
  readonly names: readonly [a: string, b: string];
  /** Keys are written below it: `base_model.model.` and the path, or the sources' own. */
  readonly key: string;
  readonly parts: readonly Part[];
  /** Rows of B and columns of A, kernels flattened, and the sides that were flattened. */
  readonly out: number;
  readonly columns: number;
  readonly kernelA: Shape;
  readonly kernelB: Shape;
}

const TEXTS = {
  type: { en: 'it is no LoRA', zh: '它不是 LoRA' },
  dora: { en: 'DoRA has magnitudes, and they do not add up', zh: 'DoRA 含有幅值，无法相加' },
  experts: { en: 'it adapts parameters that hold all experts (target_parameters)', zh: '它适配的是容纳全部专家的参数（target_parameters）' },
  blocks: { en: 'its factors are blocks (BD-LoRA)', zh: '它的因子是分块的（BD-LoRA）' },
  tokens: { en: 'it trains single tokens, whose rows replace those of the base', zh: '它训练了单独的词元，其行会替换基座中的行' },
  changed: { en: 'its base was changed when training began (init_lora_weights)', zh: '训练开始时它的基座已被改动（init_lora_weights）' },
  replicated: { en: 'it replicates layers', zh: '它复制了层' },
  parts: { en: 'it has parameters besides the two factors', zh: '除两个因子外它还有其他参数' },
} as const satisfies Record<string, Text>;

/** Why an adapter cannot take part; undefined when it can. */
function objection({ config, type, modules, tokens }: Adapter): Text | undefined {
  const { fields } = config, on = (field: string) => { const value = fields.get(field); return value !== undefined && value !== null && value !== false && !(Array.isArray(value) && value.length === 0); };
  const init = fields.get('init_lora_weights') ?? true;
  if (type !== 'LORA') return TEXTS.type;
  if (flagField(config, 'use_dora') || modules.some(({ parts }) => parts.has('lora_magnitude_vector'))) return TEXTS.dora;
  if (on('use_bdlora')) return TEXTS.blocks;
  if (on('target_parameters') || modules.some(({ parameter }) => parameter !== undefined)) return TEXTS.experts;
  if (tokens.size > 0) return TEXTS.tokens;
  if (on('layer_replication')) return TEXTS.replicated;
  if (initialisationFinding(typeof init === 'string' ? init : show(init), config.path) !== undefined) return TEXTS.changed;
  return modules.some(({ parts }) => [...parts.keys()].some((name) => !KNOWN_PARTS.has(name))) ? TEXTS.parts : undefined;
}

const KNOWN_PARTS: ReadonlySet<string> = new Set(['lora_A.weight', 'lora_B.weight', 'lora_B.bias', 'lora_embedding_A', 'lora_embedding_B']);

/** Throws every reason why these cannot be combined at once; gives what is to be said besides. */
export function checkSources(sources: readonly Source[]): Finding[] {
  const problems = sources.flatMap(({ adapter, name }) => [
    ...adapter.findings.filter(({ severity }) => severity === 'error'),
    ...[objection(adapter)].filter((reason) => reason !== undefined).map((reason) => finding(CANNOT_COMBINE, { adapter: name, reason }, { path: name })),
  ]);
  if (problems.length > 0) throw new TemperError(problems);
  const bases = new Set(sources.flatMap(({ adapter }) => textField(adapter.config, 'base_model_name_or_path') ?? []));
  return bases.size < 2 ? [] : [finding(BASES_DIFFER, { bases: [...bases].join(', ') }, { path: '.' })];
}

/** Modules of all adapters, in the order of the model as far as it is known. */
export function combinedModules(sources: readonly Source[]): CombinedModule[] {
  const modules = new Map<string, Part[]>();
  for (const source of sources) {
    for (const module of source.adapter.modules) {
      const id = `${module.path}${module.wrapped ? '\nwrapped' : ''}`, [A, B] = namesOf(module), { scale } = source.adapter.scales.of(module.path), bias = module.parts.get('lora_B.bias');
      modules.set(id, [...modules.get(id) ?? [], { source, module, factor: source.weight * scale, a: module.parts.get(A)!, b: module.parts.get(B)!, ...(bias === undefined ? {} : { bias }) }]);
    }
  }
  const problems: Finding[] = [], combined = [...modules.values()].map((parts): CombinedModule => {
    const { module, a, b } = parts[0]!, names = namesOf(module), sides = (part: Part) => [part.b.shape[0]!, ...part.b.shape.slice(2), ...part.a.shape.slice(1)];
    const odd = parts.find((part) => String(sides(part)) !== String(sides(parts[0]!)) || namesOf(part.module)[0] !== names[0]);
    if (odd !== undefined) problems.push(finding(SHAPES_DIFFER, { module: module.path, first: sides(parts[0]!).join(', '), second: sides(odd).join(', ') }, { tensor: module.path }));
    const kernelA = a.shape.slice(1), kernelB = b.shape.slice(2);
    return {
      path: module.path, names, parts, kernelA, kernelB, out: b.shape[0]!, columns: kernelA.reduce((x, y) => x * y, 1),
      // Through an inner base_layer the path alone does not say where the factors belong.
      key: module.wrapped ? a.name.slice(0, a.name.indexOf(names[0].split('.')[0]!)) : `base_model.model.${module.path}.`,
    };
  });
  if (problems.length > 0) throw new TemperError(problems);
  const paths = combined.map(({ path }) => path), order = moduleOrder(DECODER, paths);
  return combined.sort((x, y) => order?.(x.path, y.path) ?? NATURAL.compare(x.path, y.path));
}

/** The architecture whose order of modules most others share; nothing but the drawing of random numbers depends on it. */
const DECODER = 'llama';
/** Names with numbers in them, by the numbers. */
const NATURAL = new Intl.Collator('en', { numeric: true });

const namesOf = ({ parts }: AdapterModule): readonly [string, string] => (parts.has('lora_embedding_A') ? ['lora_embedding_A', 'lora_embedding_B'] : ['lora_A.weight', 'lora_B.weight']);

/** Values of a tensor of a source, in float64. */
export async function valuesOf({ adapter }: Source, tensor: CheckpointTensor): Promise<Float64Array> {
  return decodeTensor(tensor.dtype, tensor.shape, await readValues(adapter.checkpoint, tensor));
}

/** Whole tensors that the combined adapter carries, each from its one owner. */
export async function wholeTensors(sources: readonly Source[], same: (a: Source, x: CheckpointTensor, b: Source, y: CheckpointTensor) => Promise<boolean>): Promise<{ source: Source; tensor: CheckpointTensor }[]> {
  const owners = new Map<string, { source: Source; tensor: CheckpointTensor }>(), problems: Finding[] = [];
  for (const source of sources) {
    for (const { target, tensor } of source.adapter.full) {
      const owner = owners.get(target);
      if (owner === undefined) owners.set(target, { source, tensor });
      else if (!sameShape(owner.tensor.shape, tensor.shape) || !await same(owner.source, owner.tensor, source, tensor)) problems.push(finding(SEVERAL_OWNERS, { tensor: target, first: owner.source.name, second: source.name }, { tensor: target }));
    }
  }
  if (problems.length > 0) throw new TemperError(problems);
  return [...owners.values()];
}

/** `target_modules` of the whole: both lists, or both patterns, or where they are mixed the modules themselves. */
export function targetsOf(sources: readonly Source[], modules: readonly CombinedModule[]): readonly string[] | string {
  const values = sources.map(({ adapter }) => adapter.config.fields.get('target_modules'));
  if (values.every((value) => typeof value === 'string')) { const patterns = [...new Set(values)]; return patterns.length === 1 ? patterns[0]! : patterns.map((pattern) => `(${pattern})`).join('|'); }
  if (values.every((value) => Array.isArray(value))) return [...new Set(sources.flatMap(({ adapter }) => listField(adapter.config, 'target_modules') ?? []))].sort();
  return modules.map(({ path }) => path);
}
