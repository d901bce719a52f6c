/**
 * @module
 * Sums of products in float64, k ascending from 0, one multiplication and one addition per term: the bytes of the
 * reference evaluator. `dots`: a few chosen elements. `matmul`: all of a tile.
 */
import { ZERO, add32, get, i32, locals, params, set, step, times } from './wat.mjs';

/**
 * Four dot products at a time over rows of float32. A job is 32 bytes: four pairs (address of a row of B, address of a
 * row of A transposed); they are replaced by the four sums. One chain of additions has the latency of an addition per
 * term; four of them hide it.
 */
export function dots() {
  const product = (i) => `(f64.mul (f64.promote_f32 (f32.load ${get(`b${i}`)})) (f64.promote_f32 (f32.load ${get(`a${i}`)})))`;
  return `(func (export "dots") ${params('i32', 'job', 'end', 'bytes')}
    ${times(4, (i) => `${locals('i32', `a${i}`, `b${i}`)} ${locals('f64', `s${i}`)}`)} ${locals('i32', 'stop')}
    (loop $jobs
      ${times(4, (i) => `${set(`b${i}`, `(i32.load offset=${8 * i} ${get('job')})`)} ${set(`a${i}`, `(i32.load offset=${8 * i + 4} ${get('job')})`)} ${set(`s${i}`, '(f64.const 0)')}`)}
      ${set('stop', add32(get('b0'), get('bytes')))}
      (loop $terms
        ${times(4, (i) => set(`s${i}`, `(f64.add ${get(`s${i}`)} ${product(i)})`))}
        ${times(4, (i) => `${step(`a${i}`, 4)} ${step(`b${i}`, 4)}`)}
        (br_if $terms (i32.ne ${get('b0')} ${get('stop')})))
      ${times(4, (i) => `(f64.store offset=${8 * i} ${get('job')} ${get(`s${i}`)})`)}
      ${step('job', 32)}
      (br_if $jobs (i32.lt_u ${get('job')} ${get('end')}))))`;
}

/**
 * `strips` of 4 rows by `panels` of 4 columns. a: `[rows/4][k][4]`, b: `[cols/4][k][4]`, out: rows of `stride` bytes; all float64.
 * The output is written whole strips and panels wide, so it has room for them.
 */
export function matmul() {
  const acc = (i, j) => `c${i}${j}`;
  const each = (body) => [0, 1, 2, 3].flatMap((i) => [body(i, 0), body(i, 1)]).join('\n');
  const out = (i) => (i === 0 ? get('op') : add32(get('op'), get(i === 1 ? 'stride' : `stride${i}`)));
  return `(func (export "matmul") ${params('i32', 'ap', 'b', 'o', 'strips', 'panels', 'k', 'stride')}
    ${locals('v128', 'a', 'b0', 'b1', ...[0, 1, 2, 3].flatMap((i) => [acc(i, 0), acc(i, 1)]))}
    ${locals('i32', 'aq', 'bp', 'aend', 'op', 'oend', 'stride2', 'stride3')}
    ${set('stride2', `(i32.shl ${get('stride')} ${i32(1)})`)}
    ${set('stride3', add32(get('stride'), get('stride2')))}
    (loop $rows
      ${set('bp', get('b'))} ${set('op', get('o'))}
      ${set('oend', add32(get('o'), `(i32.shl ${get('panels')} ${i32(5)})`))}
      ${set('aend', add32(get('ap'), `(i32.shl ${get('k')} ${i32(5)})`))}
      (loop $columns
        ${set('aq', get('ap'))}
        ${each((i, j) => set(acc(i, j), ZERO))}
        (loop $terms
          ${set('b0', `(v128.load ${get('bp')})`)} ${set('b1', `(v128.load offset=16 ${get('bp')})`)}
          ${times(4, (i) => `${set('a', `(v128.load64_splat offset=${8 * i} ${get('aq')})`)}
            ${times(2, (j) => set(acc(i, j), `(f64x2.add ${get(acc(i, j))} (f64x2.mul ${get('a')} ${get(`b${j}`)}))`))}`)}
          ${step('bp', 32)} ${step('aq', 32)}
          (br_if $terms (i32.ne ${get('aq')} ${get('aend')})))
        ${each((i, j) => `(v128.store offset=${16 * j} ${out(i)} ${get(acc(i, j))})`)}
        ${step('op', 32)}
        (br_if $columns (i32.ne ${get('op')} ${get('oend')})))
      ${set('ap', get('aend'))}
      ${step('o', `(i32.shl ${get('stride')} ${i32(2)})`)}
      ${set('strips', `(i32.sub ${get('strips')} ${i32(1)})`)}
      (br_if $rows ${get('strips')})))`;
}
