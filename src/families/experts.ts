/**
 * @module
 * Experts: in memory (transformers 5) one 3-D parameter for all of them, in most files one matrix per expert
 * (peft.md §1.10, §5.6). Which matrices make up a parameter, stacked along their rows, and what the block around them is
 * called in the file.
 */

/** How a family of files names its experts. */
interface ExpertNaming {
  /** The block that holds `experts`, in the file; in memory it is `mlp` for all of these. */
  readonly block: string;
  /** Matrices of one expert by the parameter that they are part of, first rows first. */
  readonly matrices: Readonly<Record<string, readonly string[]>>;
}

const NAMINGS: readonly ExpertNaming[] = [
  // qwen2_moe, qwen3_moe, deepseek_v2/v3, olmoe, glm4_moe and others.
  { block: 'mlp', matrices: { gate_up_proj: ['gate_proj', 'up_proj'], down_proj: ['down_proj'] } },
  // mixtral, minimax, phimoe.
  { block: 'block_sparse_moe', matrices: { gate_up_proj: ['w1', 'w3'], down_proj: ['w2'] } },
  // jamba, lfm2_moe.
  { block: 'feed_forward', matrices: { gate_up_proj: ['gate_proj', 'up_proj'], down_proj: ['down_proj'] } },
];

/**
 * Order in which the classes of experts register their parameters, which is the order in which PEFT wraps them: the first
 * is the innermost. Holds for Qwen3-MoE, Mixtral, GPT-OSS and Llama 4 (golden adapters of each).
 */
export const EXPERT_PARAMETERS: readonly string[] = ['gate_up_proj', 'down_proj'];

/** Architectures whose 3-D experts are stored (experts, in, out): transformers marks them `is_transposed`. */
export const EXPERTS_STORED_TURNED: ReadonlySet<string> = new Set(['gpt_oss']);

/** Names that the file may have for a parameter of memory: under another block, or as the matrices of each expert. */
export interface ExpertNames {
  /** The parameter itself under the block's name in the file. */
  readonly whole: string;
  /** Matrices of expert `index`, stacked along their rows; undefined for a parameter that is no expert's. */
  of?(index: number): readonly string[];
}

/** Every naming of `path` (`…mlp.experts.gate_up_proj`, `…mlp.gate.weight`), the one in memory first. */
export function expertNames(path: string): ExpertNames[] {
  const match = /^(.*\.)?(mlp|block_sparse_moe|feed_forward)\.(.+)$/.exec(path);
  if (match === null) return [{ whole: path }];
  const [, root = '', memory, rest] = match as unknown as [string, string | undefined, string, string];
  const parameter = /^experts\.([^.]+)$/.exec(rest)?.[1];
  const namings = NAMINGS.toSorted((a, b) => Number(b.block === memory) - Number(a.block === memory));
  return namings.map(({ block, matrices }) => {
    const parts = parameter === undefined || !Object.hasOwn(matrices, parameter) ? undefined : matrices[parameter];
    return {
      whole: `${root}${block}.${rest}`,
      ...(parts === undefined ? {} : { of: (index: number) => parts.map((matrix) => `${root}${block}.experts.${index}.${matrix}.weight`) }),
    };
  });
}

/** A matrix of one expert, and the parameter of all experts that it is part of. */
export interface FusedExpert {
  /** Name of the parameter in a file that keeps all experts together. */
  readonly whole: string;
  readonly index: number;
  /** Matrices that are stacked in the parameter, and which of them this is. */
  readonly matrices: readonly string[];
  readonly position: number;
  /** Name of the weight of a matrix of another expert, as this one is named. */
  single(index: number, matrix: number): string;
}

/** Every parameter that a module of one expert (`…mlp.experts.3.gate_proj`) may be part of. */
export function fusedExpert(path: string): FusedExpert[] {
  const match = /^(.*\.)?(mlp|block_sparse_moe|feed_forward)\.experts\.(\d+)\.([^.]+)$/.exec(path);
  if (match === null) return [];
  const [, root = '', block, index, matrix] = match as unknown as [string, string | undefined, string, string, string], blocks = [block, ...NAMINGS.map((naming) => naming.block)];
  const parameters = NAMINGS.flatMap(({ matrices }) => Object.entries(matrices)).filter(([, parts]) => parts.includes(matrix));
  return [...new Map(parameters.flatMap(([parameter, matrices]) => blocks.map((own): [string, FusedExpert] => {
    const whole = `${root}${own}.experts.${parameter}`;
    return [`${whole} ${matrices}`, { whole, index: Number(index), matrices, position: matrices.indexOf(matrix), single: (expert, at) => `${root}${block}.experts.${expert}.${matrices[at]!}.weight` }];
  }))).values()];
}
