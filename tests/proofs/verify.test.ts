import { describe, expect, it } from 'vitest';
import { judgeTensor, verifyTensors, type VerifyProgress, type VerifyTask } from '../../src/proofs/index.ts';
import { Lora, World } from './world.ts';

const lora = new Lora();
const tasks = [lora.v, lora.w, lora.scaled(2), lora.scaled(0.5), lora.v].map((values, i): VerifyTask => ({ ...lora.task(values), name: `t${i}` }));
const verdicts = ['exact', 'base', 'twice', 'scaled', 'exact'];

describe('all tensors', () => {
  it('are judged in their order, with progress', async () => {
    const seen: VerifyProgress[] = [], results = await verifyTensors(tasks, lora.world.compile, { onProgress: (progress) => seen.push(progress) });
    expect(results.map(({ verdict }) => verdict)).toEqual(verdicts);
    expect(results.map(({ name }) => name)).toEqual(['t0', 't1', 't2', 't3', 't4']);
    expect(seen.map(({ done }) => done)).toEqual([1, 2, 3, 4, 5]);
    expect(seen.at(-1)).toMatchObject({ total: 5, elements: 5 * 1920, totalElements: 5 * 1920, result: { name: 't4' } });
  });

  it('may be judged elsewhere: tasks and results are plain data', async () => {
    const lanes = new Set<number>();
    const results = await verifyTensors(tasks, lora.world.compile, {
      lanes: 3,
      judge: async (task, lane) => { lanes.add(lane); return JSON.parse(JSON.stringify(await judgeTensor(structuredClone(task), lora.world.compile))); },
    });
    expect(results.map(({ verdict }) => verdict)).toEqual(verdicts);
    expect([...lanes].sort()).toEqual([0, 1, 2]);
  });

  it('end with the first error, and at a signal', async () => {
    let started = 0;
    const failing = verifyTensors(tasks, lora.world.compile, { lanes: 2, judge: async () => { started++; await Promise.resolve(); throw new Error('disk'); } });
    await expect(failing).rejects.toThrow('disk');
    expect(started).toBeLessThanOrEqual(2);
    const controller = new AbortController(), after = verifyTensors(tasks, lora.world.compile, { signal: controller.signal, onProgress: () => controller.abort(new Error('enough')) });
    await expect(after).rejects.toThrow('enough');
    await expect(judgeTensor(tasks[3]!, lora.world.compile, { signal: AbortSignal.abort(new Error('at once')) })).rejects.toThrow('at once');
  });

  it('may be none', async () => {
    expect(await verifyTensors([], new World().compile)).toEqual([]);
  });
});
