/**
 * @module
 * G9: special token ids lie inside the vocabulary, and config.json, generation_config.json and tokenizer mean the same
 * token. Error out of range, warning when they differ. Always asked of folders that hold a model.
 */
import { defineCode } from '../../findings/index.ts';
import { findEmbedding } from '../../families/index.ts';
import { integer, member, text, type Members } from '../members.ts';
import { join } from '../paths.ts';
import type { Rule } from '../rule.ts';
import { tokenizerOf } from '../tokenizer.ts';

/** An id beyond the last row. */
export const SPECIAL_ID_OUT_OF_RANGE = defineCode({
  code: 'special-id-out-of-range',
  severity: 'error',
  message: { en: '{file}: {key} {id} is out of range, the vocabulary has {rows} rows', zh: '{file}：{key} {id} 超出范围，词表只有 {rows} 行' },
  why: { en: 'The token can never be produced or looked up: generation does not stop, or ends in an index error.', zh: '该 token 无法生成也无法查表：生成停不下来，或以越界错误结束。' },
  fix: { en: 'Write the id that the tokenizer gives that token.', zh: '请写入分词器中该 token 的 id。' },
});

/** Two files mean different tokens. */
export const SPECIAL_ID_DIFFERS = defineCode({
  code: 'special-id-differs',
  severity: 'warning',
  message: { en: '{key} is {found} in {file}, {expected} in {other}', zh: '{key} 在 {file} 中是 {found}，在 {other} 中是 {expected}' },
  why: { en: 'Which one counts depends on the program: answers may not stop, or stop too early.', zh: '以哪个为准取决于程序：回答可能停不下来，或过早停止。' },
  fix: { en: 'Make them agree; the tokenizer of training is right.', zh: '请使它们一致，以训练所用的分词器为准。' },
});

/** Members that are ids of tokens. A model that has none says -1 or null. */
const KEYS = /^(?:(?:bos|eos|pad|unk|sep|cls|mask|decoder_start|forced_bos|forced_eos|image|video|audio|vision_start|vision_end|boi|eoi)_token_id|image_token_index|video_token_index|audio_token_index)$/;
/** Those that decide where an answer begins and ends, and what fills a batch. */
const COMPARED = ['bos', 'eos', 'pad'] as const;

/** The rule. */
export const specialIds: Rule = {
  name: 'special-ids',
  codes: [SPECIAL_ID_OUT_OF_RANGE, SPECIAL_ID_DIFFERS],
  fixtures: { fires: 'deploy-g9-eos-out-of-range', silent: 't4-llama-full-bin' },
  async check(context, report) {
    for (const directory of context.directories('full-model')) {
      const at = (name: string) => join(directory.path, name), config = await context.object(at('config.json')), generation = await context.object(at('generation_config.json'));
      const weights = await context.weightsOf(directory), name = weights === undefined ? undefined : findEmbedding(weights.checkpoint.tensors.keys());
      const rows = (name === undefined ? undefined : weights!.checkpoint.tensors.get(name)!.shape[0]) || integer(member(config, 'text_config'), 'vocab_size') || integer(config, 'vocab_size');
      for (const [path, members] of [[at('config.json'), config], [at('generation_config.json'), generation]] as const) {
        for (const [key, id] of idsOf(members)) {
          if (rows !== undefined && id >= rows) report.add(SPECIAL_ID_OUT_OF_RANGE, { file: path, key, id, rows }, { path, found: id, expected: `0 … ${rows - 1}` });
        }
      }
      const tokenizer = await tokenizerOf(context, directory), settings = await context.object(at('tokenizer_config.json'));
      for (const kind of COMPARED) {
        const key = `${kind}_token_id`, own = idList(config, key), ours = idList(generation, key), word = tokenOf(settings, `${kind}_token`);
        const token = word === undefined ? undefined : tokenizer?.idOf(word);
        // Padding beyond the vocabulary is told already; an end of answers there also never comes.
        if (kind === 'pad' && rows !== undefined && [...own, ...ours].some((id) => id >= rows)) continue;
        const beyond = tokenizer?.exact ? [...own, ...ours].find((id) => id >= tokenizer.entries && (rows === undefined || id < rows)) : undefined;
        if (beyond !== undefined) {
          const path = own.includes(beyond) ? at('config.json') : at('generation_config.json');
          report.add(SPECIAL_ID_DIFFERS, { key, found: String(beyond), file: path, expected: { en: `beyond the ${tokenizer!.entries} entries`, zh: `超出全部 ${tokenizer!.entries} 个词条` }, other: tokenizer!.path }, { path, found: beyond, expected: `0 … ${tokenizer!.entries - 1}` });
          continue;
        }
        const first = own.length > 0 ? [at('config.json'), own] as const : [at('generation_config.json'), ours] as const;
        if (token !== undefined && first[1].length > 0 && !first[1].includes(token) && !ours.includes(token)) {
          report.add(SPECIAL_ID_DIFFERS, { key, found: first[1].join(', '), file: first[0], expected: `${token} (${word})`, other: at('tokenizer_config.json') }, { path: first[0], found: first[1].join(', '), expected: token });
        } else if (own.length > 0 && ours.length > 0 && !own.some((id) => ours.includes(id)) && !(token !== undefined && ours.includes(token))) {
          // Where generation_config.json agrees with the tokenizer, it is the one that generation uses.
          report.add(SPECIAL_ID_DIFFERS, { key, found: ours.join(', '), file: at('generation_config.json'), expected: own.join(', '), other: at('config.json') }, { path: at('generation_config.json'), found: ours.join(', '), expected: own.join(', ') });
        }
      }
    }
  },
};

function* idsOf(members: Members | undefined): Generator<readonly [string, number]> {
  for (const [key] of members ?? []) if (KEYS.test(key)) for (const id of idList(members, key)) yield [key, id];
}

/** One id or several. */
function idList(members: Members | undefined, key: string): number[] {
  const value = members?.get(key);
  return (Array.isArray(value) ? value : [value]).filter((id): id is number => typeof id === 'number' && Number.isSafeInteger(id) && id >= 0);
}

/** A special token of tokenizer_config.json: text, or an AddedToken. */
function tokenOf(settings: Members | undefined, key: string): string | undefined {
  return text(settings, key) ?? text(member(settings, key), 'content');
}
