/** A small world for proofs: tensors in memory, the real engine over them. */
import { memorySource } from '../../src/bytes/index.ts';
import { compile } from '../../src/engine/compute/index.ts';
import { byteCount, decodeTensor, encodeElements, matmul, scale, stored, type DType, type Expression } from '../../src/tensors/index.ts';
import { add } from '../../src/tensors/index.ts';
import { judgeTensor, lowRankStep, type Compile, type JudgeOptions, type TensorResult, type VerifyTask } from '../../src/proofs/index.ts';

/** Numbers from a seed. */
export function random(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Normally distributed numbers. */
export function normal(next: () => number, count: number, sigma: number): Float64Array {
  return Float64Array.from({ length: count }, () => sigma * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()));
}

/** Values as they are after rounding to a dtype. */
export function rounded(dtype: DType, values: Float64Array): Float64Array {
  return decodeTensor(dtype, [values.length], encoded(dtype, values));
}

export function encoded(dtype: DType, values: Float64Array): Uint8Array {
  const bytes = new Uint8Array(byteCount(dtype, [values.length]));
  encodeElements(dtype, values, bytes);
  return bytes;
}

/** Tensors that expressions can refer to. */
export class World {
  readonly #inputs: Uint8Array[] = [];

  /** Stores bytes as they are. */
  bytes(dtype: DType, shape: readonly number[], bytes: Uint8Array): Expression {
    this.#inputs.push(bytes);
    return stored(this.#inputs.length - 1, 0, dtype, shape);
  }

  /** Stores values rounded to the dtype. */
  tensor(dtype: DType, shape: readonly number[], values: Float64Array): Expression {
    return this.bytes(dtype, shape, encoded(dtype, values));
  }

  readonly compile: Compile = (expression) => compile(expression, {
    source: (index) => memorySource(`input ${index}`, this.#inputs[index]!),
    stage: () => { throw new Error('no stages here'); },
  }, { memoryBytes: 64 << 20 });

  judge(task: VerifyTask, options: JudgeOptions = {}): Promise<TensorResult> {
    return judgeTensor(task, this.compile, options);
  }
}

/** What a LoRA test starts from. */
export interface LoraOptions {
  readonly dtype?: DType;
  readonly rows?: number;
  readonly columns?: number;
  readonly rank?: number;
  readonly s?: number;
  /** Standard deviation of the weights and of the delta. */
  readonly weight?: number;
  readonly delta?: number;
  readonly seed?: number;
  readonly factorDType?: DType;
}

/** A weight with a LoRA delta, its exact value, and tasks about merged tensors. */
export class Lora {
  readonly world = new World();
  readonly dtype: DType;
  readonly rows: number;
  readonly columns: number;
  readonly shape: readonly [number, number];
  readonly w: Float64Array;
  readonly d: Float64Array;
  readonly v: Float64Array;
  /** The delta as float32 gives it: products and sums rounded, in descending order of k. */
  readonly float32: Float64Array;
  readonly base: Expression;
  readonly #b: Expression;
  readonly #a: Expression;
  readonly s: number;

  constructor({ dtype = 'BF16', rows = 48, columns = 40, rank = 4, s = 2, weight = 0.05, delta = 0.02, seed = 1, factorDType = 'F32' }: LoraOptions = {}) {
    const next = random(seed), sigma = Math.sqrt(delta / (s * Math.sqrt(rank)));
    this.dtype = dtype;
    this.rows = rows;
    this.columns = columns;
    this.shape = [rows, columns];
    this.s = s;
    this.w = rounded(dtype, normal(next, rows * columns, weight));
    const b = rounded(factorDType, normal(next, rows * rank, sigma)), a = rounded(factorDType, normal(next, rank * columns, sigma));
    this.d = new Float64Array(rows * columns);
    this.float32 = new Float64Array(rows * columns);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let sum = 0, single = 0;
        for (let k = 0; k < rank; k++) sum += b[i * rank + k]! * a[k * columns + j]!;
        for (let k = rank - 1; k >= 0; k--) single = Math.fround(single + Math.fround(b[i * rank + k]! * a[k * columns + j]!));
        this.d[i * columns + j] = s * sum;
        this.float32[i * columns + j] = Math.fround(Math.fround(s) * single);
      }
    }
    this.v = this.w.map((x, i) => x + this.d[i]!);
    this.base = this.world.tensor(dtype, this.shape, this.w);
    this.#b = this.world.tensor(factorDType, [rows, rank], b);
    this.#a = this.world.tensor(factorDType, [rank, columns], a);
  }

  /** The task for a merged tensor with these values, rounded once to `dtype`. */
  task(values: Float64Array, dtype: DType = this.dtype): VerifyTask {
    return {
      name: 'w', kind: 'delta', base: this.base, value: add(this.base, scale(this.s, matmul(this.#b, this.#a))), merged: this.world.tensor(dtype, this.shape, values),
      steps: [lowRankStep(this.shape, { b: this.#b, a: this.#a, scale: this.s })],
    };
  }

  judge(values: Float64Array, dtype: DType = this.dtype): Promise<TensorResult> {
    return this.world.judge(this.task(values, dtype));
  }

  /** base + k · delta. */
  scaled(k: number): Float64Array {
    return this.w.map((x, i) => x + k * this.d[i]!);
  }
}
