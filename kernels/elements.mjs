/**
 * @module
 * Element by element in float64: arithmetic, conversions, squares. Blocks of a lane begin and end at cache lines, so
 * functions over whole blocks run over groups of four elements and need no tail; the binary ones also work on rows inside a block.
 */
import { add32, floats64, get, i32, lanes32, locals, params, set, step, times } from './wat.mjs';

const SIGN64 = '(v128.const i64x2 0x8000000000000000 0x8000000000000000)';
const EXPONENT64 = '(v128.const i64x2 0x7ff0000000000000 0x7ff0000000000000)';
const load = (name, offset = 0) => `(v128.load offset=${offset} ${get(name)})`;

/** While `at` is not `end`: `body`, at least once. */
const until = (name, at, end, body) => `(loop $${name} ${body} (br_if $${name} (i32.lt_u ${get(at)} ${get(end)})))`;

/** `to[i] := a[i] op b[i]`; `spread` 1: a is one number, 2: b is. */
export function binary(name, op) {
  const loop = (label, a, b, steps) => `
    (block $end${label} (loop $pairs${label}
      (br_if $end${label} (i32.ge_u ${get('to')} ${get('end')}))
      (v128.store ${get('to')} (f64x2.${op} ${a[0]} ${b[0]}))
      ${steps.map((x) => step(x, 16)).join(' ')} ${step('to', 16)} (br $pairs${label})))
    (if ${get('odd')} (then (f64.store ${get('to')} (f64.${op} ${a[1]} ${b[1]}))))`;
  const vector = (x) => [load(x), `(f64.load ${get(x)})`], number = (x) => [get(`${x}v`), `(f64x2.extract_lane 0 ${get(`${x}v`)})`];
  return `(func (export "${name}") ${params('i32', 'a', 'b', 'to', 'count', 'spread')} ${locals('i32', 'end', 'odd')} ${locals('v128', 'av', 'bv')}
    ${set('odd', `(i32.and ${get('count')} ${i32(1)})`)}
    ${set('end', add32(get('to'), `(i32.shl (i32.shr_u ${get('count')} ${i32(1)}) ${i32(4)})`))}
    ${set('av', `(v128.load64_splat ${get('a')})`)} ${set('bv', `(v128.load64_splat ${get('b')})`)}
    (if (i32.eqz ${get('spread')}) (then ${loop(0, vector('a'), vector('b'), ['a', 'b'])}) (else
    (if (i32.eq ${get('spread')} ${i32(1)}) (then ${loop(1, number('a'), vector('b'), ['b'])}) (else ${loop(2, vector('a'), number('b'), ['a'])})))))`;
}

/** `to[i] := by · from[i]`. */
export function scale() {
  return `(func (export "scale") ${params('f64', 'by')} ${params('i32', 'from', 'to', 'count')} ${locals('i32', 'end')} ${locals('v128', 's')}
    ${set('s', `(f64x2.splat ${get('by')})`)}
    ${set('end', add32(get('from'), `(i32.shl ${get('count')} ${i32(3)})`))}
    ${until('pairs', 'from', 'end', `
      (v128.store ${get('to')} (f64x2.mul ${get('s')} ${load('from')}))
      ${step('from', 16)} ${step('to', 16)}`)})`;
}

/** Four elements of each dtype as float32 lanes. */
const DECODE = {
  F32: { bytes: 16, lanes: () => set('x', load('from')) },
  BF16: { bytes: 8, lanes: () => set('x', `(i32x4.shl (i32x4.extend_low_i16x8_u (v128.load64_zero ${get('from')})) ${i32(16)})`) },
  // Subnormals come out of x + x - 2^-14; the highest exponent is infinity or NaN.
  F16: {
    bytes: 8,
    lanes: () => `${set('h', `(i32x4.extend_low_i16x8_s (v128.load64_zero ${get('from')}))`)}
      ${set('m', `(i32x4.shl (v128.and ${get('h')} ${lanes32('0x7fff')}) ${i32(13)})`)}
      ${set('x', `(i32x4.add ${get('m')} ${lanes32('0x38000000')})`)}
      ${set('x', `(f32x4.pmin ${get('x')} (f32x4.sub (f32x4.add ${get('x')} ${get('x')}) (v128.const f32x4 0x1p-14 0x1p-14 0x1p-14 0x1p-14)))`)}
      ${set('x', `(v128.or ${get('x')} (v128.and (i32x4.gt_s ${get('m')} ${lanes32('0x0f7fffff')}) ${lanes32('0x7f800000')}))`)}
      ${set('x', `(v128.or ${get('x')} (v128.and ${get('h')} ${lanes32('0x80000000')}))`)}`,
  },
};

/** To float64. */
export function decode(dtype) {
  const { bytes, lanes } = DECODE[dtype];
  return `(func (export "decode${dtype}") ${params('i32', 'from', 'to', 'count')} ${locals('i32', 'end')} ${locals('v128', 'x', 'h', 'm')}
    ${set('end', add32(get('to'), `(i32.shl ${get('count')} ${i32(3)})`))}
    ${until('fours', 'to', 'end', `
      ${lanes()}
      (v128.store ${get('to')} (f64x2.promote_low_f32x4 ${get('x')}))
      (v128.store offset=16 ${get('to')} (f64x2.promote_low_f32x4 (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 ${get('x')} ${get('x')})))
      ${step('from', bytes)} ${step('to', 32)}`)})`;
}

const both = (a, b) => `(i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 ${a} ${b})`;
const demote = (x) => `(f32x4.demote_f64x2_zero ${x})`;
/** `bits`, with the one NaN in lanes where the local x is NaN. */
const oneNaN = (bits, nan) => `(v128.bitselect ${lanes32(nan)} ${bits} (f32x4.ne ${get('x')} ${get('x')}))`;

/**
 * One rounding, in float64: adding and subtracting a power of two that is 52 bits above the unit of the target rounds to
 * its grid, subnormals too, ties to even. What is left is exact in float32. `limit` is beyond the target's largest value
 * and keeps the power of two finite.
 */
const onGrid = (v, { lowest, shift, limit }) => `
  ${set('m', `(f64x2.pmin (f64x2.abs ${get(v)}) ${floats64(limit)})`)}
  ${set('g', `(f64x2.mul (f64x2.pmax (v128.and ${get('m')} ${EXPONENT64}) ${floats64(lowest)}) ${floats64(shift)})`)}
  ${set('g', `(f64x2.sub (f64x2.add ${get('m')} ${get('g')}) ${get('g')})`)}
  ${set(v, `(v128.or ${get('g')} (v128.and ${get(v)} ${SIGN64}))`)}`;

const ENCODE = {
  F32: { bytes: 16, store: () => `(v128.store ${get('to')} ${oneNaN(get('x'), '0x7fc00000')})` },
  BF16: {
    bytes: 8,
    grid: { lowest: '0x1p-126', shift: '0x1p45', limit: '0x1p128' },
    store: () => {
      const bits = `(i32x4.shr_u ${oneNaN(get('x'), '0x7fc00000')} ${i32(16)})`;
      return `(v128.store64_lane 0 ${get('to')} (i16x8.narrow_i32x4_u ${bits} ${bits}))`;
    },
  },
  F16: {
    bytes: 8,
    grid: { lowest: '0x1p-14', shift: '0x1p42', limit: '0x1p16' },
    // As in the merge kernel: the addition is exact here, it only brings the bits into place.
    store: () => {
      const parts = [
        set('m', `(f32x4.abs ${get('x')})`),
        set('g', `(i32x4.max_u (v128.and ${get('m')} ${lanes32('0xff800000')}) ${lanes32('0x38800000')})`),
        set('m', `(f32x4.add ${get('m')} (i32x4.add ${get('g')} ${lanes32('0x06800000')}))`),
        set('m', `(i32x4.sub (i32x4.sub ${get('m')} (i32x4.sub ${get('g')} (i32x4.shr_u ${get('g')} ${i32(13)}))) ${lanes32((13 << 23) + (113 << 10))})`),
        set('m', `(v128.or (i32x4.min_u ${get('m')} ${lanes32('0x7c00')}) (v128.and (i32x4.shr_u ${get('x')} ${i32(16)}) ${lanes32('0x8000')}))`),
        set('m', oneNaN(get('m'), '0x7e00')),
      ];
      return `${parts.join(' ')} (v128.store64_lane 0 ${get('to')} (i16x8.narrow_i32x4_u ${get('m')} ${get('m')}))`;
    },
  },
};

/** From float64: rounded once, to nearest, ties to even; one NaN. */
export function encode(dtype) {
  const { bytes, grid, store } = ENCODE[dtype];
  return `(func (export "encode${dtype}") ${params('i32', 'from', 'to', 'count')} ${locals('i32', 'end')} ${locals('v128', 'x', 'v0', 'v1', 'm', 'g')}
    ${set('end', add32(get('from'), `(i32.shl ${get('count')} ${i32(3)})`))}
    ${until('fours', 'from', 'end', `
      ${times(2, (i) => `${set(`v${i}`, load('from', 16 * i))} ${grid ? onGrid(`v${i}`, grid) : ''}`)}
      ${set('x', both(demote(get('v0')), demote(get('v1'))))}
      ${store()}
      ${step('from', 32)} ${step('to', bytes)}`)})`;
}

/** `to[i] += Σ row[i]²`, left to right. Four rows at once hide the latency of the additions; `rows` is a multiple of four. */
export function squareRows() {
  const next = (i) => add32(get('from'), i === 1 ? get('stride') : get(`stride${i}`));
  const value = (i) => (i === 0 ? `(f64.load ${get('from')})` : `(f64.load ${next(i)})`);
  return `(func (export "squareRows") ${params('i32', 'from', 'to', 'rows', 'columns')}
    ${locals('i32', 'stride', 'stride2', 'stride3', 'end')} ${times(4, (i) => locals('f64', `s${i}`, `x${i}`))}
    ${set('stride', `(i32.shl ${get('columns')} ${i32(3)})`)} ${set('stride2', `(i32.shl ${get('stride')} ${i32(1)})`)} ${set('stride3', add32(get('stride'), get('stride2')))}
    (loop $rows
      ${times(4, (i) => set(`s${i}`, `(f64.load offset=${8 * i} ${get('to')})`))}
      ${set('end', add32(get('from'), get('stride')))}
      (loop $columns
        ${times(4, (i) => set(`x${i}`, value(i)))}
        ${times(4, (i) => set(`s${i}`, `(f64.add ${get(`s${i}`)} (f64.mul ${get(`x${i}`)} ${get(`x${i}`)}))`))}
        ${step('from', 8)}
        (br_if $columns (i32.ne ${get('from')} ${get('end')})))
      ${times(4, (i) => `(f64.store offset=${8 * i} ${get('to')} ${get(`s${i}`)})`)}
      ${step('from', get('stride3'))} ${step('to', 32)}
      ${set('rows', `(i32.sub ${get('rows')} ${i32(4)})`)}
      (br_if $rows ${get('rows')})))`;
}

/** `to[j] += from[j]²`, one row. */
export function squareColumns() {
  return `(func (export "squareColumns") ${params('i32', 'from', 'to', 'count')} ${locals('i32', 'end')} ${locals('v128', 'x')} ${locals('f64', 'y')}
    ${set('end', add32(get('to'), `(i32.shl (i32.shr_u ${get('count')} ${i32(1)}) ${i32(4)})`))}
    (block $end (loop $pairs
      (br_if $end (i32.ge_u ${get('to')} ${get('end')}))
      ${set('x', load('from'))}
      (v128.store ${get('to')} (f64x2.add ${load('to')} (f64x2.mul ${get('x')} ${get('x')})))
      ${step('from', 16)} ${step('to', 16)} (br $pairs)))
    (if (i32.and ${get('count')} ${i32(1)}) (then
      ${set('y', `(f64.load ${get('from')})`)}
      (f64.store ${get('to')} (f64.add (f64.load ${get('to')}) (f64.mul ${get('y')} ${get('y')}))))))`;
}
