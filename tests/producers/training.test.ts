/** What a run says of itself: steps, losses, arguments. */
import { describe, expect, it } from 'vitest';
import { aboutArguments, argumentsIn, trainingOf } from '../../src/producers/index.ts';
import { pickledObject, survey, torchObject } from './trees.ts';

const state = (step: number, loss: number | string) => `{"global_step": ${step}, "max_steps": 10, "epoch": 0.5, "log_history": [{"loss": 9}, {"loss": ${loss}}, {"eval_loss": 1}]}`;
const of = async (files: Parameters<typeof survey>[0]) => trainingOf((await survey(files)).written);

describe('the state of a run', () => {
  it('is that of the end, else that of the newest checkpoint', async () => {
    const checkpoints = { 'checkpoint-9/trainer_state.json': state(9, 2), 'checkpoint-10/trainer_state.json': state(10, 1) };
    expect((await of(checkpoints)).progress).toEqual({ path: 'checkpoint-10/trainer_state.json', step: 10, maxSteps: 10, epoch: 0.5, loss: 1 });
    expect((await of({ ...checkpoints, 'trainer_state.json': state(7, 3) })).progress?.path).toBe('trainer_state.json');
  });
  it('may hold what only Python calls JSON, and nothing of use', async () => {
    expect((await of({ 'trainer_state.json': state(4, 'NaN') })).progress?.loss).toBeNaN();
    for (const text of ['{}', '[]', '{"global_step": "4"}', '{']) expect((await of({ 'trainer_state.json': text })).progress).toBeUndefined();
  });
});

describe('the arguments of a run', () => {
  const held = async (bytes: Uint8Array) => { const tree = await survey({ 'training_args.bin': bytes }); return argumentsIn(await tree.root.torch('training_args.bin'), 'training_args.bin'); };
  const flag = (module: string) => torchObject(`c${module}\nArguments\n)\x81}(X\x10\0\0\0save_safetensors\x89X\x0d\0\0\0learning_rateG\x3f\x50\0\0\0\0\0\0X\x0a\0\0\0output_dirX\x01\0\0\0xub.`);
  it('are the class and the values that are worth telling', async () => {
    const args = await held(flag('transformers.training_args'));
    expect([args?.class, Object.fromEntries(args!.values)]).toEqual(['transformers.training_args.Arguments', { save_safetensors: false, learning_rate: 2 ** -10 }]);
    expect(aboutArguments(args)).toEqual([]);
  });
  it('of FlagEmbedding: save_safetensors=False did nothing', async () => {
    expect(aboutArguments(await held(flag('FlagEmbedding.abc'))).map(({ code, severity }) => [code, severity])).toEqual([['save-safetensors-ignored', 'info']]);
    expect(aboutArguments(await held(pickledObject('FlagEmbedding.abc', 'Arguments')))).toEqual([]);
  });
  it('are none where the file holds anything else', async () => { expect(await held(torchObject('}.'))).toBeUndefined(); });
});
