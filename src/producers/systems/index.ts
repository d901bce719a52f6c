/**
 * @module
 * Every producer. A new one is a file and a line here. The order says two things: of programs, the first that is recognised
 * gives its name; and a system may look at the kinds that those before it found.
 */
import type { System } from '../system.ts';
import { accelerate } from './accelerate.ts';
import { axolotl } from './axolotl.ts';
import { chineseLlamaAlpaca } from './chinese-llama-alpaca.ts';
import { deepspeed } from './deepspeed.ts';
import { distributed } from './distributed.ts';
import { flagEmbedding } from './flag-embedding.ts';
import { llamaCpp } from './llama-cpp.ts';
import { llamaFactory } from './llama-factory.ts';
import { llamaPth } from './llama-pth.ts';
import { llava } from './llava.ts';
import { mlx } from './mlx.ts';
import { peft } from './peft.ts';
import { qwen } from './qwen.ts';
import { sentenceTransformers } from './sentence-transformers.ts';
import { trainer } from './trainer.ts';
import { transformers } from './transformers.ts';
import { trl } from './trl.ts';
import { unsloth } from './unsloth.ts';
import { xtuner } from './xtuner.ts';

/** Programs from the most special to the most general, and libraries. */
export const SYSTEMS: readonly System[] = [
  unsloth, llamaFactory, axolotl, chineseLlamaAlpaca, flagEmbedding, xtuner, llava, mlx, qwen, trl, llamaPth, llamaCpp, sentenceTransformers,
  deepspeed, distributed, accelerate, trainer, peft, transformers,
];
