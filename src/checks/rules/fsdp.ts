/**
 * @module
 * FSDP and other checkpoints in pieces (torch.distributed.checkpoint): every data file that `.metadata` names is there and
 * long enough. Error; that config and tokenizer are missing beside them a warning. Always asked.
 */
import { readDcpMetadata } from '../../containers/dcp/metadata.ts';
import { Notes } from '../../containers/notes.ts';
import { defineCode, isTemperError } from '../../findings/index.ts';
import type { TreeDirectory } from '../../producers/index.ts';
import type { CheckContext } from '../context.ts';
import { join } from '../paths.ts';
import type { Report, Rule } from '../rule.ts';
import { differenceOf } from './twins.ts';

/** A data file is gone. */
export const DCP_FILE_MISSING = defineCode({
  code: 'dcp-file-missing',
  severity: 'error',
  message: { en: 'the data file {file}, which .metadata names, is missing, and parts of {count} tensors with it', zh: '缺少 .metadata 所列的数据文件 {file}，其中有 {count} 个张量的部分内容' },
  why: { en: 'Every rank wrote its part of every tensor into a file of its own: none of these tensors is whole.', zh: '每个 rank 把各张量的一部分写入自己的文件：这些张量都不完整。' },
  fix: { en: 'Copy the directory from every machine of the run, or use an older checkpoint.', zh: '请从参与训练的每台机器复制该目录，或使用更早的检查点。' },
});

/** A data file that is too short. */
export const DCP_FILE_SHORT = defineCode({
  code: 'dcp-file-short',
  severity: 'error',
  message: { en: '{file} has {found} bytes, .metadata needs {expected}', zh: '{file} 有 {found} 字节，而 .metadata 需要 {expected} 字节' },
  why: { en: 'It was cut off while it was written or copied.', zh: '它在写入或复制时被截断。' },
  fix: { en: 'Copy the file again, or use an older checkpoint.', zh: '请重新复制该文件，或使用更早的检查点。' },
});

/** Data files without the list of what is in them. */
export const DCP_METADATA_MISSING = defineCode({
  code: 'dcp-metadata-missing',
  severity: 'error',
  message: { en: '{folder} holds .distcp files but no .metadata', zh: '{folder} 有 .distcp 文件，却没有 .metadata' },
  why: { en: '.metadata is written last, by rank 0; without it nothing says what lies where. File managers hide it.', zh: '.metadata 由 rank 0 最后写出；没有它就不知道内容在哪里。文件管理器会隐藏它。' },
  fix: { en: 'Copy it too (cp -a), or use an older checkpoint.', zh: '请一并复制（cp -a），或使用更早的检查点。' },
});

/** Nothing but weights. */
export const SHARDED_WITHOUT_CONFIG = defineCode({
  code: 'sharded-checkpoint-without-config',
  severity: 'warning',
  message: { en: '{folder} has no config.json and no tokenizer: weights put together from it need those of the base model', zh: '{folder} 没有 config.json 和分词器：由它拼出的权重需要使用基座模型的' },
  why: { en: 'Trainer leaves them out of checkpoints that FSDP writes in pieces.', zh: 'FSDP 分片写出检查点时，Trainer 不会保存它们。' },
  fix: { en: 'Convert it, then copy config.json and the tokenizer of the base: temper convert {folder} -o OUT', zh: '请转换，再复制基座的 config.json 和分词器：temper convert {folder} -o OUT' },
});

/** The whole state beside the model. */
export const FSDP_STATE_BESIDE_MODEL = defineCode({
  code: 'fsdp-state-beside-model',
  severity: 'info',
  message: { en: '{file} holds the same tensors as {used}; it is there to resume', zh: '{file} 与 {used} 的张量相同，用于继续训练' },
  why: { en: 'FULL_STATE_DICT writes the model twice.', zh: 'FULL_STATE_DICT 会把模型写两次。' },
  fix: { en: 'Nothing to do; leave it out of a deployment.', zh: '无需处理；部署时不要包含它。' },
});

/** The rule. */
export const fsdp: Rule = {
  name: 'fsdp',
  codes: [DCP_FILE_MISSING, DCP_FILE_SHORT, DCP_METADATA_MISSING, SHARDED_WITHOUT_CONFIG, FSDP_STATE_BESIDE_MODEL],
  fixtures: { fires: 'fsdp-missing-shard', silent: 'fsdp-accelerate-save-state' },
  async check(context, report) {
    for (const directory of context.directories()) {
      if (directory.files.some(({ name }) => name === '.metadata')) await judgePieces(context, directory, report);
      else if (directory.files.some(({ name }) => name.endsWith('.distcp'))) report.add(DCP_METADATA_MISSING, { folder: directory.path || '.' }, { path: directory.path });
      const sharded = directory.folders.some((name) => /^pytorch_model_fsdp_\d+$/.test(name));
      if (sharded && directory.kinds.includes('trainer-checkpoint') && !context.has(directory, 'config.json') && !context.has(directory, 'adapter_config.json')) report.add(SHARDED_WITHOUT_CONFIG, { folder: directory.path || '.' }, { path: directory.path });
      if (context.has(directory, 'pytorch_model_fsdp.bin')) await judgeWhole(context, directory, report);
    }
  },
};

async function judgePieces(context: CheckContext, directory: TreeDirectory, report: Report): Promise<void> {
  const path = join(directory.path, '.metadata'), notes = new Notes(path), source = await context.folder.open(path);
  try {
    const metadata = await readDcpMetadata(source, notes), ends = new Map<string, { end: number; tensors: Set<string> }>();
    for (const { name, chunks } of metadata?.tensors ?? []) {
      for (const { slice } of chunks) {
        const one = ends.get(slice.path) ?? { end: 0, tensors: new Set<string>() };
        ends.set(slice.path, { end: Math.max(one.end, slice.offset + slice.length), tensors: one.tensors.add(name) });
      }
    }
    for (const [name, { end, tensors }] of ends) {
      const file = context.tree.files.get(join(directory.path, name));
      if (file === undefined) report.add(DCP_FILE_MISSING, { file: name, count: tensors.size }, { path: join(directory.path, name) });
      else if (file.bytes < end) report.add(DCP_FILE_SHORT, { file: file.path, found: file.bytes, expected: end }, { path: file.path, found: file.bytes, expected: end });
    }
  } catch (error) {
    if (!isTemperError(error)) throw error;
    report.take(error.findings);
  } finally {
    await source.close();
  }
  report.take(notes.findings.map((one) => ({ ...one, path })));
}

async function judgeWhole(context: CheckContext, directory: TreeDirectory, report: Report): Promise<void> {
  const path = join(directory.path, 'pytorch_model_fsdp.bin'), whole = await context.fileOf(path), weights = directory.kinds.includes('full-model') ? await context.weightsOf(directory) : undefined;
  if (whole === undefined || weights === undefined) return;
  const difference = await differenceOf(weights.checkpoint, whole, context);
  if (difference === undefined) report.add(FSDP_STATE_BESIDE_MODEL, { file: path, used: weights.checkpoint.index ?? weights.checkpoint.files[0]!.path }, { path });
}
