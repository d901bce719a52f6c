/**
 * @module
 * G12: a model that answers has a chat template, and the template compiles. Warning; that there is none is said under the
 * profile deploy, that it does not compile always.
 */
import { Template } from '@huggingface/jinja';
import { defineCode, type Text } from '../../findings/index.ts';
import type { TreeDirectory } from '../../producers/index.ts';
import type { CheckContext } from '../context.ts';
import { text } from '../members.ts';
import { join } from '../paths.ts';
import type { Rule } from '../rule.ts';
import { hasVocabulary } from './tokenizer-files.ts';

/** None. */
export const CHAT_TEMPLATE_MISSING = defineCode({
  code: 'chat-template-missing',
  severity: 'warning',
  message: { en: '{folder} has no chat template', zh: '{folder} 没有聊天模板' },
  why: { en: 'Chat endpoints refuse to answer, or format messages otherwise than in training, and the answers suffer.', zh: '聊天接口会拒绝回答，或以不同于训练时的格式组织消息，回答质量随之下降。' },
  fix: { en: 'Copy chat_template.jinja (or chat_template in tokenizer_config.json) from the training output or the base; ignore this for a model that only completes text.', zh: '从训练输出或基座复制 chat_template.jinja（或 tokenizer_config.json 中的 chat_template）；只做续写的模型可以忽略。' },
});

/** One that is broken. */
export const CHAT_TEMPLATE_BROKEN = defineCode({
  code: 'chat-template-broken',
  severity: 'warning',
  message: { en: '{file}: the chat template is broken: {problem}', zh: '{file}：聊天模板有误：{problem}' },
  why: { en: 'Every request to a chat endpoint fails, or is answered without what was asked.', zh: '对聊天接口的每个请求都会失败，或回答与所问无关。' },
  fix: { en: 'Take the template from the base model again.', zh: '请重新从基座模型取得模板。' },
});

/** Architectures that produce text. */
const ANSWERS = /(?:ForCausalLM|LMHeadModel|ForConditionalGeneration)$/;
/** Formats of files with a template; a page or nothing in its place is told by the rule about files. */
const TEXTS: ReadonlySet<string> = new Set(['jinja', 'text', 'json']);
/** Longest template that is compiled: the longest known are below 100 kB. */
const TEMPLATE_CHARACTERS_MAX = 1_000_000;

/** The rule. */
export const chatTemplate: Rule = {
  name: 'chat-template',
  codes: [CHAT_TEMPLATE_MISSING, CHAT_TEMPLATE_BROKEN],
  fixtures: { fires: 'deploy-g12-template-missing', profile: 'deploy', silent: 'deploy-healthy' },
  async check(context, report) {
    for (const directory of context.directories()) {
      const templates = await templatesOf(context, directory);
      for (const [path, template] of templates) {
        const problem = TEXTS.has(context.tree.files.get(path)?.format ?? '') ? compileProblem(template) : undefined;
        if (problem !== undefined) report.add(CHAT_TEMPLATE_BROKEN, { file: path, problem }, { path });
      }
      // XTuner formats messages by a template of its own, named in xtuner_config.py.
      if (templates.length > 0 || !context.asks('deploy') || !directory.kinds.includes('full-model') || directory.servesAsBase || directory.kinds.includes('xtuner-export')) continue;
      if (hasVocabulary(directory) && await answers(context, directory)) report.add(CHAT_TEMPLATE_MISSING, { folder: directory.path || '.' }, { path: directory.path, profile: 'deploy' });
    }
  },
};

/** Templates by the file they stand in. */
async function templatesOf(context: CheckContext, directory: TreeDirectory): Promise<(readonly [string, string])[]> {
  const found: (readonly [string, string])[] = [];
  for (const { path, name } of directory.files) {
    if (name === 'chat_template.jinja') { const content = await context.text(path); if (content !== undefined) found.push([path, content]); }
    if (name !== 'tokenizer_config.json' && name !== 'chat_template.json') continue;
    const value = (await context.object(path))?.get('chat_template');
    for (const one of Array.isArray(value) ? value : [value]) {
      const template = one instanceof Map ? text(one, 'template') : one;
      if (typeof template === 'string' && template !== '') found.push([path, template]);
    }
  }
  return found;
}

/** What stands against a template: that it does not parse. Words of Jinja extensions that only another engine knows are no fault. */
function compileProblem(template: string): Text | undefined {
  if (template.length > TEMPLATE_CHARACTERS_MAX) return undefined;
  const open = unclosedBlock(template);
  if (open !== undefined) return { en: `{% ${open} %} does not belong there, or never ends`, zh: `{% ${open} %} 不该出现在那里，或没有结束` };
  try {
    new Template(template);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return /unknown (?:statement|tag|operator)|not (?:supported|implemented)/i.test(message) ? undefined : { en: `it does not compile: ${message.split('\n')[0]}`, zh: `无法编译：${message.split('\n')[0]}` };
  }
  return /\bmessages?\b/.test(template) ? undefined : { en: 'it never mentions the messages', zh: '其中没有用到 messages' };
}

/** A text outside of tags, a comment, an expression or a statement with the strings in it. */
const PIECES = /\{#[\s\S]*?#\}|\{\{(?:'(?:\\[\s\S]|[^'\\])*'|"(?:\\[\s\S]|[^"\\])*"|(?!\}\})[^'"])*\}\}|\{%[-+]?\s*(\w+)((?:'(?:\\[\s\S]|[^'\\])*'|"(?:\\[\s\S]|[^"\\])*"|(?!%\})[^'"])*)%\}/g;
/** Statements that have an end. `set` has one unless it assigns. */
const BLOCKS: ReadonlySet<string> = new Set(['for', 'if', 'macro', 'call', 'filter', 'generation', 'set', 'block', 'with', 'raw']);

/** The first statement whose beginning and end do not match: the parser is lenient about ends, jinja2 is not. */
function unclosedBlock(template: string): string | undefined {
  const open: string[] = [];
  for (const [, word, rest] of template.matchAll(PIECES)) {
    if (word === undefined || open.at(-1) === 'raw' && word !== 'endraw') continue;
    if (word.startsWith('end')) {
      if (open.pop() !== word.slice(3)) return word;
    } else if (BLOCKS.has(word) && !(word === 'set' && /^[^'"]*=/.test(rest!))) open.push(word);
  }
  return open.at(-1);
}

/** Whether a model answers in text and its program formats messages by a template. */
async function answers(context: CheckContext, directory: TreeDirectory): Promise<boolean> {
  const config = await context.object(join(directory.path, 'config.json')), architectures = config?.get('architectures');
  // Encoder and decoder: translators and summarisers, which nobody talks to.
  if (config?.get('is_encoder_decoder') === true) return false;
  if (!Array.isArray(architectures) || !architectures.some((name) => typeof name === 'string' && ANSWERS.test(name))) return false;
  // Qwen's first generation and others format messages in the code of their tokenizer.
  const settings = await context.object(join(directory.path, 'tokenizer_config.json')), generation = await context.object(join(directory.path, 'generation_config.json'));
  return !settings?.has('auto_map') && !generation?.has('chat_format');
}
