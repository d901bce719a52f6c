/**
 * @module
 * The stream that torch.save wrote before 1.6, and still writes with `_use_new_zipfile_serialization=False`
 * (torch/serialization.py, `_legacy_save`): five pickles, then every storage as its count of elements and its bytes.
 * Nothing in it depends on the data, so it is all known beforehand.
 */
import { LEGACY_MAGIC, LEGACY_PROTOCOL } from '../legacy.ts';
import type { Segment } from './layout.ts';
import { Pickler } from './pickler.ts';
import { pickleStateDict, type SavedStateDict } from './state-dict.ts';

/** A stream that is laid out. */
export interface LegacyLayout {
  /** Size of the whole file. */
  readonly size: number;
  /** Everything but the data. */
  readonly segments: readonly Segment[];
  /** Where the data of every storage goes, by its index in the state dict. */
  readonly storages: readonly { readonly offset: number; readonly bytes: number }[];
}

/** Lays out a state dict whose tensors all have a storage class. Keys are numbers, where torch has addresses. */
export function layoutLegacy(state: SavedStateDict): LegacyLayout {
  const one = (write: (pickler: Pickler) => void) => {
    const pickler = new Pickler();
    write(pickler);
    return pickler.finish();
  };
  const { pickle, order } = pickleStateDict(state, true);
  const preamble = [
    one((pickler) => pickler.int(LEGACY_MAGIC)), one((pickler) => pickler.int(LEGACY_PROTOCOL)), one(systemInformation), pickle,
    one((pickler) => pickler.list(order.length, (i) => pickler.string(String(i)))),
  ];
  const segments: Segment[] = [], storages: { offset: number; bytes: number }[] = [];
  let at = 0;
  const put = (bytes: Uint8Array) => {
    segments.push({ offset: at, bytes });
    at += bytes.length;
  };
  preamble.forEach(put);
  const elementBytes = new Map(state.tensors.map(({ storage, dtype }) => [storage, dtype.bytes]).reverse() as [number, number][]);
  for (const storage of order) {
    const { bytes } = state.storages[storage]!, count = new Uint8Array(8);
    new DataView(count.buffer).setBigInt64(0, BigInt(bytes / elementBytes.get(storage)!), true);
    put(count);
    storages[storage] = { offset: at, bytes };
    at += bytes;
  }
  return { size: at, segments, storages };
}

/** What a little-endian machine says of itself. */
function systemInformation(pickler: Pickler): void {
  const sizes = [['short', 2], ['int', 4], ['long', 4]] as const;
  pickler.dict(3, (i) => [
    () => { pickler.string('protocol_version'); pickler.int(LEGACY_PROTOCOL); },
    () => { pickler.string('little_endian'); pickler.bool(true); },
    () => { pickler.string('type_sizes'); pickler.dict(sizes.length, (j) => { pickler.string(sizes[j]![0]); pickler.int(sizes[j]![1]); }); },
  ][i]!());
}
