/**
 * @module
 * Qwen's first generation, whose tokenizer and chat format live in files that saving does not always copy. Under the profile
 * deploy, errors for what does not load and a warning for a chat format that is missing.
 */
import { defineCode, type Text } from '../../findings/index.ts';
import { text } from '../members.ts';
import { join } from '../paths.ts';
import type { Rule } from '../rule.ts';

/** One thing. */
export const QWEN_INCOMPLETE = defineCode({
  code: 'qwen-directory-incomplete',
  severity: 'error',
  message: { en: '{file}: {problem}', zh: '{file}：{problem}' },
  why: { en: 'Loading ends with "Tokenizer class QWenTokenizer does not exist", or chat with an assertion about chat_format.', zh: '加载时报错“Tokenizer class QWenTokenizer does not exist”，或对话时因 chat_format 断言失败。' },
  fix: { en: 'Copy the .py files, qwen.tiktoken, tokenizer_config.json and generation_config.json from the chat model.', zh: '请从对话模型复制 .py 文件、qwen.tiktoken、tokenizer_config.json 和 generation_config.json。' },
});

const NEEDED = ['configuration_qwen.py', 'modeling_qwen.py', 'qwen_generation_utils.py', 'cpp_kernels.py', 'tokenization_qwen.py', 'qwen.tiktoken'];

/** The rule. */
export const qwen: Rule = {
  name: 'qwen',
  profiles: ['deploy'],
  codes: [QWEN_INCOMPLETE],
  fixtures: { silent: 'qwen1-deploy-complete' },
  async check(context, report) {
    for (const directory of context.directories('full-model')) {
      if (directory.servesAsBase || text(await context.object(join(directory.path, 'config.json')), 'model_type') !== 'qwen') continue;
      const say = (path: string, problem: Text, severity: 'error' | 'warning' = 'error') => report.add(QWEN_INCOMPLETE, { file: path || '.', problem }, { path, profile: 'deploy', severity });
      const lacks = NEEDED.filter((name) => !context.has(directory, name));
      if (lacks.length > 0) say(directory.path, { en: `${lacks.join(', ')} missing`, zh: `缺少 ${lacks.join('、')}` });
      const settings = join(directory.path, 'tokenizer_config.json'), tokenizer = await context.object(settings), generation = join(directory.path, 'generation_config.json');
      if (tokenizer !== undefined && !tokenizer.has('auto_map')) say(settings, { en: 'it has no auto_map for QWenTokenizer', zh: '没有指向 QWenTokenizer 的 auto_map' });
      if (text(await context.object(generation), 'chat_format') === undefined) say(generation, { en: 'it has no chat_format (chatml for chat models)', zh: '没有 chat_format（对话模型应为 chatml）' }, 'warning');
    }
  },
};
