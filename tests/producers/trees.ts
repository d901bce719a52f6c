/** Trees made by hand: paths and contents, and the small files that programs leave in them. */
import { memoryFolder } from '../../src/bytes/index.ts';
import { crc32 } from '../../src/containers/zip/index.ts';
import { layoutTorchZip, pickleStateDict, TORCH_DTYPES } from '../../src/containers/torch/index.ts';
import { surveyTree, type Survey } from '../../src/producers/index.ts';

const encoder = new TextEncoder();

/** Contents of a file: text, an object as JSON, or bytes. */
export type Content = string | object | Uint8Array;

/** Files in memory as a folder. */
export function folderOf(files: Readonly<Record<string, Content>>, label = 'tree') {
  const bytes = (content: Content) => (content instanceof Uint8Array ? content : encoder.encode(typeof content === 'string' ? content : JSON.stringify(content)));
  return memoryFolder(label, new Map(Object.entries(files).map(([path, content]) => [path, bytes(content)])));
}

/** Surveys files in memory. */
export const survey = (files: Readonly<Record<string, Content>>, label?: string): Promise<Survey> => surveyTree(folderOf(files, label));

/** A safetensors file with F32 tensors of these shapes. */
export function safetensors(shapes: Readonly<Record<string, readonly number[]>>): Uint8Array {
  let end = 0;
  const header = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => {
    const start = end;
    end += 4 * shape.reduce((product, side) => product * side, 1);
    return [name, { dtype: 'F32', shape, data_offsets: [start, end] }];
  }));
  const text = encoder.encode(JSON.stringify(header)), file = new Uint8Array(8 + text.length + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  return file;
}

/** What torch.save writes for a pickle without storages, given as protocol 2 text after its two first bytes. */
export function torchObject(pickle: string, storages: readonly number[] = []): Uint8Array {
  return archive(Uint8Array.from([0x80, 2, ...Array.from(pickle, (character) => character.charCodeAt(0))]), storages);
}

/** What torch.save writes for a state dict of F32 tensors. */
export function torchTensors(shapes: Readonly<Record<string, readonly number[]>>): Uint8Array {
  const entries = Object.entries(shapes), bytes = entries.map(([, shape]) => 4 * shape.reduce((product, side) => product * side, 1));
  const { pickle } = pickleStateDict({ container: 'dict', storages: bytes.map((size) => ({ bytes: size })), tensors: entries.map(([name, shape], i) => ({ name, dtype: TORCH_DTYPES.get('float32')!, shape, storage: i })) });
  return archive(pickle, bytes);
}

function archive(pickle: Uint8Array, storages: readonly number[]): Uint8Array {
  const layout = layoutTorchZip('archive', pickle, storages), file = new Uint8Array(layout.size);
  for (const { offset, bytes } of [...layout.segments, ...layout.finish(storages.map((size) => crc32(new Uint8Array(size))))]) file.set(bytes, offset);
  return file;
}

const short = (text: string) => `X${String.fromCharCode(text.length)}\0\0\0${text}`;

/** An object of a class, with a dict of text fields as its state: what training_args.bin holds. */
export function pickledObject(module: string, name: string, fields: readonly string[] = []): Uint8Array {
  return torchObject(`c${module}\n${name}\n)\x81}(${fields.map((field) => `${short(field)}N`).join('')}ub.`);
}

/** A dict of empty dicts under these keys. */
export const pickledDict = (keys: readonly string[]): Uint8Array => torchObject(`}(${keys.map((key) => `${short(key)}}`).join('')}u.`);

/** Kinds of a folder, sorted. */
export const kindsOf = (tree: Survey, path = ''): string[] => [...tree.directories.get(path)?.kinds ?? []].sort();

/** `role format needs` of a file. */
export function fileOf(tree: Survey, path: string): string {
  const file = tree.files.get(path);
  return file === undefined ? 'absent' : `${file.role} ${file.format} ${file.neededFor.join('+')}`;
}
