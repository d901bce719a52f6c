/**
 * @module
 * How long a tokenizer is, from its files: `len(tokenizer)` of transformers is the largest id + 1, added tokens included.
 * transformers takes tokenizer.json first, then the files of the slow tokenizers.
 */
import type { JsonValue } from '../containers/index.ts';
import type { TreeDirectory } from '../producers/index.ts';
import type { CheckContext } from './context.ts';
import { member, text, type Members } from './members.ts';
import { join } from './paths.ts';
import { readPieces } from './sentencepiece.ts';

/** What the files of a tokenizer say. */
export interface Tokenizer {
  /** File of the vocabulary, relative to the tree. */
  readonly path: string;
  /** Largest id + 1. */
  readonly entries: number;
  /** File in which the largest id stands. */
  readonly largest: string;
  /** False where code that is not read adds more. */
  readonly exact: boolean;
  /** Id of a token by its text, where it can be known. */
  readonly idOf: (token: string) => number | undefined;
}

/** A vocabulary file, read. */
interface Vocabulary { readonly entries: number; readonly exact: boolean; readonly idOf: (token: string) => number | undefined }

/** Longest vocabulary file that is read: Gemma's tokenizer.json has 33 MB, its sentencepiece model 5 MB. */
const VOCABULARY_BYTES_MAX: number = 64 * 1024 * 1024;

/** Special tokens that Qwen's first tokenizer adds behind its ranks: 3 with names and 205 extras (tokenization_qwen.py). */
const QWEN_SPECIALS = 208;

/** Names of vocabularies in the order in which loaders look, and how each is read. */
const READERS: readonly (readonly [RegExp, (context: CheckContext, path: string, config: Members | undefined) => Promise<Vocabulary | undefined>])[] = [
  [/^tokenizer\.json$/, fromTokenizerJson],
  [/^(?:tokenizer\.model|spiece\.model|sentencepiece\.bpe\.model|sentencepiece\.model)$/, fromPieces],
  [/^vocab\.json$/, async (context, path) => fromMap(await context.object(path))],
  [/^vocab\.txt$/, fromLines],
  [/\.tiktoken$/, fromRanks],
];

/** Names of single files that hold a vocabulary which can be read here. */
export const VOCABULARY_FILES = /^(?:tokenizer\.model|spiece\.model|sentencepiece\.bpe\.model|sentencepiece\.model)$|\.tiktoken$/;

/** The tokenizer of a folder, as far as files tell; undefined without a vocabulary that can be read. */
export async function tokenizerOf(context: CheckContext, directory: TreeDirectory): Promise<Tokenizer | undefined> {
  return context.once(`tokenizer ${directory.path}`, () => readTokenizer(context, directory));
}

async function readTokenizer(context: CheckContext, directory: TreeDirectory): Promise<Tokenizer | undefined> {
  const config = await context.object(join(directory.path, 'tokenizer_config.json'));
  for (const [test, read] of READERS) {
    const file = directory.files.find(({ name }) => test.test(name));
    const vocabulary = file === undefined ? undefined : await read(context, file.path, config);
    if (vocabulary === undefined) continue;
    let { entries } = vocabulary, largest = file!.path;
    const added = new Map<string, number>();
    for (const [path, tokens] of [
      [join(directory.path, 'added_tokens.json'), fromAdded(await context.object(join(directory.path, 'added_tokens.json')))],
      [join(directory.path, 'tokenizer_config.json'), fromDecoder(config)],
    ] as const) {
      for (const [token, id] of tokens) {
        added.set(token, id);
        if (id >= entries) { entries = id + 1; largest = path; }
      }
    }
    return { path: file!.path, entries, largest, exact: vocabulary.exact, idOf: (token) => added.get(token) ?? vocabulary.idOf(token) };
  }
  return undefined;
}

const isId = (value: JsonValue | undefined): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

function fromMap(map: Members | undefined): Vocabulary | undefined {
  if (map === undefined) return undefined;
  let entries = 0;
  for (const id of map.values()) if (isId(id)) entries = Math.max(entries, id + 1);
  return { entries, exact: true, idOf: (token) => { const id = map.get(token); return isId(id) ? id : undefined; } };
}

async function fromTokenizerJson(context: CheckContext, path: string): Promise<Vocabulary | undefined> {
  const document = await context.object(path), model = member(document, 'model'), vocab = model?.get('vocab');
  if (document === undefined || model === undefined) return undefined;
  const known = vocab instanceof Map ? fromMap(vocab)! : Array.isArray(vocab) ? fromScores(vocab) : { entries: 0, exact: false, idOf: () => undefined };
  const added = new Map<string, number>(), list = document.get('added_tokens');
  for (const one of Array.isArray(list) ? list : []) {
    const id = one instanceof Map ? one.get('id') : undefined, content = one instanceof Map ? one.get('content') : undefined;
    if (isId(id) && typeof content === 'string') added.set(content, id);
  }
  return { ...known, entries: [...added.values()].reduce((most, id) => Math.max(most, id + 1), known.entries), idOf: (token) => added.get(token) ?? known.idOf(token) };
}

/** The vocabulary of a Unigram model: a list of `[piece, score]`. */
function fromScores(vocab: readonly JsonValue[]): Vocabulary {
  const ids = new Map<string, number>();
  vocab.forEach((pair, id) => { if (Array.isArray(pair) && typeof pair[0] === 'string' && !ids.has(pair[0])) ids.set(pair[0], id); });
  return { entries: vocab.length, exact: true, idOf: (token) => ids.get(token) };
}

async function fromPieces(context: CheckContext, path: string, config: Members | undefined): Promise<Vocabulary | undefined> {
  const bytes = await context.bytes(path, VOCABULARY_BYTES_MAX), pieces = bytes === undefined ? undefined : readPieces(bytes);
  // Llama 3 keeps ranks of tiktoken under the same name.
  if (pieces === undefined) return fromRanks(context, path, config);
  const ids = new Map(pieces.map((piece, id) => [piece, id]));
  // fairseq's order: XLM-R's tokenizer shifts every piece by one, with <pad> in the gap, and adds <mask> at the end.
  if (/^XLMRoberta/.test(text(config, 'tokenizer_class') ?? '') || path.endsWith('sentencepiece.bpe.model')) return { entries: pieces.length + 2, exact: true, idOf: () => undefined };
  return { entries: pieces.length, exact: !config?.has('auto_map'), idOf: (token) => ids.get(token) };
}

async function fromLines(context: CheckContext, path: string): Promise<Vocabulary | undefined> {
  const content = await context.text(path);
  if (content === undefined) return undefined;
  const lines = content.replace(/\r?\n$/, '').split(/\r?\n/), ids = new Map(lines.map((line, id) => [line, id]));
  return { entries: lines.length, exact: true, idOf: (token) => ids.get(token) };
}

async function fromRanks(context: CheckContext, path: string, config: Members | undefined): Promise<Vocabulary | undefined> {
  const content = await context.text(path);
  if (content === undefined) return undefined;
  let ranks = 0;
  for (const match of content.matchAll(/^\S+ (\d{1,9})\r?$/gm)) ranks = Math.max(ranks, Number(match[1]) + 1);
  const qwen = text(config, 'tokenizer_class') === 'QWenTokenizer';
  return ranks === 0 ? undefined : { entries: ranks + (qwen ? QWEN_SPECIALS : 0), exact: qwen, idOf: () => undefined };
}

function* fromAdded(members: Members | undefined): Generator<readonly [string, number]> {
  for (const [token, id] of members ?? []) if (isId(id)) yield [token, id];
}

function* fromDecoder(config: Members | undefined): Generator<readonly [string, number]> {
  for (const [id, token] of member(config, 'added_tokens_decoder') ?? []) {
    const content = token instanceof Map ? token.get('content') : token;
    if (/^\d{1,9}$/.test(id) && typeof content === 'string') yield [content, Number(id)];
  }
}
