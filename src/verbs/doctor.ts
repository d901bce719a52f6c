/**
 * @module
 * doctor: whether Temper can work on this machine, from facts that the host collects.
 */
import { fill, finding, type Code, type Finding, type ParameterValue, type Text } from '../findings/index.ts';
import { formatBytes, formatMemory, type DoctorBody, type DoctorCheck } from '../reports/index.ts';
import { VERSION } from '../version.ts';
import { MEMORY_LOW, NODE_TOO_OLD, SIMD_MISSING, TEMPORARY_SPACE_LOW, WORKERS_MISSING } from './codes.ts';
import type { Answer } from './verb.ts';

/** What is to be known about a machine. */
export interface MachineFacts {
  /** `20.19.0` */
  readonly nodeVersion: string;
  /** `linux x64` */
  readonly platform: string;
  readonly cores: number;
  /** What this process may use at most, containers counted. */
  readonly memoryBytes: number;
  readonly availableMemoryBytes: number;
  readonly temporary: { readonly path: string; readonly freeBytes?: number };
  readonly simd: boolean;
  /** Milliseconds until a worker thread answered, or why none did. */
  readonly worker: { readonly milliseconds: number } | { readonly reason: string };
  /** The Hugging Face cache and how many models are in it; no number when it is not there. */
  readonly hubCache: { readonly path: string; readonly models?: number };
  /** `zh-CN` */
  readonly locale: string;
  /** What of the environment chose the language of the texts, `LANG=zh_CN.UTF-8`. */
  readonly localeFrom: string;
}

/** Oldest Node, as package.json asks for. */
export const NODE_LEAST: readonly [number, number] = [20, 19];
/** Default memory budget of a run (DESIGN: peak memory is a stated budget). */
export const MEMORY_BUDGET_BYTES: number = 512 * 2 ** 20;
/** Less than this in the temporary folder and ordinary programs begin to fail. */
export const TEMPORARY_FREE_LEAST_BYTES: number = 1e9;

/** One check: its title, what was found, and what is wrong with it if anything. */
interface Look { readonly value: Text | string; readonly finding?: Finding; readonly status?: DoctorCheck['status'] }

const same = (text: string): Text => ({ en: text, zh: text });

const problem = <C extends Code<string>>(code: C, parameters: Readonly<Record<string, ParameterValue>>): Finding => finding(code, parameters as never, { path: '.' });

/** The checks in the order in which they are shown. */
const CHECKS: readonly { readonly check: string; readonly title: Text; readonly look: (facts: MachineFacts) => Look }[] = [
  { check: 'node', title: { en: 'Node', zh: 'Node 版本' }, look: ({ nodeVersion, platform }) => {
    const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
    const old = major < NODE_LEAST[0] || (major === NODE_LEAST[0] && minor < NODE_LEAST[1]);
    return { value: same(`${nodeVersion} (${platform})`), ...(old ? { finding: problem(NODE_TOO_OLD, { version: nodeVersion, least: NODE_LEAST.join('.') }) } : {}) };
  } },
  { check: 'cores', title: { en: 'Processor cores', zh: '处理器核心' }, look: ({ cores }) => ({ value: same(String(cores)) }) },
  { check: 'memory', title: { en: 'Memory', zh: '内存' }, look: ({ memoryBytes, availableMemoryBytes }) => {
    const available = formatBytes(availableMemoryBytes), all = formatBytes(memoryBytes);
    return {
      value: { en: `${available} available of ${all}`, zh: `${all} 中可用 ${available}` },
      ...(availableMemoryBytes < MEMORY_BUDGET_BYTES ? { finding: problem(MEMORY_LOW, { available, budget: formatMemory(MEMORY_BUDGET_BYTES) }) } : {}),
    };
  } },
  { check: 'temporary-space', title: { en: 'Temporary folder', zh: '临时目录' }, look: ({ temporary: { path, freeBytes } }) => {
    if (freeBytes === undefined) return { value: { en: `${path}, free space unknown`, zh: `${path}，剩余空间未知` }, status: 'note' };
    const free = formatBytes(freeBytes);
    return {
      value: { en: `${free} free in ${path}`, zh: `${path} 剩余 ${free}` },
      ...(freeBytes < TEMPORARY_FREE_LEAST_BYTES ? { finding: problem(TEMPORARY_SPACE_LOW, { path, free }) } : {}),
    };
  } },
  { check: 'wasm-simd', title: { en: 'WebAssembly SIMD', zh: 'WebAssembly SIMD' }, look: ({ simd }) => (simd
    ? { value: { en: 'works', zh: '可用' } }
    : { value: { en: 'does not work', zh: '不可用' }, finding: problem(SIMD_MISSING, {}) }) },
  { check: 'workers', title: { en: 'Worker threads', zh: '工作线程' }, look: ({ worker }) => ('reason' in worker
    ? { value: { en: 'do not start', zh: '无法启动' }, finding: problem(WORKERS_MISSING, { reason: worker.reason }) }
    : { value: { en: `start in ${Math.round(worker.milliseconds)} ms`, zh: `${Math.round(worker.milliseconds)} 毫秒启动` } }) },
  { check: 'hub-cache', title: { en: 'Hugging Face cache', zh: 'Hugging Face 缓存' }, look: ({ hubCache: { path, models } }) => (models === undefined
    ? { value: { en: `none at ${path}`, zh: `${path} 不存在` }, status: 'note' }
    : { value: { en: `${models} ${models === 1 ? 'model' : 'models'} in ${path}`, zh: `${path} 中有 ${models} 个模型` } }) },
  { check: 'language', title: { en: 'Language', zh: '语言' }, look: ({ locale, localeFrom }) => ({ value: same(localeFrom === '' ? locale : `${locale} (${localeFrom})`) }) },
];

/** Looks at the facts. Exit 2 when Temper cannot work here, else 0. */
export function doctor(facts: MachineFacts): Answer<DoctorBody> {
  const findings: Finding[] = [];
  const checks = CHECKS.map(({ check, title, look }): DoctorCheck => {
    const { value, finding: found, status = 'ok' } = look(facts);
    if (found === undefined) return { check, title, value, status };
    findings.push(found);
    return { check, title, value, status: found.severity === 'info' ? 'note' : found.severity, recommendation: recommendation(found) };
  });
  return { schema: 'temper.doctor/1', exit: findings.some((one) => one.severity === 'error') ? 2 : 0, findings, body: { version: VERSION, checks } };
}

const CODES = [NODE_TOO_OLD, MEMORY_LOW, TEMPORARY_SPACE_LOW, SIMD_MISSING, WORKERS_MISSING] as readonly Code[];

function recommendation(found: Finding): Text {
  const { fix } = CODES.find((code) => code.code === found.code)!;
  return { en: fill(fix.en, found.parameters, 'en'), zh: fill(fix.zh, found.parameters, 'zh') };
}
