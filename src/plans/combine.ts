/**
 * @module
 * Several plans as one: inputs and stages one behind the other, files of each below a folder of its own.
 */
import { TemperError, finding } from '../findings/index.ts';
import { rebind, type Expression } from '../tensors/index.ts';
import { PATH_TWICE } from './assemble/codes.ts';
import type { BoundInput } from './inputs.ts';
import type { BoundPlan } from './merge.ts';
import { planInput } from './inputs.ts';
import type { Dropped, Plan, PlannedFile, PlannedStage } from './plan.ts';

/** A plan and where its files go. */
export interface PlanPart {
  readonly bound: BoundPlan;
  /** Folder in the output, with a slash at its end, or '' for its root. */
  readonly folder: string;
  /** Its roles (`base`, `adapter` …) as the whole calls them. */
  readonly roles: Readonly<Record<string, string>>;
}

/** One plan of all parts. Two files of one name are a mistake of whoever chose the parts. */
export function combinePlans(verb: Plan['verb'], version: string, parts: readonly PlanPart[]): BoundPlan {
  const inputs: BoundInput[] = [], stages: PlannedStage[] = [], files: PlannedFile[] = [], dropped: Dropped[] = [];
  for (const { bound: { plan, inputs: own }, folder, roles } of parts) {
    const firstInput = inputs.length, firstStage = stages.length, moved = new Map<Expression, Expression>();
    const move = (expression: Expression): Expression => shiftStages(rebind(expression, (source) => source + firstInput), firstStage, moved);
    inputs.push(...own.map((input) => ({ ...input, role: roles[input.role] ?? input.role })));
    stages.push(...plan.stages.map((stage) => ({ ...stage, expression: move(stage.expression) })));
    dropped.push(...plan.dropped.map(({ name, why }) => ({ name: renamed(name, roles), why })));
    for (const file of plan.files) files.push(placed(file, folder, firstInput, roles, move));
  }
  const seen = new Set<string>();
  for (const { path } of files) {
    if (seen.has(path)) throw new TemperError([finding(PATH_TWICE, { file: path }, { path, severity: 'error' })]);
    seen.add(path);
  }
  return {
    inputs,
    plan: { schema: 'temper.plan/1', verb, version, stages, files, dropped, findings: parts.flatMap(({ bound }) => [...bound.plan.findings]), inputs: inputs.map(planInput) },
  };
}

/** `base:NAME` as `llm:NAME`. */
function renamed(name: string, roles: Readonly<Record<string, string>>): string {
  const colon = name.indexOf(':'), role = name.slice(0, colon);
  return colon > 0 && Object.hasOwn(roles, role) ? `${roles[role]!}${name.slice(colon)}` : name;
}

function placed(file: PlannedFile, folder: string, firstInput: number, roles: Readonly<Record<string, string>>, move: (expression: Expression) => Expression): PlannedFile {
  const path = folder + file.path;
  switch (file.kind) {
    case 'text': return { ...file, path };
    case 'copy': return { ...file, path, input: file.input + firstInput };
    case 'weights': return { ...file, path, tensors: file.tensors.map((tensor) => ({ ...tensor, expression: move(tensor.expression), from: tensor.from.map((name) => renamed(name, roles)) })) };
  }
}

/** The same expression with every stage `by` further on. Nodes are plain data, so this holds for any of them. */
function shiftStages(node: Expression, by: number, done: Map<Expression, Expression>): Expression {
  if (by === 0) return node;
  const known = done.get(node);
  if (known !== undefined) return known;
  const shifted = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, isNode(value) ? shiftStages(value, by, done)
    : Array.isArray(value) && value.every(isNode) ? value.map((inner) => shiftStages(inner, by, done)) : value])) as unknown as Expression;
  const result = shifted.op === 'stage' ? { ...shifted, stage: shifted.stage + by } : shifted;
  done.set(node, result);
  return result;
}

const isNode = (value: unknown): value is Expression => typeof value === 'object' && value !== null && 'op' in value;
