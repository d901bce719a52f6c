/**
 * @module
 * What an element costs: `node bench/kernels.mjs [rounds]`. CPU time on one core, medians of interleaved runs over a tile of
 * 480 x 4096 in memory; rms(delta) / rms(W) = 0.03.
 *
 * kernel: the float32 kernel without the interval test (its bytes are not always right), then with it, then with fused
 * multiply-add too.
 * program: all of it, packing, recomputation, and copying W in and out.
 */
import v8 from 'node:v8';
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { moduleBytes, moduleText } from '../kernels/generate.mjs';
import { merge } from '../kernels/merge.mjs';

const ROWS = 480, COLUMNS = 4096, SCALE = 2, RATIO = 0.03, W_SIZE = 0.02, WARM_UP = 3, REPEATS = 3;
const rounds = Number(process.argv[2] ?? 5);

/** The sources as one module: Node 20 does not read TypeScript. */
async function load() {
  const from = (path) => JSON.stringify(fileURLToPath(new URL(`../src/${path}`, import.meta.url)));
  const contents = ['bytes', 'tensors', 'engine/compute'].map((room) => `export * from ${from(`${room}/index.ts`)};`).join('\n') + `export * from ${from('engine/compute/bound.ts')};`;
  const { outputFiles } = await build({ stdin: { contents, resolveDir: '.' }, bundle: true, write: false, format: 'esm', platform: 'node' });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

// Node 20 hides relaxed SIMD behind a flag, which the command sets as well (src/node/simd.ts).
if (process.version.startsWith('v20.')) v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
const temper = await load();
const { add, byteCount, cast, compile, divide, encodeElements, matmul, memorySource, multiply, norm, reshape, scale, stored } = temper;

let state = 7;
function normal() {
  const next = () => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return (state + 1) / 2 ** 32; };
  return Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
}
function tensor(dtype, count, size) {
  const bytes = new Uint8Array(byteCount(dtype, [count]));
  encodeElements(dtype, Float64Array.from({ length: count }, () => normal() * size), bytes);
  return bytes;
}

/** ns of CPU time per element. */
async function time(work) {
  await work(); // what ran before has left its own data in the caches
  const start = process.cpuUsage();
  for (let i = 0; i < REPEATS; i++) await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) * 1000 / REPEATS / ROWS / COLUMNS;
}

async function kernels(dtype, rank, w, b, a) {
  const bytes = await moduleBytes(moduleText([merge(dtype, { name: 'untested', tested: false }), merge(dtype, { name: 'tested' }), merge(dtype, { name: 'fused', fused: true })]));
  let end = 1024;
  const take = (size) => { const at = end; end += Math.ceil(size / 64) * 64; return at; };
  const at = { b: take(ROWS * rank * 4), a: take(COLUMNS * rank * 4), w: take(ROWS * COLUMNS * 2), p: take(ROWS * 4), q: take(COLUMNS * 4), list: take(ROWS * COLUMNS * 4), scratch: take(128) };
  const memory = new WebAssembly.Memory({ initial: Math.ceil(end / 65536) });
  const { untested, tested, fused } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { lane: { memory } }).exports;
  const f32 = new Float32Array(memory.buffer), weights = temper.roundings(rank, SCALE), rows = new Float64Array(ROWS), columns = new Float64Array(COLUMNS);
  for (let i = 0; i < ROWS; i++) for (let k = 0; k < rank; k++) {
    const x = b[i * rank + k];
    f32[at.b / 4 + ((i >> 2) * rank + k) * 4 + (i & 3)] = x * SCALE;
    rows[i] += weights[k] * x * x;
  }
  for (let k = 0; k < rank; k++) for (let j = 0; j < COLUMNS; j++) {
    const x = a[k * COLUMNS + j];
    f32[at.a / 4 + ((j >> 3) * rank + k) * 8 + (j & 7)] = x;
    columns[j] += weights[k] * x * x;
  }
  f32.set(rows.map((sum) => temper.rowBound(Math.sqrt(sum), rank, SCALE, dtype)), at.p / 4);
  f32.set(columns.map((sum) => temper.columnBound(Math.sqrt(sum))), at.q / 4);
  // Columns in blocks whose packed factors stay in the L2 cache, rows in groups of 128, as the program does.
  const step = Math.min(COLUMNS, Math.floor((1 << 20) / (32 * rank)) * 8), group = 128;
  const run = (kernel) => {
    new Uint8Array(memory.buffer, at.w).set(w);
    for (let row = 0; row < ROWS; row += group) for (let column = 0; column < COLUMNS; column += step) {
      kernel(at.b + row * rank * 4, at.a + column * rank * 4, at.w + (row * COLUMNS + column) * 2, Math.min(group, ROWS - row) / 4, step / 8, rank,
        temper.blockTerms(rank), COLUMNS * 2, at.p + row * 4, at.q + column * 4, at.list, at.scratch);
    }
  };
  return { untested: () => run(untested), tested: () => run(tested), fused: () => run(fused) };
}

async function program(expression, files) {
  const sources = files.map((bytes, i) => memorySource(`file-${i}`, bytes));
  const compiled = await compile(expression, { source: (i) => sources[i], stage: () => undefined }, { memoryBytes: 2 ** 29 });
  return { compiled, run: () => compiled.run(0, ROWS * COLUMNS, () => {}) };
}

const median = (values) => [...values].sort((x, y) => x - y)[values.length >> 1];

/** Interleaved, forwards and backwards, so that a change of the clock hits all alike. */
async function measure(entries) {
  const times = new Map(entries.map(([name]) => [name, []]));
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const [name, work] of round & 1 ? [...entries].reverse() : entries) {
      const ns = await time(work);
      if (round >= 0) times.get(name).push(ns);
    }
  }
  return times;
}

console.log(`node ${process.version}, ${ROWS} x ${COLUMNS}, ns per element; in brackets: times the kernel without the test`);
for (const rank of (process.argv[3] ?? "8,16,64,256").split(",").map(Number)) {
  const size = Math.sqrt(W_SIZE * RATIO / (SCALE * Math.sqrt(rank)));
  const factors = [tensor('F32', ROWS * rank, size), tensor('F32', rank * COLUMNS, size)], [b, a] = factors.map((bytes) => new Float32Array(bytes.buffer));
  const product = scale(SCALE, matmul(stored(1, 0, 'F32', [ROWS, rank]), stored(2, 0, 'F32', [rank, COLUMNS])));
  for (const dtype of ['BF16', 'F16', 'F32']) {
    const w = tensor(dtype, ROWS * COLUMNS, W_SIZE), files = [w, ...factors, tensor('F32', ROWS, 1)], W = stored(0, 0, dtype, [ROWS, COLUMNS]), V = add(W, product);
    const lora = await program(cast(dtype, V), files), dora = await program(cast(dtype, multiply(divide(reshape([ROWS, 1], stored(3, 0, 'F32', [ROWS])), norm([1], V)), V)), files);
    const alone = dtype === 'F32' ? undefined : await kernels(dtype, rank, w, b, a);
    const times = await measure([...(alone ? [['kernel', alone.untested], ['tested', alone.tested], ['fused', alone.fused]] : []), ['program', lora.run], ['DoRA', dora.run]]);
    const base = times.get('kernel');
    const cells = [...times].map(([name, ns]) => `${name} ${median(ns).toFixed(2)}${base && name !== 'kernel' ? ` (${median(ns.map((x, i) => x / base[i])).toFixed(2)})` : ''}`);
    const { recomputed, computed } = lora.compiled.statistics;
    console.log(`r=${String(rank).padEnd(4)}${dtype.padEnd(5)}${cells.join('  ')}  recomputed ${(100 * recomputed / computed).toFixed(3)} %`);
  }
}
