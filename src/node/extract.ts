/** @module `extract` over paths of this machine. */
import type { ExecuteOptions } from '../verbs/execute.ts';
import type { ExtractBody } from '../verbs/extract.ts';
import type { Answer, VerbContext } from '../verbs/verb.ts';
import type { ComputeDType } from '../tensors/index.ts';
import { openInput } from './folder.ts';
import { MEMORY_BYTES_DEFAULT, nodeHost } from './host.ts';
import { fileScratch, refuseExisting } from './scratch.ts';
import { resolveModel } from './verbs.ts';

/** What an extraction on this machine is made of. */
export interface ExtractPathsOptions extends ExecuteOptions {
  readonly base: string;
  readonly tuned: string;
  readonly output: string;
  readonly rank?: number;
  readonly energy?: number;
  readonly targets?: readonly string[];
  readonly fullTensors?: boolean;
  readonly dtype?: ComputeDType;
  readonly revision?: string;
  readonly memoryBytes?: number;
  readonly workers?: number;
}

/** `extract BASE TUNED -o OUT`. */
export async function extractPaths(options: ExtractPathsOptions, context: VerbContext = {}): Promise<Answer<ExtractBody>> {
  const { base, tuned, output, rank, energy, targets, fullTensors, dtype, revision, memoryBytes = MEMORY_BYTES_DEFAULT, workers, ...execute } = options;
  refuseExisting(output, execute.force);
  const basePath = resolveModel(base, revision), tunedPath = resolveModel(tuned), a = openInput(basePath), b = openInput(tunedPath);
  const host = nodeHost({ output, inputs: [basePath, tunedPath], memoryBytes, ...(workers === undefined ? {} : { workers }) });
  const { extract } = await import('../verbs/extract.ts');
  return extract({
    base: a.folder, tuned: b.folder, output, baseName: base, memoryBytes, scratch: () => fileScratch(output, 'factors'),
    ...(a.file === undefined ? {} : { baseFile: a.file }), ...(b.file === undefined ? {} : { tunedFile: b.file }),
    ...(rank === undefined ? {} : { rank }), ...(energy === undefined ? {} : { energy }), ...(targets === undefined ? {} : { targets }),
    ...(fullTensors === undefined ? {} : { fullTensors }), ...(dtype === undefined ? {} : { dtype }),
  }, host, execute, context);
}
