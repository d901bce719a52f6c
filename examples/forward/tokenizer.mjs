/**
 * @module
 * A byte-level BPE tokenizer out of a `tokenizer.json`, with added tokens: text → ids and back.
 */
import fs from 'node:fs';
import path from 'node:path';

/** How GPT-2 cuts text before merging, which is what the pre-tokenizer "ByteLevel" with `use_regex` means. */
const PIECES = /'(?:s|t|re|ve|m|ll|d)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/**
 * Every byte as a visible character: the printable ones of Latin-1 stand for themselves, the others, in order,
 * for the characters from U+0100 on.
 */
const CHARACTER_OF_BYTE = (() => {
  const stands = (byte) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(stands(byte) ? byte : next++));
})();
const BYTE_OF_CHARACTER = new Map(CHARACTER_OF_BYTE.map((character, byte) => [character, byte]));

const escapeRegExp = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Merges neighbours, the pair that was learnt first before all others, until no pair is known. */
function mergePairs(symbols, rankOf) {
  for (;;) {
    let best = Infinity, at = -1;
    for (let i = 0; i + 1 < symbols.length; i++) {
      const rank = rankOf.get(`${symbols[i]} ${symbols[i + 1]}`) ?? Infinity;
      if (rank < best) [best, at] = [rank, i];
    }
    if (at < 0) return symbols;
    symbols.splice(at, 2, symbols[at] + symbols[at + 1]);
  }
}

/** The tokenizer of a model directory: `encode(text)` → ids, `decode(ids)` → text without special tokens. */
export function loadTokenizer(directory) {
  const { model, added_tokens: added, post_processor: template } = JSON.parse(fs.readFileSync(path.join(directory, 'tokenizer.json'), 'utf8'));
  const idOf = new Map(Object.entries(model.vocab)), tokenOf = new Map([...idOf].map(([token, id]) => [id, token]));
  const rankOf = new Map(model.merges.map((pair, rank) => [Array.isArray(pair) ? pair.join(' ') : pair, rank]));
  const addedByText = new Map(added.map((token) => [token.content, token])), addedById = new Map(added.map((token) => [token.id, token]));
  // Longest first, so that no added token hides behind a shorter one.
  const addedPattern = new RegExp(`(${added.map(({ content }) => content).sort((a, b) => b.length - a.length).map(escapeRegExp).join('|')})`, 'u');

  const encodePlain = (text) => (text.match(PIECES) ?? []).flatMap((piece) => {
    const characters = Array.from(Buffer.from(piece, 'utf8'), (byte) => CHARACTER_OF_BYTE[byte]);
    return mergePairs(characters, rankOf).map((symbol) => idOf.get(symbol));
  });

  return {
    encode(text) {
      const ids = text.split(addedPattern).flatMap((part) => (addedByText.has(part) ? [addedByText.get(part).id] : encodePlain(part)));
      // The template puts special tokens around the text: { SpecialToken } or { Sequence }.
      return template.single.flatMap((item) => (item.SpecialToken ? template.special_tokens[item.SpecialToken.id].ids : ids));
    },
    decode(ids) {
      // Characters may be spread over several tokens, so bytes are joined first.
      const bytes = ids.map((id) => {
        const token = addedById.get(id);
        if (token) return Buffer.from(token.special ? '' : token.content, 'utf8');
        return Buffer.from(Array.from(tokenOf.get(id) ?? '', (character) => BYTE_OF_CHARACTER.get(character)));
      });
      return Buffer.concat(bytes).toString('utf8');
    },
  };
}
