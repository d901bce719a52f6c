/** @module Every rule, in the order in which they look. A new rule is one file and one line here. */
import type { Rule } from '../rule.ts';
import { adapterVocabulary } from './adapter-vocabulary.ts';
import { adapter } from './adapter.ts';
import { baseFit } from './base-fit.ts';
import { baseName } from './base-name.ts';
import { chatTemplate } from './chat-template.ts';
import { config } from './config.ts';
import { deepspeed } from './deepspeed.ts';
import { dtypes } from './dtypes.ts';
import { files } from './files.ts';
import { finite } from './finite.ts';
import { fsdp } from './fsdp.ts';
import { generationConfig } from './generation-config.ts';
import { hollow } from './hollow.ts';
import { layout } from './layout.ts';
import { leftovers } from './leftovers.ts';
import { llamaPth } from './llama-pth.ts';
import { loraKeys } from './lora-keys.ts';
import { m3 } from './m3.ts';
import { manifest } from './manifest.ts';
import { modulesToSave } from './modules-to-save.ts';
import { outputRoot } from './output-root.ts';
import { pickles } from './pickles.ts';
import { programFiles } from './program-files.ts';
import { quantised } from './quantised.ts';
import { qwen } from './qwen.ts';
import { recognised } from './recognised.ts';
import { remoteCode } from './remote-code.ts';
import { resume } from './resume.ts';
import { sentenceTransformers } from './sentence-transformers.ts';
import { specialIds } from './special-ids.ts';
import { tensors } from './tensors.ts';
import { tiedHead } from './tied-head.ts';
import { tokenizerFiles } from './tokenizer-files.ts';
import { tokenizerVocabulary } from './tokenizer-vocabulary.ts';
import { training } from './training.ts';
import { twins } from './twins.ts';
import { updated } from './updated.ts';
import { vocabulary } from './vocabulary.ts';
import { weights } from './weights.ts';
import { xtuner } from './xtuner.ts';

/** All rules. */
export const RULES: readonly Rule[] = [
  recognised, weights, files, twins, config, loraKeys, tensors, hollow, tokenizerVocabulary, vocabulary, specialIds, tiedHead, remoteCode, generationConfig, quantised, dtypes,
  adapter, modulesToSave, adapterVocabulary, baseFit, baseName, training, outputRoot, deepspeed, fsdp, xtuner, llamaPth, layout, sentenceTransformers, m3, pickles,
  tokenizerFiles, chatTemplate, qwen, leftovers, resume, programFiles, finite, updated, manifest,
];

/** Those that a file answers by itself, without the folder around it. */
export const FILE_RULES: readonly Rule[] = [weights, files, hollow, training, pickles, finite];
