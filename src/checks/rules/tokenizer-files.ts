/**
 * @module
 * G11: everything that loading the tokenizer needs. Error under the profile deploy, for every model that is no merge base.
 */
import { defineCode, type Text } from '../../findings/index.ts';
import type { TreeDirectory } from '../../producers/index.ts';
import type { CheckContext } from '../context.ts';
import { join, parentOf } from '../paths.ts';
import { same, type Rule } from '../rule.ts';

/** No tokenizer. */
export const TOKENIZER_MISSING = defineCode({
  code: 'tokenizer-missing',
  severity: 'error',
  message: { en: '{folder}: the tokenizer is not complete: {problem}', zh: '{folder}：分词器不完整：{problem}' },
  why: { en: 'Saving a model never saves its tokenizer; a serving engine needs it in the same directory.', zh: '保存模型时不会一并保存分词器；推理引擎需要它在同一目录中。' },
  fix: { en: 'Copy the tokenizer files from the training output or the base: hf download ORG/NAME tokenizer.json tokenizer_config.json', zh: '从训练输出或基座复制分词器文件：hf download ORG/NAME tokenizer.json tokenizer_config.json' },
});

/** Sets of files of which one is enough. */
export const VOCABULARIES: readonly (readonly RegExp[])[] = [
  [/^tokenizer\.json$/], [/^tokenizer\.model(?:\.v\d+)?$/], [/^(?:sentencepiece\.bpe|spiece|sentencepiece)\.model$/], [/^vocab\.json$/, /^merges\.txt$/], [/^vocab\.txt$/], [/\.tiktoken$/, /\.py$/],
  [/^tekken\.json$/], [/^(?:ice_text\.model|bpe\.codes|vocab\.bpe)$/],
];

const NONE: Text = { en: 'there are no tokenizer files', zh: '没有分词器文件' };
const NO_CONFIG: Text = { en: 'tokenizer_config.json is missing', zh: '缺少 tokenizer_config.json' };
const NO_VOCABULARY: Text = { en: 'tokenizer_config.json is there, but neither tokenizer.json nor tokenizer.model nor any other vocabulary', zh: '有 tokenizer_config.json，却没有 tokenizer.json、tokenizer.model 或其他词表' };

/** Architectures that take no text: they have a processor instead of a tokenizer. */
const WITHOUT_TEXT = /(?:Vision|Image|Audio|Vit|ViT|Siglip|CLIPVision|Dino|Projector|Wav2Vec2Model|Hubert)\w*/;

/** Whether a folder has files of some vocabulary. */
export const hasVocabulary = ({ files }: TreeDirectory): boolean => VOCABULARIES.some((set) => set.every((test) => files.some(({ name }) => test.test(name))));

/** The rule. */
export const tokenizerFiles: Rule = {
  name: 'tokenizer-files',
  profiles: ['deploy'],
  codes: [TOKENIZER_MISSING],
  fixtures: { fires: 'deploy-g11-tokenizer-missing', silent: 'deploy-healthy' },
  async check(context, report) {
    for (const directory of context.directories('full-model', 'xtuner-export', 'llama-pth')) {
      if (directory.servesAsBase || directory.kinds.includes('adapter') && !directory.kinds.includes('full-model') || !await readsText(context, directory)) continue;
      const problem = problemOf(directory);
      if (problem !== undefined) report.add(TOKENIZER_MISSING, { folder: directory.path === '' ? same('.') : directory.path, problem }, { path: directory.path, profile: 'deploy' });
    }
  },
};

function problemOf(directory: TreeDirectory): Text | undefined {
  const config = directory.files.some(({ name }) => name === 'tokenizer_config.json'), vocabulary = hasVocabulary(directory);
  // Meta's own programs read tokenizer.model alone.
  if (vocabulary) return config || directory.kinds.includes('llama-pth') ? undefined : NO_CONFIG;
  return config ? NO_VOCABULARY : NONE;
}

async function readsText(context: CheckContext, directory: TreeDirectory): Promise<boolean> {
  // Parts of a diffusion pipeline share the tokenizer folder beside them.
  if (directory.path !== '' && context.tree.files.has(join(parentOf(directory.path), 'model_index.json'))) return false;
  const architectures = (await context.object(join(directory.path, 'config.json')))?.get('architectures');
  return !Array.isArray(architectures) || !architectures.some((name) => typeof name === 'string' && WITHOUT_TEXT.test(name));
}
