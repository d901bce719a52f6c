/**
 * @module
 * A few words for writing WebAssembly text from JavaScript. Every function returns text.
 */

export const get = (name) => `(local.get $${name})`;
export const set = (name, value) => `(local.set $${name} ${value})`;
export const tee = (name, value) => `(local.tee $${name} ${value})`;
export const i32 = (n) => `(i32.const ${n})`;
export const add32 = (a, b) => `(i32.add ${a} ${b})`;
export const step = (name, bytes) => set(name, add32(get(name), typeof bytes === 'number' ? i32(bytes) : bytes));
/** The same value in every lane. */
export const lanes32 = (n) => `(v128.const i32x4 ${n} ${n} ${n} ${n})`;
export const lanes16 = (n) => `(v128.const i16x8 ${Array(8).fill(n).join(' ')})`;
export const floats32 = (n) => `(v128.const f32x4 ${n} ${n} ${n} ${n})`;
export const floats64 = (n) => `(v128.const f64x2 ${n} ${n})`;
export const ZERO = lanes32(0);

export const params = (type, ...names) => names.map((name) => `(param $${name} ${type})`).join(' ');
export const locals = (type, ...names) => names.map((name) => `(local $${name} ${type})`).join(' ');
/** `body(0) … body(n - 1)`. */
export const times = (n, body) => Array.from({ length: n }, (_, i) => body(i)).join('\n');

/** The high 16 bits of two vectors of 32-bit lanes, as one vector of 16-bit lanes. */
export const highHalves = (a, b) => `(i8x16.shuffle 2 3 6 7 10 11 14 15 18 19 22 23 26 27 30 31 ${a} ${b})`;
