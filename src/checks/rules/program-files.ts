/**
 * @module
 * What a training program leaves when it is done, file by file: whether a run ended the way its program ends. Warning, under
 * the profile of the program, for the outputs of runs.
 */
import { defineCode } from '../../findings/index.ts';
import type { TreeDirectory } from '../../producers/index.ts';
import { stepsOf } from '../paths.ts';
import { PROGRAMS, type Profile } from '../profiles.ts';
import type { Rule } from '../rule.ts';

/** One that is not there. */
export const PROGRAM_FILE_MISSING = defineCode({
  code: 'program-file-missing',
  severity: 'warning',
  message: { en: '{folder} lacks {file}, which {program} leaves at the end', zh: '{folder} 缺少 {file}，{program} 结束时会留下它' },
  why: { en: 'The run may have ended before its last steps, or the folder was not copied as a whole.', zh: '训练可能在最后几步之前结束，或者目录没有完整复制。' },
  fix: { en: 'Look at the end of the log; copy the folder again: rsync -a', zh: '请查看日志结尾；重新复制目录：rsync -a' },
});

/** Files that are expected: a name, or names of which one is enough. */
type Expected = readonly RegExp[];

const STATE = /^trainer_state\.json$/, ARGUMENTS = /^training_args\.bin$/, WEIGHTS = /^(?:adapter_model|model|pytorch_model)(?:-\d{5}-of-\d{5})?\.(?:safetensors|bin)$/;
const CONFIG = /^(?:adapter_)?config\.json$/, TOKENIZER = /^(?:tokenizer\.json|tokenizer\.model|sentencepiece\.bpe\.model|vocab\.(?:txt|json)|.*\.tiktoken)$/;

/** What each program leaves (producers' own scripts). */
const LEFT: Readonly<Record<typeof PROGRAMS[number], Expected>> = {
  trainer: [WEIGHTS, CONFIG, ARGUMENTS, STATE],
  'llama-factory': [WEIGHTS, CONFIG, ARGUMENTS, STATE, TOKENIZER, /^all_results\.json$/, /^train_results\.json$/, /^trainer_log\.jsonl$/],
  qwen: [WEIGHTS, CONFIG, ARGUMENTS, STATE, /^qwen\.tiktoken$/, /^tokenization_qwen\.py$/, /^tokenizer_config\.json$/],
  xtuner: [/^xtuner_config\.py$/],
  'flag-embedding': [WEIGHTS, CONFIG, ARGUMENTS, TOKENIZER],
  'chinese-llama-alpaca': [WEIGHTS, CONFIG, TOKENIZER],
};

/** Where the result of a program lies. Without such a folder the root is asked. */
const PLACES: Readonly<Record<typeof PROGRAMS[number], (directory: TreeDirectory) => boolean>> = {
  trainer: ({ kinds }) => kinds.includes('trainer-output'), 'llama-factory': ({ kinds }) => kinds.includes('trainer-output'), qwen: ({ kinds }) => kinds.includes('trainer-output'),
  xtuner: ({ kinds }) => kinds.includes('xtuner-export'), 'flag-embedding': ({ kinds }) => kinds.includes('full-model') || kinds.includes('adapter'),
  'chinese-llama-alpaca': ({ path }) => /(?:^|\/)(?:pt|sft)_lora_model$/.test(path),
};

/** The rule. */
export const programFiles: Rule = {
  name: 'program-files',
  profiles: PROGRAMS,
  codes: [PROGRAM_FILE_MISSING],
  fixtures: { profile: 'llama-factory', silent: 'llamafactory-lora' },
  check(context, report) {
    for (const program of PROGRAMS) {
      if (!context.asks(program)) continue;
      const own = context.directories().filter((one) => !one.servesAsBase && !one.path.split('/').some((part) => stepsOf(part) !== undefined || part === 'merged_model') && PLACES[program](one));
      for (const directory of own.length > 0 ? own : context.directories().slice(0, 1)) {
        for (const expected of LEFT[program]) {
          if (!directory.files.some(({ name }) => expected.test(name))) report.add(PROGRAM_FILE_MISSING, { folder: directory.path || '.', file: spoken(expected), program }, { path: directory.path, profile: program satisfies Profile });
        }
      }
    }
  },
};

/** A pattern as people write it. */
function spoken(expected: RegExp): string {
  return SPOKEN.get(expected) ?? expected.source.replace(/^\^|\$$/g, '').replaceAll('\\', '');
}

const SPOKEN: ReadonlyMap<RegExp, string> = new Map([
  [WEIGHTS, 'adapter_model.safetensors / model.safetensors'], [CONFIG, 'adapter_config.json / config.json'], [TOKENIZER, 'tokenizer.json / tokenizer.model'],
]);
