/**
 * @module
 * Scans one file by its content; its name is never evidence.
 */
import type { ByteSource } from '../../bytes/index.ts';
import { finding, isTemperError, type Finding } from '../../findings/index.ts';
import { openContainer, readHead, type Container } from '../../containers/index.ts';
import { gguf } from '../../containers/gguf/index.ts';
import { safetensors } from '../../containers/safetensors/index.ts';
import { NOT_CONTAINERS, RECOGNISED } from '../../containers/recognise.ts';
import { beginsWithProto, isLegacy, isTextPickle } from '../../containers/torch/index.ts';
import { crc32 } from '../../containers/zip/index.ts';
import type { ScanContext } from './context.ts';
import { scanLegacy, scanNpy, scanTar } from './others.ts';
import { scanPickles } from './pickles.ts';
import { ScanReport, type Verdict } from './report.ts';
import { searchPickles } from './search.ts';
import { WeightsOnly, type WeightsOnlyRefusal } from './weights-only.ts';
import { scanZip } from './zip.ts';

/** What a scan says about a file. */
export interface FileScan {
  readonly verdict: Verdict;
  /** What the content is. */
  readonly format: string;
  /** Every name that a pickle in it mentions. */
  readonly globals: readonly string[];
  readonly findings: readonly Finding[];
  /** Whether `torch.load(weights_only=True)` takes it; absent for files that torch.load does not read. */
  readonly weightsOnly?: { readonly loads: boolean } & Partial<WeightsOnlyRefusal>;
}

/** Endings of files that hold weights or state: content that is nothing of the kind is a refusal there. */
const WEIGHTS_NAME = /\.(?:bin|pt|pth|ckpt|safetensors|gguf|pkl|pickle|distcp|npy|npz|pdparams|msgpack|h5|tar|pt2|ptl|mar|joblib|dat|data)$/i;

/** Scans a file. `all` searches and checks everything, however large. */
export async function scanFile(source: ByteSource, options: { readonly all?: boolean; readonly crc32?: ScanContext['crc32'] } = {}): Promise<FileScan> {
  const report = new ScanReport(source.label), weightsOnly = new WeightsOnly();
  const context: ScanContext = { report, all: options.all ?? false, crc32: options.crc32 ?? crc32, depth: 0, weightsOnly, inside: async (inner, part) => { await scanContent(inner, part, false); } };
  const format = await scanContent(context, source, WEIGHTS_NAME.test(source.label));
  const refused = NOT_WEIGHTS_ONLY.get(format);
  if (refused !== undefined) weightsOnly.refuse(refused, 0);
  const weights = weightsOnly.refusal === undefined ? { loads: report.notes.errors === 0 } : { loads: false, ...weightsOnly.refusal };
  return {
    verdict: report.verdict, format, globals: report.globals, findings: report.findings,
    ...(TORCH_FORMATS.has(format) || refused !== undefined ? { weightsOnly: weights } : {}),
  };
}

/** Formats that torch.load reads. */
const TORCH_FORMATS: ReadonlySet<string> = /* @__PURE__ */ new Set(['torch-zip', 'torch-legacy']);
/** Formats of torch that it refuses under weights_only, in its own words. */
const NOT_WEIGHTS_ONLY: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ['torchscript', 'Cannot use ``weights_only=True`` with TorchScript archives'], ['torch-tar', 'Cannot use ``weights_only=True`` with files saved in the legacy .tar format'],
  ['torch.package', 'PytorchStreamReader failed locating file data.pkl'], ['torch.export', 'PytorchStreamReader failed locating file data.pkl'],
]);

const isZip = (head: Uint8Array): boolean => head[0] === 0x50 && head[1] === 0x4b && (head[2] === 3 && head[3] === 4 || head[2] === 5 && head[3] === 6);

/** Scans content; returns what it is. `mustBeKnown` says that the name promises weights. */
async function scanContent(context: ScanContext, source: ByteSource, mustBeKnown: boolean): Promise<string> {
  const { report } = context, head = await readHead(source);
  const refused = (row: typeof RECOGNISED[number]) => {
    if (mustBeKnown) report.notes.take([finding(row.code, { file: report.notes.file, name: row.name }, { path: report.notes.file, offset: 0 })]);
  };
  const not = NOT_CONTAINERS.find((row) => row.matches(head, source.size));
  if (not !== undefined) {
    refused(not);
    return not.format;
  }
  if (isZip(head)) return scanZip(context, source);
  if (isLegacy(head)) {
    await scanLegacy(context, source);
    return 'torch-legacy';
  }
  if (beginsWithProto(head) && !safetensors.sniff(head, source.size)) {
    await scanPickles(context, source, 0, source.size);
    return 'pickle';
  }
  for (const container of [safetensors, gguf]) {
    if (!container.sniff(head, source.size)) continue;
    await scanInert(context, source, container);
    return container.format;
  }
  const row = RECOGNISED.find((one) => one.matches(head, source.size));
  if (row?.format === 'npy') return await scanNpy(context, source) ? 'npy-object' : 'npy';
  if (row?.format === 'tar') return await scanTar(context, source) ? 'torch-tar' : 'tar';
  if (row === undefined && await isTextPickle(source, head)) {
    await scanPickles(context, source, 0, source.size);
    return 'pickle';
  }
  if (row !== undefined) refused(row);
  else if (mustBeKnown) report.notes.take(await unknownFormat(source));
  if (mustBeKnown || context.depth > 0) await searchPickles(context, source, 0, source.size);
  return row?.format ?? 'unknown';
}

/** What the containers say about a file that nobody knows. */
async function unknownFormat(source: ByteSource): Promise<readonly Finding[]> {
  try { await openContainer(source); } catch (error) {
    if (isTemperError(error)) return error.findings;
    throw error;
  }
  return [];
}

/** Formats without any code: opened as strictly as ever, and searched when they do not open. */
async function scanInert(context: ScanContext, source: ByteSource, container: Container): Promise<void> {
  const { report } = context;
  try {
    report.notes.take((await container.open(source)).findings);
  } catch (error) {
    if (!isTemperError(error)) throw error;
    report.notes.take(error.findings);
    await searchPickles(context, source, 0, source.size);
  }
}
