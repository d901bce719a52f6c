/** @module Codes of `base …`. */
import { defineCode } from '../../findings/index.ts';

export const NO_ADAPTER_CONFIG = defineCode({
  code: 'no-adapter-config',
  severity: 'error',
  message: { en: 'there is no adapter_config.json in {path}, nor in any folder below it', zh: '{path} 及其下级目录中都没有 adapter_config.json' },
  why: { en: 'The name of the base stands in adapter_config.json; without one there is nothing to show or to change.', zh: '基座名称写在 adapter_config.json 中；没有该文件就没有可显示或修改的内容。' },
  fix: { en: 'Name the folder that holds the adapter; temper inspect PATH shows what is where.', zh: '请给出适配器所在的目录；temper inspect PATH 会说明各处有什么。' },
});

export const CONFIG_NOT_EDITABLE = defineCode({
  code: 'config-not-editable',
  severity: 'error',
  message: { en: '{file} cannot be changed field by field: {problem}', zh: '{file} 无法逐字段修改：{problem}' },
  why: { en: 'Only the field that was asked for may change; a file that is no plain JSON object gives no way to be sure of that.', zh: '只允许修改所要求的字段；若文件不是普通的 JSON 对象，就无法保证这一点。' },
  fix: { en: 'Repair the file first; temper check PATH says what is wrong with it.', zh: '请先修复该文件；temper check PATH 会指出问题所在。' },
});

export const BASE_FINGERPRINT_DIFFERS = defineCode({
  code: 'base-fingerprint-differs',
  severity: 'error',
  message: { en: 'the base is not the one that {file} was recorded with: its weights are {found}, recorded is {expected}', zh: '基座不是 {file} 所记录的那一个：其权重指纹为 {found}，记录为 {expected}' },
  why: { en: 'Names and shapes fit, but the weights are others. A merge onto them would be a model that nobody trained.', zh: '名称和形状都吻合，但权重不同。合并上去得到的是没有人训练过的模型。' },
  fix: { en: 'Find the right base: temper base match ADAPTER CANDIDATE… If this base is meant, remove {file}.', zh: '请找出正确的基座：temper base match 适配器 候选基座… 如果确实要用这个基座，请删除 {file}。' },
});

export const RECORD_INVALID = defineCode({
  code: 'base-record-invalid',
  severity: 'error',
  message: { en: '{file} is no record of a base: {problem}', zh: '{file} 不是有效的基座记录：{problem}' },
  why: { en: 'It says which base the adapter belongs to. A record that cannot be read cannot be held against the base.', zh: '该文件记录适配器属于哪个基座。无法读取的记录不能用来核对基座。' },
  fix: { en: 'Write it again with temper base verify BASE ADAPTER --record, or remove it.', zh: '请用 temper base verify 基座 适配器 --record 重新写入，或将其删除。' },
});

export const NO_CANDIDATES = defineCode({
  code: 'no-base-candidates',
  severity: 'error',
  message: { en: 'no candidate to match {path} with', zh: '没有可与 {path} 匹配的候选基座' },
  why: { en: 'A match compares an adapter or a model with the bases that it may belong to.', zh: '匹配是将适配器或模型与它可能所属的基座逐一比较。' },
  fix: { en: 'Name them: temper base match ADAPTER BASE1 BASE2 …, or a folder that holds them.', zh: '请列出候选：temper base match 适配器 基座1 基座2 …，或给出包含它们的目录。' },
});
