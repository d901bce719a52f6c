/**
 * @module
 * Functions of whole arrays that spread a few coefficients over a weight: inverse Fourier and wavelet transforms of a matrix
 * that is zero but for the positions that a seed names (torch's randperm). Rows are independent of each other, so any part is
 * computed on its own, without the dense matrix.
 */
import { latest } from './latest.ts';
import { inverseDft } from './linalg/fourier.ts';
import { Mt19937, permutationStart } from './random/index.ts';
import { turn } from './turn.ts';
import type { WholeFunction } from './whole.ts';

const circleOf = latest((n: number) => Array.from({ length: n }, (_, i) => turn(i, n)));
const transformOf = latest(inverseDft);

/** Rows and columns of the positions. */
function places(seed: number, rows: number, columns: number, count: number): { readonly u: number; readonly v: number }[] {
  return permutationStart(new Mt19937(seed), rows * columns, count).map((at) => ({ u: Math.floor(at / columns), v: at % columns }));
}

const shape: WholeFunction['shape'] = ([c = []], [, rows = 0, columns = 0]) => (c.length === 1 && c[0]! <= rows * columns ? [rows, columns] : undefined);
/** All of it, as the part that is everything. */
const all = (own: Pick<WholeFunction, 'part'>): WholeFunction['compute'] => (of, _, parameters) => own.part!([0, 0], [parameters[1]!, parameters[2]!], of, parameters);

/**
 * rows · columns · Re(ifft2(S)) of coefficients c: Σₖ cₖ · cos 2π(i·uₖ/rows + j·vₖ/columns). For every row the transform along the
 * rows is a sum of its few terms, k ascending; the one along the columns is linalg/fourier.ts. Parameters: seed, rows, columns.
 */
const fourierSum: WholeFunction = {
  shape,
  compute: (of, shapes, parameters) => all(fourierSum)(of, shapes, parameters),
  part([low = 0, left = 0], [high = 0, right = 0], [c], [seed = 0, rows = 0, columns = 0]) {
    const at = places(seed, rows, columns, c!.length), circle = circleOf(rows), transform = transformOf(columns);
    const width = right - left, out = new Float64Array((high - low) * width), re = new Float64Array(columns), im = new Float64Array(columns);
    for (let i = low; i < high; i++) {
      re.fill(0);
      im.fill(0);
      at.forEach(({ u, v }, k) => {
        const [cos, sin] = circle[i * u % rows]!;
        re[v] = re[v]! + c![k]! * cos;
        im[v] = im[v]! + c![k]! * sin;
      });
      out.set(transform(re, im).subarray(left, right), (i - low) * width);
    }
    return out;
  },
};

/**
 * The inverse of a wavelet transform of one level (pywt's convention): Σₖ cₖ · φₖ[i] · ψₖ[j], where a wave holds at place i
 * filter[i + L − 2 + cut − 2p], p being the coefficient's place in its half and `cut` what is cut off in front. PEFT pads the
 * weight to even sides that the transform brings back to it, puts the positions into the middle, and gives the quarter at the
 * top right the high filter along the rows, the one at the bottom left along the columns. k ascending.
 * Parameters: seed, rows, columns, whether to take absolute values, then the low filter (L numbers).
 */
const waveletSum: WholeFunction = {
  shape,
  compute: (of, shapes, parameters) => all(waveletSum)(of, shapes, parameters),
  part([low = 0, left = 0], [high = 0, right = 0], [c], [seed = 0, rows = 0, columns = 0, absolute = 0, ...lowFilter]) {
    const L = lowFilter.length, highFilter = lowFilter.map((_, i) => (i % 2 === 0 ? 1 : -1) * lowFilter[L - 1 - i]!);
    const filters = [lowFilter, highFilter].map((filter) => (absolute === 1 ? filter.map(Math.abs) : filter)) as [number[], number[]];
    const width = right - left, out = new Float64Array((high - low) * width), along = axis(rows, L), across = axis(columns, L);
    places(seed, rows, columns, c!.length).forEach(({ u, v }, k) => {
      const [row, column] = [along(u), across(v)], [phi, psi] = [filters[column.second ? 1 : 0], filters[row.second ? 1 : 0]];
      for (let i = Math.max(low, row.start); i < Math.min(high, row.start + L); i++) {
        for (let j = Math.max(left, column.start); j < Math.min(right, column.start + L); j++) {
          const to = (i - low) * width + j - left;
          out[to] = out[to]! + c![k]! * phi[i - row.start]! * psi[j - column.start]!;
        }
      }
    });
    return out;
  },
};

/** Where the wave of a coefficient begins, and which half it stands in, along a side of a weight. */
function axis(side: number, L: number): (at: number) => { readonly start: number; readonly second: boolean } {
  const padded = side + L - 2 + (side + L) % 2, half = padded / 2, offset = Math.floor((padded - side) / 2), cut = L - 2 + Math.floor((padded - (L - 2) - side) / 2);
  return (at) => ({ start: 2 * ((at + offset) % half) - cut, second: at + offset >= half });
}

/** By the name that nodes carry. */
export const WAVES = { fourierSum, waveletSum } as const satisfies Readonly<Record<string, WholeFunction>>;
