/**
 * @module
 * `target_parameters` (peft.md §1.10): LoRA on parameters that hold all experts of a layer at once. The keys name the
 * module only; which parameter a pair of factors belongs to follows from how often `base_layer` stands before it. The
 * factors of all experts lie in one tensor: A is (experts · r, a), expert after expert; B is (b, r · experts), the
 * experts innermost.
 */
import { EXPERT_PARAMETERS, EXPERTS_STORED_TURNED, expertNames } from '../families/index.ts';
import { finding, type Finding, type Text } from '../findings/index.ts';
import { reshape, slice, transpose, type Expression } from '../tensors/index.ts';
import { EXPERTS_UNCLEAR, UNKNOWN_TENSOR } from './codes.ts';
import { listField, textField, type AdapterConfig } from './config.ts';
import type { Form } from './forms.ts';
import type { Home, Homes } from './match.ts';

/** The factors of all experts of one parameter. */
export const EXPERT_FORM: Form = { parts: { 'lora_A.weight': 'ranks a', 'lora_B.weight': 'b ranks' } };

/** The finding that says why a parameter's factors cannot be used. */
export const unclear = (module: string, en: string, zh: string): Finding => finding(EXPERTS_UNCLEAR, { module, reason: { en, zh } satisfies Text }, { tensor: module });

/** A module as the keys give it; `depth` counts the `base_layer` at the end of its path. */
interface Stacked { readonly path: string; readonly depth: number; readonly parts: ReadonlyMap<string, { readonly name: string }> }

/** Gives every module that target_parameters means its parameter: path and all. The others come back as they are. */
export function assignParameters<M extends Stacked>(config: AdapterConfig, modules: readonly M[], findings: Finding[]): (M & { readonly parameter?: string })[] {
  const items = listField(config, 'target_parameters') ?? [], byPath = new Map<string, M[]>();
  for (const module of modules) byPath.set(module.path, [...byPath.get(module.path) ?? [], module]);
  return [...byPath].flatMap(([path, stack]) => {
    const targeted = [...new Set(items.flatMap((item) => {
      const dot = item.lastIndexOf('.'), owner = item.slice(0, Math.max(0, dot)), parameter = item.slice(dot + 1);
      const hit = owner === '' ? /(?:^|\.)experts$/.test(path) : path === owner || path.endsWith(`.${owner}`);
      return hit ? [parameter] : [];
    }))];
    if (targeted.length === 0) {
      for (const { depth, parts } of stack) if (depth > 0) findings.push(finding(UNKNOWN_TENSOR, { tensor: [...parts.values()][0]!.name, type: 'LORA' }, { tensor: [...parts.values()][0]!.name }));
      return stack;
    }
    const order = targeted.toSorted((a, b) => EXPERT_PARAMETERS.indexOf(a) - EXPERT_PARAMETERS.indexOf(b));
    const known = targeted.length === 1 || targeted.every((name) => EXPERT_PARAMETERS.includes(name));
    if (!known || stack.length !== targeted.length || stack.some(({ depth }) => depth >= targeted.length)) {
      findings.push(unclear(path, `${stack.length} pairs of factors for ${targeted.join(', ')}`, `${targeted.join('、')} 对应 ${stack.length} 组因子`));
      return [];
    }
    // The last one that was wrapped is the outermost, without any base_layer.
    return stack.map((module) => ({ ...module, parameter: `${path}.${order[order.length - 1 - module.depth]!}` }));
  });
}

/** Where a parameter lies in the base: whole, or as rows of matrices, expert by expert. */
export type ParameterHome = { readonly whole: Home } | { readonly experts: readonly (readonly Home[])[] };

/** Finds it under every name that files give it; undefined when there is none. */
export function findParameter(homes: Homes, parameter: string, experts: number): ParameterHome | undefined {
  for (const names of expertNames(parameter)) {
    const whole = homes.find(names.whole);
    if (whole.length === 1) return { whole: whole[0]! };
    const one = (name: string) => { const found = homes.find(name); return found.length === 1 ? found : []; };
    const { of } = names;
    if (of === undefined || one(of(0)[0]!).length === 0) continue;
    const all = Array.from({ length: experts }, (_, index) => of(index).flatMap(one));
    // Fewer or more experts in the file than in the factors is no match at all.
    return all.some((row) => row.length !== of(0).length) || one(of(experts)[0]!).length > 0 ? undefined : { experts: all };
  }
  return undefined;
}

/** What decides how the factors of one expert multiply to its matrix (d1, d2). */
export interface Orientation { readonly a: number; readonly b: number; readonly d1: number; readonly d2: number; readonly stacked: boolean }

/**
 * Whether B·A is the matrix as it is stored, or its transpose; undefined when neither fits. A square one leaves it open:
 * then the release that trained it tells, for PEFT 0.17 and 0.18 took every parameter for (in, out).
 */
export function isStraight({ a, b, d1, d2, stacked }: Orientation, config: AdapterConfig, modelType: string | undefined): boolean | undefined {
  const straight = a === d2 && b === d1, turned = a === d1 && b === d2;
  if (straight && turned && stacked) {
    const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(textField(config, 'peft_version') ?? '') ?? [];
    return (Number(major) > 0 || Number(minor) >= 19) && !EXPERTS_STORED_TURNED.has(modelType ?? '');
  }
  return straight ? true : turned ? false : undefined;
}

/** The factors of expert `index` out of `experts`, as two matrices whose product is stored as the parameter is. */
export function expertFactors(A: Expression, B: Expression, index: number, experts: number, straight: boolean): { b: Expression; a: Expression } {
  const r = A.shape[0]! / experts, rows = B.shape[0]!;
  const a = slice(0, index * r, (index + 1) * r, A), b = reshape([rows, r], slice(2, index, index + 1, reshape([rows, r, experts], B)));
  return straight ? { b, a } : { b: transpose(a), a: transpose(b) };
}
