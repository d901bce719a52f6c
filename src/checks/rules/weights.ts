/**
 * @module
 * G3, G4 and the containers themselves: index and shards agree in both directions, nothing stale beside a single file, every
 * header is sound. The findings are those of opening the directory as every other command does. Always asked.
 */
import { MISSING_SHARD, NO_INDEX, SHARD_NAME_PATTERN, STALE_INDEX, type Checkpoint } from '../../checkpoints/index.ts';
import { defineCode } from '../../findings/index.ts';
import { join } from '../paths.ts';
import type { Report, Rule } from '../rule.ts';
import { FALSE_ALARMS } from './weights-notes.ts';

/** A shard that nobody asks for. */
export const SHARD_UNREFERENCED = defineCode({
  code: 'shard-unreferenced',
  severity: 'error',
  message: { en: '{shard} is a shard that {used} does not name', zh: '{shard} 是 {used} 没有列出的分片' },
  why: { en: 'Its tensors are not loaded: it is left over from another save, or its entries were lost.', zh: '其中的张量不会被加载：它是另一次保存的残留，或者索引丢失了它的条目。' },
  fix: { en: 'If it belongs to the model, build the index anew; otherwise remove it. See what it holds: temper inspect DIR', zh: '如果它属于该模型，请重建索引；否则删除。查看其内容：temper inspect DIR' },
});

/** An index that wins and leads nowhere. */
export const STALE_INDEX_WINS = defineCode({
  code: 'stale-index-wins',
  severity: 'error',
  message: { en: '{index} is stale and comes before {file}: none of its {count} shards is there', zh: '{index} 已过时，却优先于 {file}：它所列的 {count} 个分片都不存在' },
  why: { en: 'Loaders look for safetensors and its index before .bin: they follow the index and fail, although whole weights lie beside it.', zh: '加载器先找 safetensors 及其索引，再找 .bin：它们会照着索引加载并失败，尽管旁边就有完整的权重。' },
  fix: { en: 'Delete {index}.', zh: '请删除 {index}。' },
});

/** The rule. Its other codes are those of checkpoints/ and containers/. */
export const weights: Rule = {
  name: 'weights',
  codes: [NO_INDEX, SHARD_UNREFERENCED, STALE_INDEX_WINS],
  fixtures: { fires: 'deploy-g3-missing-shard', silent: 'deploy-healthy' },
  async check(context, report) {
    for (const { directory, checkpoint } of await context.weights()) {
      const { index, unused } = checkpoint, missing = checkpoint.findings.filter(({ code }) => code === MISSING_SHARD.code), single = unused.find((name) => SINGLE.test(name));
      const leadsNowhere = index !== undefined && missing.length > 0 && checkpoint.files.length === 0 && single !== undefined;
      if (leadsNowhere) report.add(STALE_INDEX_WINS, { index, file: single, count: missing.length }, { path: join(directory.path, index) });
      for (const found of checkpoint.findings) {
        if (FALSE_ALARMS.has(found.code) || leadsNowhere && found.code === MISSING_SHARD.code) continue;
        // Other commands can do without an index; transformers and serving engines cannot.
        report.take([{ ...found, path: context.placeOf(directory, found.path), ...(found.code === NO_INDEX.code ? { severity: 'error' as const } : {}) }]);
      }
      judgeUnused(checkpoint, directory.path, report);
      judgeOtherIndex(checkpoint, directory.path, report);
    }
  },
};

const SINGLE = /^(?:model\.safetensors|pytorch_model\.bin)$/;

/** Shards of the format that is loaded, which the index does not name. Those of the other format are a twin, or part of one. */
function judgeUnused({ index, files, unused }: Checkpoint, directory: string, report: Report): void {
  // An index that could not be read leads to no file, which is told; then nothing says which shards are too many.
  if (files.length === 0) return;
  const used = index ?? files[0]!.path, extension = /\.(safetensors|bin)(?:\.index\.json)?$/.exec(used)?.[1];
  if (extension === undefined || unused.some((name) => name.endsWith(`.${extension}.index.json`))) return;
  for (const name of unused) {
    if (SHARD_NAME_PATTERN.exec(name)?.[4] === `.${extension}`) report.add(SHARD_UNREFERENCED, { shard: name, used }, { path: join(directory, name), severity: index === undefined ? 'warning' : 'error' });
  }
}

/** An index of the other format that leads nowhere: what a conversion or a copy left behind. */
function judgeOtherIndex({ index, files, unused }: Checkpoint, directory: string, report: Report): void {
  const used = index ?? files[0]?.path;
  for (const name of unused) {
    const [, stem, extension] = /^(\w+)\.(safetensors|bin)\.index\.json$/.exec(name) ?? [];
    // The one beside a single file of its own is told when the directory is opened.
    if (used === undefined || stem === undefined || used === `${stem}.${extension}` || unused.some((one) => one.startsWith(stem) && one.endsWith(`.${extension}`))) continue;
    report.add(STALE_INDEX, { index: name, file: used }, { path: join(directory, name) });
  }
}
