/**
 * @module
 * A plan as text: NDJSON, one record per line, linear in the number of tensors. Order: the plan itself, inputs, stages,
 * then every file followed by its tensors, then what is dropped, then findings.
 */
import { refuse, type Finding } from '../findings/index.ts';
import { PLAN_INVALID } from './codes.ts';
import type { Dropped, Plan, PlanInput, PlannedFile, PlannedStage, PlannedTensor, WeightsFile } from './plan.ts';

/** The lines of a plan, without line ends. */
export function* planLines(plan: Plan): Generator<string> {
  const line = (record: string, value: object) => JSON.stringify({ record, ...value });
  yield line('plan', { schema: plan.schema, verb: plan.verb, version: plan.version });
  for (const input of plan.inputs) yield line('input', input);
  for (const stage of plan.stages) yield line('stage', stage);
  for (const file of plan.files) {
    if (file.kind !== 'weights') { yield line('file', file); continue; }
    const { tensors, ...rest } = file;
    yield line('file', rest);
    for (const tensor of tensors) yield line('tensor', tensor);
  }
  for (const dropped of plan.dropped) yield line('dropped', dropped);
  for (const found of plan.findings) yield line('finding', found);
}

/** A plan from its lines. Throws PLAN_INVALID with the line's number; a plan is read whole or not at all. */
export function parsePlan(lines: Iterable<string>, label: string): Plan {
  let head: Pick<Plan, 'schema' | 'verb' | 'version'> | undefined, number = 0;
  const inputs: PlanInput[] = [], stages: PlannedStage[] = [], files: PlannedFile[] = [], dropped: Dropped[] = [], findings: Finding[] = [];
  let tensors: PlannedTensor[] | undefined;
  const bad = (en: string, zh: string): never => refuse(PLAN_INVALID, { file: label, line: number, problem: { en, zh } }, { path: label });
  for (const text of lines) {
    number++;
    if (text === '') continue;
    let value: Record<string, unknown>;
    try { value = JSON.parse(text) as Record<string, unknown>; } catch { return bad('it is not JSON', '不是 JSON'); }
    if (typeof value !== 'object' || value === null) return bad('it is not an object', '不是对象');
    const { record, ...rest } = value;
    switch (record) {
      case 'plan':
        if (rest['schema'] !== 'temper.plan/1') bad(`the schema is ${String(rest['schema'])}, not temper.plan/1`, `schema 是 ${String(rest['schema'])}，不是 temper.plan/1`);
        head = rest as Pick<Plan, 'schema' | 'verb' | 'version'>;
        break;
      case 'input': inputs.push(rest as unknown as PlanInput); break;
      case 'stage': stages.push(rest as unknown as PlannedStage); break;
      case 'file': {
        tensors = undefined;
        if (rest['kind'] === 'weights') files.push({ ...rest, tensors: tensors = [] } as unknown as WeightsFile);
        else files.push(rest as unknown as PlannedFile);
        break;
      }
      case 'tensor':
        if (tensors === undefined) bad('a tensor before any weights file', '张量出现在权重文件之前');
        tensors!.push(rest as unknown as PlannedTensor);
        break;
      case 'dropped': dropped.push(rest as unknown as Dropped); break;
      case 'finding': findings.push(rest as unknown as Finding); break;
      default: bad(`unknown record ${String(record)}`, `未知记录 ${String(record)}`);
    }
  }
  number++;
  if (head === undefined) return bad('there is no plan record', '缺少 plan 记录');
  return { ...head, inputs, stages, files, dropped, findings };
}

/** SHA-256 of what a plan does: everything but times and findings. The bytes of the output follow from it. */
export async function planDigest(plan: Plan): Promise<string> {
  const text = [...planLines({ ...plan, findings: [], inputs: plan.inputs.map(({ modifiedMs: _, ...input }) => input) })].join('\n');
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
