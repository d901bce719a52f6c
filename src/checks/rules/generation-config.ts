/**
 * @module
 * G14: generation_config.json passes the strict validation with which transformers saves it: no sampling fields while
 * sampling is off, ids that are integers. Warning; always asked of folders that hold a model.
 */
import { defineCode } from '../../findings/index.ts';
import type { JsonValue } from '../../containers/index.ts';
import { join } from '../paths.ts';
import type { Rule } from '../rule.ts';

/** Fields that are refused. */
export const GENERATION_CONFIG_REFUSED = defineCode({
  code: 'generation-config-refused',
  severity: 'warning',
  message: { en: '{file} sets {fields} while {why}', zh: '{file} 设置了 {fields}，而{why}' },
  why: { en: 'It loads, but saving the model again ends in a ValueError: a merge dies after its work is done.', zh: '可以加载，但再次保存模型时会抛出 ValueError：合并会在做完之后失败。' },
  fix: { en: 'Set do_sample to true, or take these fields out of generation_config.json.', zh: '请把 do_sample 设为 true，或从 generation_config.json 中去掉这些字段。' },
});

/** An id that is none. */
export const GENERATION_CONFIG_ID = defineCode({
  code: 'generation-config-id',
  severity: 'warning',
  message: { en: '{file}: {key} is {value}, expected an integer or a list of them', zh: '{file}：{key} 为 {value}，应为整数或整数列表' },
  why: { en: 'Generation stops with a type error.', zh: '生成会因类型错误而中止。' },
  fix: { en: 'Write the id of the token as a number.', zh: '请以数字写出该 token 的 id。' },
});

/** Fields that only mean something while sampling, with the value that stands for nothing (GenerationConfig.validate). */
const SAMPLING: ReadonlyMap<string, number | undefined> = new Map([
  ['temperature', 1], ['top_p', 1], ['top_k', 50], ['min_p', undefined], ['typical_p', 1], ['epsilon_cutoff', 0], ['eta_cutoff', 0],
] as [string, number | undefined][]);
/** The same for beam search. */
const BEAMS: ReadonlyMap<string, JsonValue> = new Map<string, JsonValue>([['early_stopping', false], ['length_penalty', 1], ['diversity_penalty', 0], ['num_beam_groups', 1]]);

/** Caches of all releases (ALL_CACHE_IMPLEMENTATIONS). */
const CACHES = /^(?:dynamic(?:_full)?|quantized|static|offloaded(?:_static|_hybrid(?:_chunked)?)?|sliding_window|hybrid(?:_chunked)?|mamba|paged)$/;

/** The rule. */
export const generationConfig: Rule = {
  name: 'generation-config',
  codes: [GENERATION_CONFIG_REFUSED, GENERATION_CONFIG_ID],
  fixtures: { fires: 'deploy-g14-generation-config', silent: 'qwen1-deploy-complete' },
  async check(context, report) {
    for (const directory of context.directories()) {
      const path = join(directory.path, 'generation_config.json'), members = await context.object(path);
      if (members === undefined || directory.servesAsBase) continue;
      const set = (fields: ReadonlyMap<string, JsonValue | undefined>) => [...fields].filter(([key, idle]) => members.has(key) && members.get(key) !== null && members.get(key) !== idle).map(([key]) => key);
      const sampling = members.get('do_sample') === true ? [] : set(SAMPLING), beams = Number(members.get('num_beams') ?? 1) > 1 ? [] : set(BEAMS);
      if (sampling.length > 0) report.add(GENERATION_CONFIG_REFUSED, { file: path, fields: sampling.join(', '), why: { en: 'do_sample is not true', zh: ' do_sample 不为 true' } }, { path });
      if (beams.length > 0) report.add(GENERATION_CONFIG_REFUSED, { file: path, fields: beams.join(', '), why: { en: 'num_beams is 1', zh: ' num_beams 为 1' } }, { path });
      const tokens = members.get('max_new_tokens'), returned = Number(members.get('num_return_sequences') ?? 1), width = Number(members.get('num_beams') ?? 1), cache = members.get('cache_implementation');
      if (typeof tokens === 'number' && tokens <= 0) report.add(GENERATION_CONFIG_REFUSED, { file: path, fields: 'max_new_tokens', why: { en: `${tokens} is no number of tokens`, zh: ` ${tokens} 不是有效的 token 数` } }, { path });
      if (returned > 1 && returned > width && (width > 1 || members.get('do_sample') !== true)) {
        report.add(GENERATION_CONFIG_REFUSED, { file: path, fields: 'num_return_sequences', why: { en: 'there is neither sampling nor as many beams', zh: '既没有采样，也没有这么多 beam' } }, { path });
      }
      if (typeof cache === 'string' && !CACHES.test(cache)) report.add(GENERATION_CONFIG_REFUSED, { file: path, fields: 'cache_implementation', why: { en: `no cache is called ${cache}`, zh: `没有名为 ${cache} 的缓存` } }, { path });
      for (const key of ['bos_token_id', 'eos_token_id', 'pad_token_id']) {
        const value = members.get(key) ?? null, isId = (one: JsonValue) => typeof one === 'number' && Number.isSafeInteger(one);
        if (value !== null && !(isId(value) || Array.isArray(value) && value.every(isId))) report.add(GENERATION_CONFIG_ID, { file: path, key, value: JSON.stringify(value) }, { path });
      }
    }
  },
};
