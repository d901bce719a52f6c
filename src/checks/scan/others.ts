/**
 * @module
 * Scans formats beside zip that can hold pickles: the old torch stream, numpy arrays of objects, tar archives.
 */
import { readBytes, sliceSource, type ByteSource } from '../../bytes/index.ts';
import { listContents, Objects, readLegacy } from '../../containers/torch/index.ts';
import { SCAN_OPAQUE } from './codes.ts';
import { deeper, type ScanContext } from './context.ts';
import { look } from './look.ts';
import { scanPickles } from './pickles.ts';
import { searchPickles } from './search.ts';

/** The stream of torch before 1.6: five pickles and the storages. */
export async function scanLegacy(context: ScanContext, source: ByteSource): Promise<void> {
  const { report } = context;
  const { pickles, storages } = await readLegacy(source, report.notes, context.weightsOnly?.observe);
  for (const pickle of pickles) await look(context, source, pickle);
  const object = pickles[3];
  if (storages !== undefined && object?.value !== undefined) {
    listContents(object.value, new Objects(storages, report.notes));
    // torch 2.13 writes such files (uint16, float8 …) and cannot read them back.
    if (storages.storages.some((storage) => storage.class.untyped)) context.weightsOnly?.refuse('type object \'torch.storage.UntypedStorage\' has no attribute \'dtype\'', object.start);
  }
  // Behind a place that could not be followed anything may lie.
  const end = storages?.end ?? pickles.at(-1)!.end;
  if (end < source.size) await searchPickles(context, source, end, source.size);
}

/** Longest header of a numpy array that is read. */
const NPY_HEADER_MAX = 64 * 1024;

/** A numpy array; one of objects is a pickle. Returns whether it is. */
export async function scanNpy(context: ScanContext, source: ByteSource): Promise<boolean> {
  const head = await readBytes(source, 0, Math.min(NPY_HEADER_MAX, source.size));
  const view = new DataView(head.buffer), wide = (head[6] ?? 0) >= 2, at = wide ? 12 : 10;
  if (head.length < at) return false;
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const isObject = isObjectHeader(head.subarray(at, at + length));
  if (isObject) {
    context.report.notes.add(SCAN_OPAQUE, { kind: { en: 'a numpy array of Python objects', zh: 'Python 对象组成的 numpy 数组' } }, { severity: 'warning' });
    await scanPickles(context, source, Math.min(at + length, source.size), source.size);
  }
  return isObject;
}

/** Whether a `.npy` header describes objects: `'descr': '|O'`, or a field of that type. */
export function isObjectHeader(header: Uint8Array): boolean {
  return /'descr'\s*:\s*(?:'[|<>=]?O|\[[^\]]*'[|<>=]?O)/.test(new TextDecoder().decode(header));
}

const BLOCK = 512;

/** Members of a tar archive: name, offset, size. Stops at the first header that makes no sense. */
export async function* tarMembers(source: ByteSource): AsyncGenerator<{ name: string; offset: number; size: number }> {
  for (let at = 0; at + BLOCK <= source.size;) {
    const header = await readBytes(source, at, BLOCK);
    if (header.every((byte) => byte === 0)) return;
    const text = (from: number, length: number) => new TextDecoder().decode(header.subarray(from, from + length)).replace(/\0.*$/s, '').trim();
    const size = /^[0-7]{1,12}$/.test(text(124, 12)) ? Number.parseInt(text(124, 12), 8) : NaN;
    if (!(at + BLOCK + size <= source.size)) return;
    yield { name: text(0, 100), offset: at + BLOCK, size };
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
}

/** Members of the checkpoints that torch wrote before 0.2. */
const TORCH_TAR = ['sys_info', 'pickle', 'storages', 'tensors'];

/** A tar archive, as torch wrote them before 0.2 and as anybody packs things. Returns whether it is torch's. */
export async function scanTar(context: ScanContext, source: ByteSource): Promise<boolean> {
  const names = new Set<string>();
  context.report.notes.add(SCAN_OPAQUE, { kind: { en: 'a tar archive', zh: ' tar 归档' } });
  for await (const { name, offset, size } of tarMembers(source)) {
    names.add(name.replace(/^\.\//, ''));
    if (size === 0) continue;
    const member = sliceSource(source, offset, size), head = await readBytes(member, 0, Math.min(2, size));
    if (head[0] === 0x80) await scanPickles(context, source, offset, offset + size);
    else await context.inside(deeper(context), member);
  }
  return TORCH_TAR.every((name) => names.has(name));
}
