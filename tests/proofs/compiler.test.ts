/** What is computed beforehand is kept while there is room, and made again when it is needed once more. */
import { expect, it } from 'vitest';
import { isTemperError } from '../../src/findings/index.ts';
import { proofCompiler } from '../../src/proofs/index.ts';
import { constant, decodeTensor, matmul, scale, stage, add, type Expression } from '../../src/tensors/index.ts';

const N = 700, BYTES = N * N * 8;
const stages = [1, 2, 3].map((k) => ({ expression: scale(k, matmul(constant([N, 1], Array<number>(N).fill(1)), constant([1, N], Array.from({ length: N }, (_, i) => i)))) }));
const node = (k: number): Expression => scale(1, stage(k, 'F64', [N, N]));

async function first(compile: ReturnType<typeof proofCompiler>, expression: Expression): Promise<number> {
  const program = await compile(expression), bytes = new Uint8Array(BYTES);
  await program.run(0, N * N, (offset, part) => { bytes.set(part, offset); });
  return decodeTensor('F64', [N, N], bytes)[1]!;
}

const compiler = (memoryBytes: number) => proofCompiler({ source: () => { throw new Error('nothing to read'); }, stages, memoryBytes });

/** Two stages fit. */
const ROOM = Math.floor(BYTES * 2.5);

it('makes room for the next one', async () => {
  const compile = compiler(ROOM);
  for (const k of [0, 1, 2, 0, 2, 1]) expect(await first(compile, node(k))).toBe(k + 1);
  expect(await first(compile, add(node(0), node(2)))).toBe(4);
});

it('refuses what one tensor needs at once and does not fit', async () => {
  const refusal = await first(compiler(ROOM), add(add(node(0), node(1)), node(2))).then(() => undefined, (error: unknown) => error);
  expect(isTemperError(refusal, 'memory-too-small')).toBe(true);
});

it('refuses to run what had to make room meanwhile', async () => {
  const compile = compiler(ROOM), early = await compile(node(0));
  await first(compile, node(1));
  await first(compile, node(2));
  const refusal = await early.run(0, N * N, () => {}).then(() => undefined, (error: unknown) => error);
  expect(isTemperError(refusal, 'memory-too-small')).toBe(true);
});
