/**
 * @module
 * The general evaluator: any expression, any range of its elements, in bounded memory, with the bytes of the reference
 * evaluator.
 */
import type { Expression } from '../../tensors/index.ts';
import type { Emit, Program, ProgramInputs, ProgramStatistics } from '../program.ts';
import { boxesOfRange, flatStart, isWhole, split, volume } from './boxes.ts';
import { lanes, type KernelChoice } from './kernels.ts';
import type { Lane, LanePool } from './lane.ts';
import { lower, type Graph } from './lower.ts';
import { isComputed } from './match.ts';
import { Context } from './operators.ts';
import { tiling, type Tiling } from './tiling.ts';

/**
 * Compiles an expression that needs arithmetic, or whose bytes lie in too many pieces. Tiles have at most `tileElements`
 * elements; the default suits the caches.
 */
export async function generalProgram(expression: Expression, inputs: ProgramInputs, memoryBytes: number, kernels: KernelChoice, tileElements?: number): Promise<Program> {
  const graph = lower(unshaped(expression), inputs), plan = tiling(graph, memoryBytes, tileElements);
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
    await this.#lanes.use(this, async (lane) => this.#context(lane), async (context) => {
      for (const box of boxesOfRange(root.shape, begin, end)) {
        for (const tile of split(box, this.#tiling.tile)) {
          context.keeping = !isWhole(tile, root.shape);
          const block = await context.evaluate(root, tile), count = volume(tile);
          await emit(flatStart(root.shape, tile) * root.size, context.lane.bytes(block, count * root.size));
          context.lane.release(block);
          context.endTile();
          if (this.#computed) this.statistics.computed += count;
        }
      }
    });
  }

  #context(lane: Lane): Context {
    return new Context(lane, this.#tiling.tile, this.#graph.shared, this.#tiling.keptBytes);
  }
}
