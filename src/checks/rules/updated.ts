/**
 * @module
 * Were embedding and head really updated? Whole modules that an adapter saved are compared with the base row by row: never
 * updated, or only the new rows. Warning where a base is at hand; with --updated asked of any model and for modules that are
 * missing altogether.
 */
import type { Checkpoint, CheckpointTensor } from '../../checkpoints/checkpoint.ts';
import { defineCode, type Text } from '../../findings/index.ts';
import { EMBEDDING_ENDINGS, HEAD_NAMES } from '../../families/index.ts';
import { isComputeDType } from '../../tensors/index.ts';
import { baseOf, targetOf } from '../bases.ts';
import type { CheckContext, Weights } from '../context.ts';
import { join } from '../paths.ts';
import { compareRows, type RowChanges } from '../rows.ts';
import type { Report, Rule } from '../rule.ts';

/** Not at all, or not where it counts. */
export const MODULE_NOT_UPDATED = defineCode({
  code: 'module-not-updated',
  severity: 'warning',
  message: { en: '{tensor}: {problem}', zh: '{tensor}：{problem}' },
  why: { en: 'It was saved, but training did not reach it: frozen, a learning rate of zero, updates too small for the dtype, or the untrained copy was saved.', zh: '它被保存了，但训练没有更新它：被冻结、学习率为零、更新小于精度的最小步长，或保存的是未训练的副本。' },
  fix: { en: 'Look at modules_to_save and requires_grad in training; another checkpoint of the run may hold the trained copy.', zh: '请检查训练中的 modules_to_save 和 requires_grad；同一次训练的其他检查点可能保存了训练后的副本。' },
});

/** It was. */
export const MODULE_UPDATED = defineCode({
  code: 'module-updated',
  severity: 'info',
  message: { en: '{tensor}: {changed} of {base} base rows changed, {new} rows are new; largest change {max}, relative norm {norm}', zh: '{tensor}：基座的 {base} 行中有 {changed} 行改变，新增 {new} 行；最大变化 {max}，相对范数 {norm}' },
  why: { en: 'Training reached it.', zh: '训练更新了它。' },
  fix: { en: 'Nothing to do.', zh: '无需处理。' },
});

/** Asked for and not there. */
export const UPDATED_MODULE_ABSENT = defineCode({
  code: 'updated-module-absent',
  severity: 'error',
  message: { en: '{folder} holds no whole tensor of {module}', zh: '{folder} 中没有 {module} 的完整张量' },
  why: { en: 'It was to be updated; what is not saved is the base\'s.', zh: '它本应被更新；未保存的部分就是基座的原值。' },
  fix: { en: 'Name a module that is there (temper inspect DIR --tensors), or take another checkpoint.', zh: '请给出存在的模块（temper inspect DIR --tensors），或改用其他检查点。' },
});

/** Nothing to compare with. */
export const UPDATED_NEEDS_BASE = defineCode({
  code: 'updated-needs-base',
  severity: 'error',
  message: { en: '{folder}: whether {modules} were updated cannot be told without the base', zh: '{folder}：没有基座就无法判断 {modules} 是否被更新' },
  why: { en: 'An update is a difference to the model that training began with.', zh: '更新是指与训练起点模型的差异。' },
  fix: { en: 'Name it: temper check {folder} --updated {modules} --base BASE', zh: '请给出基座：temper check {folder} --updated {modules} --base BASE' },
});

const ENDINGS: readonly string[] = [...EMBEDDING_ENDINGS, ...HEAD_NAMES];
const isVocabulary = (target: string): boolean => ENDINGS.some((ending) => target === ending || target.endsWith(`.${ending}`));

/** The rule. */
export const updated: Rule = {
  name: 'updated',
  codes: [MODULE_NOT_UPDATED, MODULE_UPDATED, UPDATED_MODULE_ABSENT, UPDATED_NEEDS_BASE],
  fixtures: { fires: 'cla-embed-never-updated', silent: 'cla-pretrain-complete' },
  async check(context, report) {
    const asked = context.options.updated ?? [];
    for (const weights of [...await context.weights(), ...asked.length > 0 ? await context.states() : []]) {
      if (weights.directory.servesAsBase || asked.length === 0 && weights.purpose !== 'adapter' || weights.checkpoint.tensors.size === 0) continue;
      const base = await baseOf(context, weights);
      if (base === undefined) {
        if (asked.length > 0) report.add(UPDATED_NEEDS_BASE, { folder: weights.directory.path || '.', modules: asked.join(',') }, { path: weights.directory.path });
        continue;
      }
      const found = new Set<string>();
      for (const tensor of weights.checkpoint.tensors.values()) {
        // Below an adapted embedding lies the frozen one, which is equal by nature.
        if (/\.(?:base_layer|original_module)\./.test(tensor.name)) continue;
        const target = weights.purpose === 'adapter' ? targetOf(tensor.name) : tensor.name, module = target === undefined ? undefined : asked.find((one) => `.${target}`.endsWith(`.${one}.weight`) || target === one);
        if (target === undefined || asked.length > 0 && module === undefined || asked.length === 0 && !isVocabulary(target)) continue;
        if (module !== undefined) found.add(module);
        await judge(context, weights, base, tensor, target, report);
      }
      for (const module of asked) if (!found.has(module)) report.add(UPDATED_MODULE_ABSENT, { folder: weights.directory.path || '.', module }, { path: weights.directory.path });
    }
  },
};

async function judge(context: CheckContext, { directory, checkpoint }: Weights, base: Checkpoint, tensor: CheckpointTensor, target: string, report: Report): Promise<void> {
  const old = base.tensors.get(target) ?? homeOfTied(base, target);
  if (old === undefined || old.shape.length !== 2 || tensor.shape.length !== 2 || old.shape[1] !== tensor.shape[1] || tensor.bytes === 0 || !isComputeDType(old.dtype) || !isComputeDType(tensor.dtype)) return;
  context.options.signal?.throwIfAborted();
  const changes = await compareRows(base, old, checkpoint, tensor), path = join(directory.path, checkpoint.files[tensor.file]!.path), problem = problemOf(changes);
  context.options.onBytes?.(tensor.bytes + old.bytes, path);
  if (problem !== undefined) report.add(MODULE_NOT_UPDATED, { tensor: tensor.name, problem }, { path, tensor: tensor.name, found: changes.changedBaseRows });
  else if (context.options.updated !== undefined) report.add(MODULE_UPDATED, { tensor: tensor.name, changed: changes.changedBaseRows, base: changes.baseRows, new: changes.newRows, max: Number(changes.maxAbsDelta.toPrecision(3)), norm: Number(changes.relativeNorm.toPrecision(3)) }, { path, tensor: tensor.name });
}

/** A head that is tied has no tensor of its own in the base: it is the embedding. */
function homeOfTied(base: Checkpoint, target: string): CheckpointTensor | undefined {
  if (!HEAD_NAMES.some((name) => target === name)) return undefined;
  return [...base.tensors.values()].find(({ name }) => EMBEDDING_ENDINGS.some((ending) => name === ending || name.endsWith(`.${ending}`)));
}

function problemOf({ baseRows, changedBaseRows, newRows, newRowsEqualToMean }: RowChanges): Text | undefined {
  if (changedBaseRows > 0) return undefined;
  if (newRows === 0) return { en: `never updated: all ${baseRows} rows equal the base`, zh: `从未更新：全部 ${baseRows} 行与基座相同` };
  if (newRowsEqualToMean === newRows) return { en: `never updated: all ${baseRows} base rows equal the base, all ${newRows} new rows are its mean`, zh: `从未更新：全部 ${baseRows} 行与基座相同，${newRows} 个新增行都是其均值` };
  return { en: `only the ${newRows} new rows changed; all ${baseRows} base rows equal the base`, zh: `只有 ${newRows} 个新增行改变；全部 ${baseRows} 行与基座相同` };
}
