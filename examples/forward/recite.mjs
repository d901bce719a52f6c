/**
 * @module
 * Lets a model directory go on with a text: always the likeliest next token, until the model says that it is done.
 *
 *     node examples/forward/recite.mjs MODEL_DIRECTORY "Tyger Tyger"
 */
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import { loadModel } from './llama.mjs';
import { loadTokenizer } from './tokenizer.mjs';

/** More than the longest poem of the examples needs. */
const MAX_NEW_TOKENS = 160;

/** Index of the greatest value. */
const greatest = (values) => values.reduce((best, value, i) => (value > values[best] ? i : best), 0);

/** Distance between the greatest and the second greatest value. */
function marginOf(values) {
  const best = greatest(values);
  return values.reduce((margin, value, i) => (i === best ? margin : Math.min(margin, values[best] - value)), Infinity);
}

/**
 * Decodes greedily. Returns the prompt's ids, the new ids with the end token among them, the new text, and for each new
 * token by how much its logit was ahead of the second.
 */
export function recite(directory, prompt, maxNewTokens = MAX_NEW_TOKENS) {
  const tokenizer = loadTokenizer(directory), { config, start } = loadModel(directory);
  const next = start(), promptIds = tokenizer.encode(prompt), generatedIds = [], margins = [];
  let logits;
  for (const id of promptIds) logits = next(id);
  while (generatedIds.length < maxNewTokens) {
    const id = greatest(logits);
    generatedIds.push(id);
    margins.push(marginOf(logits));
    if (id === config.eos_token_id) break;
    logits = next(id);
  }
  return { promptIds, generatedIds, margins, text: tokenizer.decode(generatedIds) };
}

if (process.argv[1] && import.meta.url === pathToFileURL(fs.realpathSync(process.argv[1])).href) {
  const [directory, prompt] = process.argv.slice(2);
  if (prompt === undefined) {
    console.error('usage: node examples/forward/recite.mjs MODEL_DIRECTORY PROMPT');
    process.exit(2);
  }
  console.log(prompt + recite(directory, prompt).text);
}
