/**
 * @module
 * Functions of whole arrays that decompose a matrix. Meant for a whole weight, where a method defines its result by the
 * singular vectors of the base: computed once, as a stage.
 */
import { refuse, type Text } from '../findings/index.ts';
import { DECOMPOSITION_UNDECIDED } from './codes.ts';
import { orthogonalFactor } from './linalg/householder.ts';
import { singularPairs } from './linalg/singular.ts';
import type { WholeFunction } from './whole.ts';

/** What float32 with some thousand roundings cannot tell from nothing, relative to the whole. */
const UNDECIDED = 2 ** -20;

const undecided = (en: string, zh: string): never => refuse(DECOMPOSITION_UNDECIDED, { what: { en, zh } satisfies Text });
const percent = (x: number): string => x.toExponential(2);

/**
 * Q of a QR decomposition (rows ≥ columns), as LAPACK and torch give it: linalg/householder.ts. With parameter 1 its signs
 * matter: a column whose sign float32 could not decide is refused, as is one that depends on those before it.
 */
const orthogonal: WholeFunction = {
  shape: ([x = []]) => (x.length === 2 && x[0]! >= x[1]! ? x : undefined),
  compute([x], [shape], [signs]) {
    const found = orthogonalFactor(x!, shape![0]!, shape![1]!);
    const dependent = found.findIndex(({ share }) => !(share > UNDECIDED)), unsigned = signs === 1 ? found.findIndex(({ pivot }) => !(pivot > UNDECIDED)) : -1;
    if (dependent >= 0) undecided(`column ${dependent} depends on those before it`, `第 ${dependent} 列与其前面的列线性相关`);
    if (unsigned >= 0) undecided(`the sign of column ${unsigned} hangs on an element of ${percent(found[unsigned]!.pivot)} of its norm`, `第 ${unsigned} 列的符号取决于一个仅为其范数 ${percent(found[unsigned]!.pivot)} 的元素`);
    return x!;
  },
};

/**
 * Terms `from … to` (exclusive) of W = Σ σⱼ uⱼ vⱼᵗ, σ descending, as rows (left m | right n) whose outer products they are; which of
 * both holds σ is left open. One more row (bound | 1 … 1): how far the sum of these terms is off when W is, per unit of float32
 * roundoff — σ₁·(1 + 2σₖ/(σₖ − σₖ₊₁)) at the cut, for W itself is only known to float32 where this was computed at training
 * (Davis and Kahan). A cut between values that float32 cannot tell apart is refused. Parameters: from, to.
 */
const singularTerms: WholeFunction = {
  shape: ([w = []], [from = 0, to = 0]) => (w.length === 2 && 0 <= from && from <= to && to <= Math.min(...w) ? [to - from + 1, w[0]! + w[1]!] : undefined),
  // The tall copy that is decomposed, its vectors, and the reflections they are made from.
  workspace: ([w = []]) => w[0]! * w[1]! + 2 * Math.min(w[0]!, w[1]!) ** 2,
  compute([w], [shape], [from = 0, to = 0]) {
    if (!w!.every((x) => Math.abs(x) < Infinity)) undecided('the weight holds NaN or infinity', '权重中含有 NaN 或无穷大');
    const [m, n] = shape as [number, number], tall = m >= n, side = Math.min(m, n), width = m + n;
    const { sigmas, vectors } = tall ? singularPairs(w!.slice(), m, n) : singularPairs(transposed(w!, m, n), n, m);
    const out = new Float64Array((to - from + 1) * width), most = sigmas[0] ?? 0;
    let amplified = 1;
    for (const cut of new Set([from, to])) {
      if (cut === 0 || cut === side) continue;
      const kept = sigmas[cut - 1]!, left = sigmas[cut]!, gap = kept - left;
      if (!(kept > UNDECIDED * most)) continue;
      if (!(gap > UNDECIDED * most)) undecided(`singular values ${cut} and ${cut + 1} are ${kept} and ${left}, the largest ${most}`, `第 ${cut} 与第 ${cut + 1} 个奇异值为 ${kept} 和 ${left}，最大值为 ${most}`);
      amplified += 2 * kept / gap;
    }
    for (let j = from; j < to; j++) {
      const row = (j - from) * width, v = vectors[j]!, other = out.subarray(row + (tall ? 0 : m), row + (tall ? m : width));
      out.set(v, row + (tall ? m : 0));
      // The other side is W·v, or Wᵗ·v where v is on the left: no division by a small σ.
      for (let i = 0; i < m; i++) {
        const line = w!.subarray(i * n, (i + 1) * n);
        if (tall) for (let k = 0; k < n; k++) other[i] = other[i]! + line[k]! * v[k]!;
        else for (let k = 0; k < n; k++) other[k] = other[k]! + line[k]! * v[i]!;
      }
    }
    out.fill(most * amplified, (to - from) * width, (to - from) * width + m).fill(1, (to - from) * width + m);
    return out;
  },
};

function transposed(w: Float64Array, m: number, n: number): Float64Array {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) out[j * m + i] = w[i * n + j]!;
  return out;
}

/** By the name that nodes carry. */
export const DECOMPOSITIONS = { orthogonal, singularTerms } as const satisfies Readonly<Record<string, WholeFunction>>;
