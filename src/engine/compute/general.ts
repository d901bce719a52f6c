/**
 * @module
 * The general evaluator: any expression, any range of its elements, in bounded memory, with the bytes of the reference
 * evaluator.
 */
import { elementCount, type Expression } from '../../tensors/index.ts';
import type { Emit, Program, ProgramInputs, ProgramStatistics } from '../program.ts';
import { boxesOfRange, flatStart, split, volume, whole } from './boxes.ts';
import { lanes, type KernelChoice } from './kernels.ts';
import type { Lane, LanePool } from './lane.ts';
import { lower, type Graph } from './lower.ts';
import { isComputed } from './match.ts';
import { Context } from './operators.ts';
import { tiling, type Tiling } from './tiling.ts';

/** Compiles an expression that needs arithmetic, or whose bytes lie in too many pieces. */
export async function generalProgram(expression: Expression, inputs: ProgramInputs, memoryBytes: number, kernels: KernelChoice): Promise<Program> {
  const graph = lower(unshaped(expression), inputs), plan = tiling(graph, memoryBytes);
  return new GeneralProgram(graph, plan, await lanes(kernels), isComputed(expression));
}

/** Shape of the same elements in which their operands have theirs: a reshape on the outside says nothing about tiles. */
function unshaped(node: Expression): Expression {
  if (node.op === 'reshape') return unshaped(node.of);
  if (node.op === 'cast') {
    const of = unshaped(node.of);
    return of === node.of ? node : { ...node, of, shape: of.shape };
  }
  return node;
}

class GeneralProgram implements Program {
  readonly kind = 'general';
  readonly granule: number;
  readonly residentBytes: number;
  readonly statistics: ProgramStatistics = { recomputed: 0, computed: 0 };
  readonly #graph: Graph;
  readonly #tiling: Tiling;
  readonly #lanes: LanePool;
  readonly #computed: boolean;

  constructor(graph: Graph, plan: Tiling, pool: LanePool, computed: boolean) {
    this.#graph = graph;
    this.#tiling = plan;
    this.#lanes = pool;
    this.#computed = computed;
    this.granule = plan.granule;
    this.residentBytes = plan.bytes;
  }

  async run(begin: number, end: number, emit: Emit): Promise<void> {
    const { root } = this.#graph;
    await this.#lanes.use(this, (lane) => this.#load(lane), async (context) => {
      for (const box of boxesOfRange(root.shape, begin, end)) {
        for (const tile of split(box, this.#tiling.tile)) {
          const block = await context.evaluate(root, tile), count = volume(tile);
          await emit(flatStart(root.shape, tile) * root.size, context.lane.bytes(block, count * root.size));
          context.lane.release(block);
          context.endTile();
          if (this.#computed) this.statistics.computed += count;
        }
      }
    });
  }

  /** Packs and computes what stays for all tiles. */
  async #load(lane: Lane): Promise<Context> {
    const { operators, shared } = this.#graph, { tile, residents, packs } = this.#tiling, context = new Context(lane, tile, shared);
    for (const operator of operators) {
      if (packs.has(operator)) context.packs.set(operator, await operator.pack!(context));
      if (!residents.has(operator)) continue;
      const block = lane.allocate(elementCount(operator.shape) * operator.size);
      for (const box of split(whole(operator.shape), tile)) {
        const part = await context.evaluate(operator, box), to = block.at + flatStart(operator.shape, box) * operator.size;
        lane.u8.copyWithin(to, part.at, part.at + volume(box) * operator.size);
        lane.release(part);
        context.endTile();
      }
      context.residents.set(operator, block);
    }
    return context;
  }
}
