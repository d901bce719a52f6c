/**
 * @module
 * Scans formats beside zip that can hold pickles: the old torch stream, numpy arrays of objects, tar archives.
 */
import { readBytes, sliceSource, type ByteSource } from '../../bytes/index.ts';
import { readNpyHeader } from '../../containers/npy.ts';
import { isTorchTar, tarMembers } from '../../containers/tar.ts';
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

/** A numpy array; one of objects is a pickle. Returns whether it is. */
export async function scanNpy(context: ScanContext, source: ByteSource): Promise<boolean> {
  const header = await readNpyHeader(source);
  if (!header?.holdsObjects) return false;
  context.report.notes.add(SCAN_OPAQUE, { kind: { en: 'a numpy array of Python objects', zh: 'Python 对象组成的 numpy 数组' } }, { severity: 'warning' });
  await scanPickles(context, source, header.dataOffset, source.size);
  return true;
}

/** A tar archive, as torch wrote them before 0.2 and as anybody packs things. Returns whether it is torch's. */
export async function scanTar(context: ScanContext, source: ByteSource): Promise<boolean> {
  const names: string[] = [];
  context.report.notes.add(SCAN_OPAQUE, { kind: { en: 'a tar archive', zh: ' tar 归档' } });
  for await (const { name, offset, size } of tarMembers(source)) {
    names.push(name);
    if (size === 0) continue;
    const member = sliceSource(source, offset, size), head = await readBytes(member, 0, Math.min(2, size));
    if (head[0] === 0x80) await scanPickles(context, source, offset, offset + size);
    else await context.inside(deeper(context), member);
  }
  return isTorchTar(names);
}
