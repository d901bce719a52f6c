/**
 * @module
 * G15, first half: one dtype for all matrices, and the one that config.json says. Warning; always asked of models that are
 * not quantised.
 */
import { defineCode } from '../../findings/index.ts';
import { findQuantization } from '../../families/index.ts';
import { DTYPES, parseDType, type DType } from '../../tensors/index.ts';
import { member, text } from '../members.ts';
import { join } from '../paths.ts';
import { someOf, type Rule } from '../rule.ts';

/** Several dtypes. */
export const DTYPES_MIXED = defineCode({
  code: 'dtypes-mixed',
  severity: 'warning',
  message: { en: '{count} matrices are {odd}, the others {usual}: {tensors}', zh: '有 {count} 个矩阵为 {odd}，其余为 {usual}：{tensors}' },
  why: { en: 'Engines load everything in one dtype, so these are rounded when they are loaded, or the model takes more memory than it should.', zh: '推理引擎以同一精度加载全部权重，因此这些权重会在加载时被舍入，或占用多于应有的内存。' },
  fix: { en: 'Write all of it in one dtype: temper convert DIR -o OUT --dtype {usual}', zh: '以同一精度写出全部权重：temper convert DIR -o OUT --dtype {usual}' },
});

/** Another dtype than the config says. */
export const DTYPE_DIFFERS = defineCode({
  code: 'dtype-differs',
  severity: 'warning',
  message: { en: '{file} says {config}, the weights are {found}', zh: '{file} 写的是 {config}，权重却是 {found}' },
  why: { en: 'Loaders that believe the config convert the weights on the way in: rounded, or larger than they need to be.', zh: '相信配置的加载器会在加载时转换权重：要么被舍入，要么占用过多内存。' },
  fix: { en: 'Write the weights in that dtype: temper convert DIR -o OUT --dtype {config}, or correct the config.', zh: '以该精度写出权重：temper convert DIR -o OUT --dtype {config}，或更正配置。' },
});

/** Kept in float32 by design: states of Mamba, gates and scores of experts, masks and tables of positions, one matrix of T5. */
const BY_DESIGN = /(?:A_log|\.D|conv1d|ssm|gate|router|e_score_correction_bias|inv_freq|masked_bias|position_ids|relative_attention_bias|time_mix|layer_scale|DenseReluDense\.wo)(?:\.|$)|attn\.bias$/;

/** The rule. */
export const dtypes: Rule = {
  name: 'dtypes',
  codes: [DTYPES_MIXED, DTYPE_DIFFERS],
  fixtures: { fires: 'deploy-g15-dtype-mixed', silent: 'deploy-healthy' },
  async check(context, report) {
    for (const { directory, purpose, checkpoint } of await context.weights()) {
      const path = join(directory.path, 'config.json'), config = await context.object(path);
      if (purpose !== 'model' || findQuantization(checkpoint.tensors.keys(), config) !== undefined) continue;
      const byType = new Map<DType, string[]>();
      for (const { name, dtype, shape } of checkpoint.tensors.values()) {
        if (DTYPES[dtype].kind !== 'float' || shape.length < 2 || BY_DESIGN.test(name)) continue;
        const names = byType.get(dtype);
        if (names === undefined) byType.set(dtype, [name]); else names.push(name);
      }
      const said = text(config, 'dtype') ?? text(config, 'torch_dtype') ?? text(member(config, 'text_config'), 'dtype') ?? text(member(config, 'text_config'), 'torch_dtype');
      const declared = said === undefined ? undefined : parseDType(said), ranked = [...byType].sort((a, b) => b[1].length - a[1].length), [most] = ranked;
      if (most === undefined) continue;
      const usual = declared !== undefined && byType.has(declared) ? declared : most[0];
      for (const [odd, names] of ranked) {
        if (odd === usual) continue;
        const file = checkpoint.files[checkpoint.tensors.get(names[0]!)!.file]!.path;
        report.add(DTYPES_MIXED, { count: names.length, odd, usual, tensors: someOf(names) }, { path: join(directory.path, file), found: odd, expected: usual });
      }
      if (declared !== undefined && !byType.has(declared)) report.add(DTYPE_DIFFERS, { file: path, config: said!, found: DTYPES[usual].torch ?? usual }, { path, found: said! });
    }
  },
};
