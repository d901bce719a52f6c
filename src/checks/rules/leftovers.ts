/**
 * @module
 * G16: what training left in a directory that is to be deployed. Info under the profile deploy.
 */
import { defineCode } from '../../findings/index.ts';
import { join } from '../paths.ts';
import type { Rule } from '../rule.ts';

/** One file or folder. */
export const TRAINING_LEFTOVER = defineCode({
  code: 'training-leftover',
  severity: 'info',
  message: { en: '{file} is a training leftover, not needed for inference', zh: '{file} 是训练残留，推理用不到' },
  why: { en: 'It takes room in images and uploads, and pickles in it are one more thing to trust.', zh: '它占用镜像和上传的空间，其中的 pickle 也是多一份需要信任的内容。' },
  fix: { en: 'Remove it, unless you want to resume training from here.', zh: '如果不打算从这里继续训练，可以删除。' },
});

const ROLES: ReadonlySet<string> = new Set(['optimizer', 'scheduler', 'rng-state', 'deepspeed-latest', 'recovery-script', 'training-args', 'dcp-metadata', 'dcp-shard', 'fsdp-weights']);
const FOLDERS = /^(?:global_step\d+|pytorch_model_fsdp_\d+|optimizer_\d+)$/;

/** The rule. */
export const leftovers: Rule = {
  name: 'leftovers',
  profiles: ['deploy'],
  codes: [TRAINING_LEFTOVER],
  fixtures: { fires: 'deploy-g16-leftovers', silent: 'deploy-healthy' },
  check(context, report) {
    for (const directory of context.directories('full-model')) {
      if (directory.servesAsBase || directory.kinds.includes('trainer-checkpoint')) continue;
      for (const { path, role } of directory.files) if (ROLES.has(role)) report.add(TRAINING_LEFTOVER, { file: path }, { path, profile: 'deploy' });
      for (const name of directory.folders) if (FOLDERS.test(name)) report.add(TRAINING_LEFTOVER, { file: join(directory.path, name) }, { path: join(directory.path, name), profile: 'deploy' });
    }
  },
};
