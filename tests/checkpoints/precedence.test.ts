/** Which file of a directory is taken, as the loaders do, and what is left over. */
import { describe, expect, it } from 'vitest';
import { chooseWeights, indexBeside, unusedWeights } from '../../src/checkpoints/index.ts';

const path = (names: string[], prefer?: 'adapter'): string => {
  const choice = chooseWeights(names, prefer);
  return 'path' in choice ? choice.path : 'paths' in choice ? `${choice.kind}: ${choice.paths.join(' ')}` : choice.kind;
};

describe('precedence', () => {
  const order = [
    'model.safetensors', 'model.safetensors.index.json', 'pytorch_model.bin', 'pytorch_model.bin.index.json',
    'adapter_model.safetensors', 'adapter_model.bin', 'diffusion_pytorch_model.safetensors', 'diffusion_pytorch_model.safetensors.index.json',
    'diffusion_pytorch_model.bin', 'consolidated.safetensors', 'consolidated.safetensors.index.json', 'consolidated.00.pth', 'model.fp16.safetensors',
  ];
  it.each(order.map((name, i) => [name, order.slice(i)] as const))('%s comes before what follows', (name, names) => {
    expect(path([...names].sort())).toBe(name);
  });

  it('an adapter first when that is asked for, a model when there is none', () => {
    expect(path(['adapter_model.bin', 'model.safetensors'], 'adapter')).toBe('adapter_model.bin');
    expect(path(['model.safetensors'], 'adapter')).toBe('model.safetensors');
  });
});

describe('names without precedence', () => {
  it.each([
    [['model.fp16.safetensors'], 'model.fp16.safetensors'],
    [['model.fp16-00001-of-00002.safetensors', 'model.safetensors.index.fp16.json'], 'model.safetensors.index.fp16.json'],
    [['model.fp16.safetensors', 'model.safetensors.index.fp16.json'], 'model.fp16.safetensors'],
    [['pytorch_model.fp16.bin'], 'pytorch_model.fp16.bin'],
    [['model.bf16.safetensors', 'model.fp16.safetensors'], 'ambiguous: model.bf16.safetensors model.fp16.safetensors'],
    [['consolidated.00.pth', 'consolidated.01.pth'], 'ambiguous: consolidated.00.pth consolidated.01.pth'],
    [['consolidated.01.pth'], 'none'],
    [['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'], 'shards: model-00001-of-00002.safetensors model-00002-of-00002.safetensors'],
    [['model-00001-of-00002.safetensors'], 'incomplete: model-00001-of-00002.safetensors'],
    [['a-00001-of-00001.bin', 'b-00001-of-00001.bin'], 'ambiguous: a-00001-of-00001.bin b-00001-of-00001.bin'],
    [['model-0001-fused-save_rank0.safetensors', 'model-0002-others-save_rank1.safetensors'], 'model-0001-fused-save_rank0.safetensors'],
    [['shard-00001-model-00001-of-00001.safetensors'], 'none'],
    [['pytorch_lora_weights.safetensors', 'training_args.bin'], 'pytorch_lora_weights.safetensors'],
    [['a.safetensors', 'b.safetensors'], 'ambiguous: a.safetensors b.safetensors'],
    [['training_args.bin', 'optimizer.pt', 'config.json'], 'none'],
    [[], 'none'],
  ])('%j: %s', (names, expected) => {
    expect(path(names)).toBe(expected);
  });

  it('names the shard that is missing, with the width of the others', () => {
    expect(chooseWeights(['m-000001-of-000003.bin', 'm-000003-of-000003.bin'])).toMatchObject({ kind: 'incomplete', missing: 'm-000002-of-000003.bin', count: 3 });
  });
});

it('lists the weights that nobody takes', () => {
  const names = ['adapter_model.safetensors', 'colbert_linear.pt', 'model.onnx', 'model.safetensors', 'model.safetensors.index.json', 'optimizer.bin', 'pytorch_model-00001-of-00002.bin',
    'pytorch_model.bin', 'tf_model.h5', 'training_args.bin', 'x.gguf', 'config.json'];
  expect(unusedWeights(names, new Set(['model.safetensors']))).toEqual(
    ['model.onnx', 'model.safetensors.index.json', 'pytorch_model-00001-of-00002.bin', 'pytorch_model.bin', 'tf_model.h5', 'x.gguf']);
  expect(unusedWeights([...names, 'adapter_model.bin'], new Set(['adapter_model.safetensors']))).toEqual(['adapter_model.bin']);
});

it('knows the index beside a file and its shards', () => {
  const { index, shard } = indexBeside('pytorch_model.bin');
  expect([index, shard('pytorch_model-00001-of-00002.bin'), shard('pytorch_model.bin'), shard('model-00001-of-00002.bin')]).toEqual(['pytorch_model.bin.index.json', true, false, false]);
});
