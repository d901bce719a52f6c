/** @module `combine` over paths of this machine. */
import path from 'node:path';
import type { ComputeDType } from '../tensors/index.ts';
import type { CombineBody } from '../verbs/combine.ts';
import type { CombineName, SignElection } from '../verbs/combine/methods.ts';
import type { ExecuteOptions } from '../verbs/execute.ts';
import type { Answer, VerbContext } from '../verbs/verb.ts';
import { openInput } from './folder.ts';
import { MEMORY_BYTES_DEFAULT, nodeHost } from './host.ts';
import { fileScratch, refuseExisting } from './scratch.ts';
import { resolveModel } from './verbs.ts';

/** What a combination on this machine is made of. */
export interface CombinePathsOptions extends ExecuteOptions {
  readonly adapters: readonly string[];
  readonly output: string;
  readonly weights?: readonly number[];
  readonly method?: CombineName;
  readonly density?: number;
  readonly rank?: number;
  readonly election?: SignElection;
  readonly seed?: number;
  readonly dtype?: ComputeDType;
  readonly memoryBytes?: number;
  readonly workers?: number;
}

/** The exact one, unless another is asked for. */
const METHOD_DEFAULT: CombineName = 'cat';

/** `combine ADAPTER… -o OUT`. */
export async function combinePaths(options: CombinePathsOptions, context: VerbContext = {}): Promise<Answer<CombineBody>> {
  const { adapters, output, weights, method = METHOD_DEFAULT, density, rank, election, seed, dtype, memoryBytes = MEMORY_BYTES_DEFAULT, workers, ...execute } = options;
  refuseExisting(output, execute.force);
  const paths = adapters.map((adapter) => resolveModel(adapter));
  // An adapter may be named by its weights file.
  const folders = paths.map((given) => { const opened = openInput(given); return opened.file === undefined ? opened.folder : openInput(path.dirname(path.resolve(given))).folder; });
  const host = nodeHost({ output, inputs: paths, memoryBytes, ...(workers === undefined ? {} : { workers }) }), { combine } = await import('../verbs/combine.ts');
  return combine({
    adapters: folders, method, output, memoryBytes, scratch: (name) => fileScratch(output, name),
    ...(weights === undefined ? {} : { weights }), ...(density === undefined ? {} : { density }), ...(rank === undefined ? {} : { rank }),
    ...(election === undefined ? {} : { election }), ...(seed === undefined ? {} : { seed }), ...(dtype === undefined ? {} : { dtype }),
  }, host, execute, context);
}
