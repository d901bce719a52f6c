/**
 * @module
 * The vocabulary of a tokenizer can be read. A sentencepiece model that was cut off begins like a whole one, so its pieces are
 * counted to the end. Error, always asked.
 */
import { defineCode } from '../../findings/index.ts';
import type { Rule } from '../rule.ts';
import { tokenizerOf, VOCABULARY_FILES } from '../tokenizer.ts';

/** One that cannot. */
export const VOCABULARY_UNREADABLE = defineCode({
  code: 'vocabulary-unreadable',
  severity: 'error',
  message: { en: '{file} is no vocabulary that can be read', zh: '{file} 不是可以读取的词表' },
  why: { en: 'It is cut off, empty, or something else under this name; the tokenizer does not load.', zh: '它被截断、为空，或只是同名的其他内容；分词器无法加载。' },
  fix: { en: 'Copy the file again from the training output or the base.', zh: '请从训练输出或基座重新复制该文件。' },
});

/** The rule. */
export const tokenizerVocabulary: Rule = {
  name: 'tokenizer-vocabulary',
  codes: [VOCABULARY_UNREADABLE],
  fixtures: { silent: 'qwen1-deploy-complete' },
  async check(context, report) {
    for (const directory of context.directories()) {
      const candidates = directory.files.filter(({ name, role }) => role === 'tokenizer' && VOCABULARY_FILES.test(name));
      if (candidates.length === 0 || await tokenizerOf(context, directory) !== undefined) continue;
      for (const { path } of candidates) report.add(VOCABULARY_UNREADABLE, { file: path }, { path });
    }
  },
};
