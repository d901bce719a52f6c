/**
 * @module
 * Which files of a directory a loader takes, as a table. The first rows are transformers' order
 * (`_get_resolved_checkpoint_files`); adapters, diffusers and Meta's and Mistral's own names follow.
 */

/** What a set of weights is for. */
export type Purpose = 'model' | 'adapter';

/** Names of one set of weights, the stem before the extension. */
interface Stem {
  readonly stem: string;
  readonly purpose: Purpose;
  readonly extensions: readonly string[];
}

/** In order of precedence; per extension the single file comes before its index. */
const STEMS: readonly Stem[] = [
  { stem: 'model', purpose: 'model', extensions: ['safetensors'] },
  { stem: 'pytorch_model', purpose: 'model', extensions: ['bin'] },
  { stem: 'adapter_model', purpose: 'adapter', extensions: ['safetensors', 'bin'] },
  { stem: 'diffusion_pytorch_model', purpose: 'model', extensions: ['safetensors', 'bin'] },
  { stem: 'consolidated', purpose: 'model', extensions: ['safetensors'] },
];

/** Meta's own file for a model on one device. With `consolidated.01.pth` beside it, it is a slice and no model. */
const META_SINGLE = 'consolidated.00.pth', META_FILE = /^consolidated\.\d\d\.pth$/;

/** `model-00001-of-00003.safetensors`; five digits by every writer, six for more than 99 999. */
export const SHARD_NAME_PATTERN = /^(.+)-(\d{5,6})-of-(\d{5,6})(\.\w+)$/;

/** A rank's part of a torch.distributed checkpoint in safetensors: pieces of tensors, not tensors. */
const DCP_PART = /^shard-\d{5}-/;

/** XTuner v1: names without a count (`model-0001-fused-save_rank0.safetensors`). */
const XTUNER_SHARD = /^model-\d{4}-.*save_rank\d+\.safetensors$/;

/** Weights of other frameworks and engines, which lie beside a checkpoint and go stale when it changes. */
const OTHER_WEIGHTS = /^(?:tf_model\.h5|flax_model\.msgpack|model\.onnx|.+\.gguf)$/;

/** An index, with or without a variant. */
export const INDEX_PATTERN = /\.index(?:\.[\w-]+)?\.json$/;

/** What to open. */
export type Choice =
  | { readonly kind: 'file'; readonly path: string; readonly variant?: string }
  | { readonly kind: 'index'; readonly path: string; readonly variant?: string }
  /** Shards without an index, complete by their names. */
  | { readonly kind: 'shards'; readonly paths: readonly string[] }
  | { readonly kind: 'incomplete'; readonly paths: readonly string[]; readonly count: number; readonly missing: string }
  | { readonly kind: 'index-needed'; readonly path: string }
  | { readonly kind: 'ambiguous'; readonly paths: readonly string[] }
  | { readonly kind: 'none' };

const single = ({ stem }: Stem, extension: string, variant = ''): string => `${stem}${variant}.${extension}`;
const indexOf = ({ stem }: Stem, extension: string, variant = ''): string => `${stem}.${extension}.index${variant}.json`;

/** Chooses among the names of a directory. Weights for `prefer` come before all others. */
export function chooseWeights(names: readonly string[], prefer?: Purpose): Choice {
  const there = new Set(names);
  const stems = [...STEMS].sort((a, b) => Number(b.purpose === prefer) - Number(a.purpose === prefer));
  for (const stem of stems) {
    for (const extension of stem.extensions) {
      const file = single(stem, extension), index = indexOf(stem, extension);
      if (there.has(file)) return { kind: 'file', path: file };
      if (there.has(index)) return { kind: 'index', path: index };
    }
  }
  const meta = names.filter((name) => META_FILE.test(name));
  if (meta.length === 1 && meta[0] === META_SINGLE) return { kind: 'file', path: META_SINGLE };
  if (meta.length > 1) return { kind: 'ambiguous', paths: meta };
  return variantOf(names, stems) ?? shardsWithoutIndex(names) ?? sole(names) ?? { kind: 'none' };
}

/** The weights of a variant (`model.fp16.safetensors`), when there is no more than one. */
function variantOf(names: readonly string[], stems: readonly Stem[]): Choice | undefined {
  for (const stem of stems) {
    for (const extension of stem.extensions) {
      const files = matching(names, new RegExp(`^${stem.stem}\\.([\\w-]+)\\.${extension}$`)).filter(([name]) => !SHARD_NAME_PATTERN.test(name));
      const indexes = matching(names, new RegExp(`^${stem.stem}\\.${extension}\\.index\\.([\\w-]+)\\.json$`));
      const found = [...files, ...indexes], [first] = found;
      if (first === undefined) continue;
      const [path, variant] = first;
      if (found.some(([, other]) => other !== variant)) return { kind: 'ambiguous', paths: found.map(([name]) => name) };
      return { kind: files.length > 0 ? 'file' : 'index', path, variant };
    }
  }
  return undefined;
}

const matching = (names: readonly string[], pattern: RegExp): [string, string][] =>
  names.flatMap((name): [string, string][] => { const variant = pattern.exec(name)?.[1]; return variant === undefined ? [] : [[name, variant]]; });

function shardsWithoutIndex(names: readonly string[]): Choice | undefined {
  const sets = new Map<string, { paths: string[]; numbers: Set<number>; count: number; nameOf: (n: number) => string }>();
  for (const name of names) {
    const [, stem, number, count, extension] = SHARD_NAME_PATTERN.exec(name) ?? [];
    if (stem === undefined || DCP_PART.test(name) || (extension !== '.safetensors' && extension !== '.bin')) continue;
    const key = `${stem}-of-${count}${extension}`, width = number!.length;
    const set = sets.get(key) ?? { paths: [], numbers: new Set(), count: Number(count), nameOf: (n: number) => `${stem}-${String(n).padStart(width, '0')}-of-${count}${extension}` };
    sets.set(key, set);
    set.paths.push(name);
    set.numbers.add(Number(number));
  }
  const [set] = sets.values();
  if (set === undefined) {
    const path = names.find((name) => XTUNER_SHARD.test(name));
    return path === undefined ? undefined : { kind: 'index-needed', path };
  }
  if (sets.size > 1) return { kind: 'ambiguous', paths: [...sets.values()].map(({ paths }) => paths[0]!) };
  for (let n = 1; n <= set.count; n++) {
    if (!set.numbers.has(n)) return { kind: 'incomplete', paths: set.paths, count: set.count, missing: set.nameOf(n) };
  }
  return { kind: 'shards', paths: set.paths };
}

/** The only safetensors file of the directory, whatever its name. */
function sole(names: readonly string[]): Choice | undefined {
  const files = names.filter((name) => name.endsWith('.safetensors') && !DCP_PART.test(name)), [path] = files;
  if (path === undefined) return undefined;
  return files.length === 1 ? { kind: 'file', path } : { kind: 'ambiguous', paths: files };
}

/** Whether a name is that of weights for `purpose`, or of their index. Training states and heads of other tools are not. */
function isWeights(name: string, purpose: Purpose): boolean {
  const adapter = /^adapter_model\b/.test(name);
  if (adapter || purpose === 'adapter') return adapter && purpose === 'adapter';
  return name.endsWith('.safetensors') || INDEX_PATTERN.test(name) || META_FILE.test(name) || OTHER_WEIGHTS.test(name)
    || /^(?:pytorch_model|diffusion_pytorch_model)(?:[.-].*)?\.bin$/.test(name);
}

/** Names of weights, for the same purpose as those that were `chosen`, that no loader takes beside them. */
export function unusedWeights(names: readonly string[], chosen: ReadonlySet<string>): string[] {
  const purpose: Purpose = [...chosen].some((name) => /^adapter_model\b/.test(name)) ? 'adapter' : 'model';
  return names.filter((name) => !chosen.has(name) && isWeights(name, purpose));
}

/** The index that belongs to a single file of the table, and what its shards are called. */
export function indexBeside(file: string): { readonly index: string; readonly shard: (name: string) => boolean } {
  const dot = file.lastIndexOf('.'), stem = file.slice(0, dot), extension = file.slice(dot);
  return { index: `${file}.index.json`, shard: (name) => name.startsWith(`${stem}-`) && name.endsWith(extension) };
}
