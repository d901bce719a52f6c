/**
 * @module
 * `mergeBF16`, `mergeF16`: W := round(W + B·A) in place, 4 rows by 8 columns at a time in float32, with a test that says
 * which elements are certainly rounded as the float64 value would be. The others go on a list.
 *
 * Shape and tuning: the k loop must not be unrolled (TurboFan then spills: 1.16 to 1.36 times slower), 4x8 is the
 * largest tile that stays in the 15 usable registers. The bound and the proof are in src/engine/compute/bound.ts.
 *
 * Layout. B: strips of 4 rows, `[rows/4][k][4]` float32, the factor s multiplied in. A: panels of 8 columns,
 * `[cols/8][k][8]` float32. W: rows of `stride` bytes. P, Q: float32 per row and column; an element's error is below P·Q.
 * Sums run over blocks of `block` terms, which are added in order; the accumulators rest in `scratch` (128 bytes) between blocks.
 *
 * A list entry is 32 bytes: the 8 lanes of W as they were (the kernel works in place), their address, a mask of unsettled lanes.
 */
import { ZERO, add32, floats32, get, highHalves, i32, lanes16, lanes32, locals, params, set, step } from './wat.mjs';

const acc = (i, j) => `c${i}${j}`;
const each = (body) => [0, 1, 2, 3].flatMap((i) => [body(i, 0), body(i, 1)]).join('\n');

/** `flagAbove`: magnitudes of W that the test cannot judge, NaN, in float16 infinity too: always recomputed. */
const FORMATS = {
  // Infinity needs no flag in bfloat16: u ± e stays infinite, both ends agree.
  BF16: { flagAbove: '0x7f80', widen: bf16Ends, decode: (j) => `(i32x4.shl ${half(j, 'u')} ${i32(16)})` },
  F16: { flagAbove: '0x7bff', widen: f16Ends, decode: f16Decode },
};

function half(j, sign) {
  return `(i32x4.extend_${j ? 'high' : 'low'}_i16x8_${sign} ${get('w')})`;
}

/** float16 to float32 without a denormal operand: subnormals come out of x + x - 2^-14. */
function f16Decode(j) {
  return `(block (result v128)
    ${set('h', half(j, 's'))}
    ${set('x', `(i32x4.add (v128.and (i32x4.shl ${get('h')} ${i32(13)}) ${lanes32('0x0fffe000')}) ${lanes32('0x38000000')})`)}
    (v128.or (f32x4.pmin ${get('x')} (f32x4.sub (f32x4.add ${get('x')} ${get('x')}) ${floats32('0x1p-14')})) (v128.and ${get('h')} ${lanes32('0x80000000')})))`;
}

/**
 * Both ends of the interval, rounded: t (the end nearer to zero, biased for truncation), x the difference of the two.
 * 0x8000 ∓ 2 on the integers: two units cover the half unit of the last addition, the roundings of u ∓ e, and the
 * roundings of the float64 value itself, and leave the value strictly inside, so ties need no rule.
 */
function bf16Ends(j) {
  return [
    set('e', `(v128.or (f32x4.mul ${get('p')} ${get(`q${j}`)}) (v128.and ${get(`u${j}`)} ${lanes32('0x80000000')}))`),
    set(`t${j}`, `(i32x4.add (f32x4.sub ${get(`u${j}`)} ${get('e')}) ${lanes32('0x7ffe')})`),
    set(`x${j}`, `(i32x4.shr_u (v128.xor ${get(`t${j}`)} (i32x4.add (f32x4.add ${get(`u${j}`)} ${get('e')}) ${lanes32('0x8002')})) ${i32(16)})`),
  ];
}

/**
 * float16: adding M, a power of two 13 binades above, rounds to the float16 grid, subnormals too, ties to even.
 * M belongs to the inner end, whose grid is the finer one. An inner end below zero makes M negative and the test fail.
 */
function f16Ends(j) {
  return [
    set('m', `(f32x4.abs ${get(`u${j}`)})`),
    set('e', `(f32x4.add (f32x4.mul ${get('p')} ${get(`q${j}`)}) (f32x4.mul ${get('m')} ${floats32('0x3p-24')}))`),
    set('o', `(f32x4.add ${get('m')} ${get('e')})`),
    set('m', `(f32x4.sub ${get('m')} ${get('e')})`),
    set('g', `(i32x4.max_u (v128.and ${get('m')} ${lanes32('0xff800000')}) ${lanes32('0x38800000')})`),
    set('x', `(i32x4.add ${get('g')} ${lanes32('0x06800000')})`),
    set('m', `(f32x4.add ${get('m')} ${get('x')})`),
    set(`x${j}`, `(v128.xor ${get('m')} (f32x4.add ${get('o')} ${get('x')}))`),
    ...f16Bits(j),
  ];
}

/** m - g + (g >> 13) - (13 << 23) - (113 << 10): drop M, rebias the exponent; infinity is the most there is. */
function f16Bits(j) {
  return [
    set('m', `(i32x4.sub (i32x4.sub ${get('m')} (i32x4.sub ${get('g')} (i32x4.shr_u ${get('g')} ${i32(13)}))) ${lanes32((13 << 23) + (113 << 10))})`),
    set(`t${j}`, `(v128.or (i32x4.min_u ${get('m')} ${lanes32('0x7c00')}) (v128.and (i32x4.shr_u ${get(`u${j}`)} ${i32(16)}) ${lanes32('0x8000')}))`),
  ];
}

/** Rounding without a test, for measurements only: what the test costs is the difference. */
const UNTESTED = {
  BF16: (j) => [
    set(`t${j}`, `(i32x4.add (i32x4.add ${get(`u${j}`)} ${lanes32('0x7fff')}) (v128.and (i32x4.shr_u ${get(`u${j}`)} ${i32(16)}) ${lanes32(1)}))`),
    set(`t${j}`, `(v128.bitselect (v128.or ${get(`u${j}`)} ${lanes32('0x400000')}) ${get(`t${j}`)} (f32x4.ne ${get(`u${j}`)} ${get(`u${j}`)}))`),
  ],
  F16: (j) => [
    set('m', `(f32x4.abs ${get(`u${j}`)})`),
    set('g', `(i32x4.max_u (v128.and ${get('m')} ${lanes32('0xff800000')}) ${lanes32('0x38800000')})`),
    set('m', `(f32x4.add ${get('m')} (i32x4.add ${get('g')} ${lanes32('0x06800000')}))`),
    ...f16Bits(j),
  ],
};

function row(i, dtype, tested) {
  const { flagAbove, widen, decode } = FORMATS[dtype];
  const address = i === 0 ? get('wp') : add32(get('wp'), get(i === 1 ? 'stride' : `stride${i}`));
  const rounded = dtype === 'BF16' ? highHalves(get('t0'), get('t1')) : `(i16x8.narrow_i32x4_u ${get('t0')} ${get('t1')})`;
  const unsettled = (j) => `(i32x4.ne ${get(`x${j}`)} ${ZERO})`;
  const round = tested ? widen : UNTESTED[dtype];
  const list = [
    set('n', `(i16x8.gt_s (v128.and ${get('w')} ${lanes16('0x7fff')}) ${lanes16(flagAbove)})`),
    `(if (v128.any_true (v128.or (v128.or ${get('x0')} ${get('x1')}) ${get('n')})) (then
      (v128.store ${get('list')} ${get('w')})
      (i32.store offset=16 ${get('list')} ${address})
      (i32.store offset=20 ${get('list')} (i16x8.bitmask (v128.or ${get('n')} (i16x8.narrow_i32x4_s ${unsettled(0)} ${unsettled(1)}))))
      ${step('list', 32)}))`,
  ];
  return [
    set('w', `(v128.load ${address})`),
    ...(tested ? [set('p', `(v128.load32_splat offset=${4 * i} ${get('pp')})`)] : []),
    ...[0, 1].flatMap((j) => [set(`u${j}`, `(f32x4.add ${get(acc(i, j))} ${decode(j)})`), ...round(j)]),
    `(v128.store ${address} ${rounded})`,
    ...(tested ? list : []),
  ].join('\n');
}

/**
 * The kernel of a dtype. `fused`: multiply-add in one instruction where the host has one (relaxed SIMD); the bound holds for
 * either, and for any mixture, so the bytes are the same. `tested: false` leaves the interval test out and is not part of a module.
 */
export function merge(dtype, { name = `merge${dtype}`, tested = true, fused = false } = {}) {
  const multiplyAdd = (i, j) => set(acc(i, j), fused ? `(f32x4.relaxed_madd ${get(`a${j}`)} ${get('b')} ${get(acc(i, j))})`
    : `(f32x4.add (f32x4.mul ${get(`a${j}`)} ${get('b')}) ${get(acc(i, j))})`);
  const scratch = (i, j) => `offset=${16 * (2 * i + j)}`;
  return `(func (export "${name}")
    ${params('i32', 'bp', 'a', 'w0', 'strips', 'panels', 'k', 'block', 'stride', 'pp', 'q', 'list', 'scratch')} (result i32)
    ${locals('v128', 'w', 'h', 'x', 'm', 'g', 'o', 'e', 'b', 'p', 'n', 'a0', 'a1', 'u0', 'u1', 't0', 't1', 'x0', 'x1', 'q0', 'q1',
    ...[0, 1, 2, 3].flatMap((i) => [acc(i, 0), acc(i, 1)]))}
    ${locals('i32', 'ap', 'bq', 'bend', 'ball', 'wp', 'wend', 'stride2', 'stride3', 'qp')}
    ${set('stride2', `(i32.shl ${get('stride')} ${i32(1)})`)}
    ${set('stride3', add32(get('stride'), get('stride2')))}
    ${set('block', `(i32.shl ${get('block')} ${i32(4)})`)}
    (loop $rows
      ${set('ap', get('a'))} ${set('qp', get('q'))} ${set('wp', get('w0'))}
      ${set('wend', add32(get('wp'), `(i32.shl ${get('panels')} ${i32(4)})`))}
      ${set('ball', add32(get('bp'), `(i32.shl ${get('k')} ${i32(4)})`))}
      (loop $columns
        ${set('bq', get('bp'))}
        ${each((i, j) => set(acc(i, j), ZERO))}
        (block $done (loop $blocks
          ${set('bend', add32(get('bq'), get('block')))}
          (if (i32.gt_u ${get('bend')} ${get('ball')}) (then ${set('bend', get('ball'))}))
          (loop $terms
            ${set('a0', `(v128.load ${get('ap')})`)} ${set('a1', `(v128.load offset=16 ${get('ap')})`)}
            ${[0, 1, 2, 3].map((i) => `${set('b', `(v128.load32_splat offset=${4 * i} ${get('bq')})`)} ${multiplyAdd(i, 0)} ${multiplyAdd(i, 1)}`).join('\n')}
            ${step('ap', 32)} ${step('bq', 16)}
            (br_if $terms (i32.ne ${get('bq')} ${get('bend')})))
          (if (i32.gt_u (i32.sub ${get('bend')} ${get('bp')}) ${get('block')}) (then
            ${each((i, j) => set(acc(i, j), `(f32x4.add (v128.load ${scratch(i, j)} ${get('scratch')}) ${get(acc(i, j))})`))}))
          (br_if $done (i32.eq ${get('bq')} ${get('ball')}))
          ${each((i, j) => `(v128.store ${scratch(i, j)} ${get('scratch')} ${get(acc(i, j))})`)}
          ${each((i, j) => set(acc(i, j), ZERO))}
          (br $blocks)))
        ${set('q0', `(v128.load ${get('qp')})`)} ${set('q1', `(v128.load offset=16 ${get('qp')})`)} ${step('qp', 32)}
        ${[0, 1, 2, 3].map((i) => row(i, dtype, tested)).join('\n')}
        ${step('wp', 16)}
        (br_if $columns (i32.ne ${get('wp')} ${get('wend')})))
      ${set('bp', get('ball'))} ${step('pp', 16)}
      ${step('w0', `(i32.shl ${get('stride')} ${i32(2)})`)}
      ${set('strips', `(i32.sub ${get('strips')} ${i32(1)})`)}
      (br_if $rows ${get('strips')}))
    ${get('list')})`;
}
