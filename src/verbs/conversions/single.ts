/** @module An output that is one file: the weights of a conversion and nothing beside them, where that makes sense. */
import { refuse } from '../../findings/index.ts';
import type { BoundPlan } from '../../plans/merge.ts';
import type { WeightsFile } from '../../plans/plan.ts';
import type { ConvertRequest } from '../convert.ts';
import { OUTPUT_IS_DIRECTORY } from './codes.ts';

/** Endings of the files of each container. */
const ENDINGS: Readonly<Record<WeightsFile['container'], RegExp>> = { safetensors: /\.safetensors$/, 'torch-zip': /\.(?:bin|pth?)$/, 'torch-legacy': /\.(?:bin|pth?)$/, gguf: /\.gguf$/, verbatim: /^/ };

/** Targets that are nothing without what lies beside the weights. */
const DIRECTORIES: ReadonlySet<string | undefined> = new Set(['llama-pth', 'mlx', 'sentence-transformers']);

/** The plan of the one file that was asked for; the plan itself where a directory was. */
export function asSingle(bound: BoundPlan, { single, to, saveFormat, output }: ConvertRequest): BoundPlan {
  if (single === undefined) return bound;
  const { plan } = bound, weights = plan.files.filter((file) => file.kind === 'weights'), [file] = weights;
  if (file === undefined || weights.length > 1 || DIRECTORIES.has(to) || saveFormat !== undefined || !ENDINGS[file.container].test(single)) {
    return refuse(OUTPUT_IS_DIRECTORY, { output, files: plan.files.map(({ path }) => path).join(', ') }, { path: single });
  }
  return { ...bound, plan: { ...plan, files: [{ ...file, path: single }] } };
}
