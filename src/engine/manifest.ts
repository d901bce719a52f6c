/**
 * @module
 * temper.json: enough to recompute and verify the output later. Relative paths only, no times: it too is a function of
 * the inputs.
 */
import type { Plan } from '../plans/plan.ts';

/** Name of the manifest. */
export const MANIFEST = 'temper.json';

/** Digests of a written file. */
export interface FileDigests { readonly sha256: string; readonly tensors: ReadonlyMap<string, string> }

/** Text of the manifest. `facts` are further members that follow from the inputs. */
export function manifestText(plan: Plan, planSha256: string, outputs: readonly { path: string; bytes: number }[], digests: ReadonlyMap<string, FileDigests>,
  facts: Readonly<Record<string, string>> = {}): string {
  const document = {
    schema: 'temper.manifest/1',
    version: plan.version,
    verb: plan.verb,
    plan_sha256: planSha256,
    ...facts,
    inputs: plan.inputs.map(({ role, path, bytes, headerSha256, sampledSha256 }) => ({ role, path, bytes, header_sha256: headerSha256, sampled_sha256: sampledSha256 })),
    outputs: outputs.map(({ path, bytes }) => {
      const digest = digests.get(path);
      return {
        path, bytes,
        ...(digest === undefined ? {} : { sha256: digest.sha256 }),
        ...(digest === undefined || digest.tensors.size === 0 ? {} : { tensors: [...digest.tensors].map(([name, sha256]) => ({ name, sha256 })) }),
      };
    }),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
