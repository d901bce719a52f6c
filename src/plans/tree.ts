/**
 * @module
 * The plan of a conversion of everything below a folder: weights are converted where they lie, all other files are
 * carried over. For what is more than one model: sentence-transformers with `2_Dense`, diffusers, a run with its checkpoints.
 */
import { listRecursively, subFolder, type Folder, type FolderEntry } from '../bytes/index.ts';
import { openCheckpoint } from '../checkpoints/open.ts';
import { chooseWeights } from '../checkpoints/precedence.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { finding, refuse, type Finding, type Text } from '../findings/index.ts';
import { NOT_CARRIED, NOTHING_TO_CONVERT } from './codes.ts';
import { editConfig } from './config.ts';
import { NEW_DTYPE, planWeights, type ConvertOptions } from './convert.ts';
import { isWeightsName } from './files.ts';
import { InputTable, planInput } from './inputs.ts';
import { OLD_MANIFEST } from './leftovers.ts';
import type { BoundPlan } from './merge.ts';
import { dtypeChanges } from './dtype-changes.ts';
import { readConfig } from './read-config.ts';
import type { Dropped, PlannedFile } from './plan.ts';
import { verbatim } from './verbatim.ts';

/** From this size on, files without weights are copied by the lanes: an optimizer state has gigabytes. */
const LANES_FROM_BYTES = 8 * 1024 * 1024;

/** Folders that tell of the folder itself, and no longer hold once its files are others. */
const NOT_CONTENT = new Set(['.git', '.cache']);

const CARRIED: Text = { en: 'of the input, unchanged', zh: '来自输入，未改动' };
const OTHER_FORMAT: Text = { en: 'no loader takes it beside what was converted', zh: '加载器不会在已转换的权重之外再使用它' };
const ABOUT_INPUT: Text = { en: 'tells of the input', zh: '描述的是输入本身' };

/** Plans a whole tree. The checkpoints that it reads are added to `opened`; closing them is the caller's business. */
export async function planTree(root: Folder, options: ConvertOptions, opened: Checkpoint[]): Promise<BoundPlan> {
  const table = new InputTable(), files: PlannedFile[] = [], dropped: Dropped[] = [], findings: Finding[] = [];
  const all = (await listRecursively(root)).filter(({ path }) => !path.split('/').some((part) => NOT_CONTENT.has(part)));
  const places = ['', ...all.filter(({ kind, unusable, link }) => kind === 'folder' && unusable === undefined && !link).map(({ path }) => path)];
  for (const place of places) {
    const prefix = place === '' ? '' : `${place}/`, inside = all.filter(({ path }) => path.startsWith(prefix) && !path.slice(prefix.length).includes('/'));
    const names = inside.filter(({ kind }) => kind === 'file').map(({ path }) => path.slice(prefix.length)), folder = place === '' ? root : subFolder(root, place);
    const done = new Set<string>(), left: string[] = [];
    for (const purpose of ['model', 'adapter'] as const) {
      if (!hasWeights(names, purpose)) continue;
      const base = await openCheckpoint(folder, { prefer: purpose }), config = await readConfig(base);
      opened.push(base);
      const firstInput = await table.addCheckpoint('base', base, { folder: root, prefix });
      const part = await planWeights(base, config?.fields, table, firstInput, options, { folder: root, prefix });
      files.push(...part.files.map((file) => ({ ...file, path: prefix + file.path })));
      dropped.push(...part.dropped.map((one) => ({ ...one, name: prefix + one.name })));
      findings.push(...[...base.findings, ...part.findings].map((one) => ({ ...one, ...(one.path === undefined ? {} : { path: one.path === '.' ? place || '.' : prefix + one.path }) })));
      for (const { path } of base.files) done.add(path);
      if (base.index !== undefined) done.add(base.index);
      left.push(...base.unused.filter((name) => isWeightsName(name)));
      const changes = config === undefined || options.dtype === undefined || purpose === 'adapter' ? [] : dtypeChanges(config.fields, options.dtype);
      if (changes.length === 0) continue;
      done.add('config.json');
      files.push({ kind: 'text', path: `${prefix}config.json`, text: editConfig(config!.text, changes), why: NEW_DTYPE });
    }
    for (const name of left) if (!done.has(name)) findings.push(behind(prefix + name, OTHER_FORMAT));
    for (const entry of inside) {
      const name = entry.path.slice(prefix.length);
      if (entry.kind !== 'file' && entry.unusable === undefined && !entry.link) continue;
      if (name === OLD_MANIFEST) findings.push(behind(entry.path, ABOUT_INPUT));
      else if (entry.unusable !== undefined || entry.kind !== 'file') findings.push(behind(entry.path, entry.unusable ?? LINKED_FOLDER, 'warning'));
      else if (!done.has(name) && !left.includes(name)) files.push(await carry(root, entry, table));
    }
  }
  if (opened.length === 0) refuse(NOTHING_TO_CONVERT, { folder: root.label }, { path: '.' });
  return {
    inputs: table.inputs,
    plan: { schema: 'temper.plan/1', verb: 'convert', version: options.version, stages: [], files, dropped, findings, inputs: table.inputs.map(planInput) },
  };
}

const LINKED_FOLDER: Text = { en: 'a link to a folder', zh: '指向目录的链接' };

const behind = (names: string, why: Text, severity: 'info' | 'warning' = 'info'): Finding => finding(NOT_CARRIED, { names, why }, { path: names, severity });

/** Whether a folder holds weights that a loader finds by their names. */
function hasWeights(names: readonly string[], purpose: 'model' | 'adapter'): boolean {
  const own = names.filter((name) => isWeightsName(name) && name.startsWith('adapter_model') === (purpose === 'adapter'));
  return own.length > 0 && chooseWeights(own, purpose).kind !== 'none';
}

async function carry(root: Folder, { path, bytes, modifiedMs }: FolderEntry, table: InputTable): Promise<PlannedFile> {
  const input = await table.addFile('base', root, path, modifiedMs);
  // The name of the one tensor is the path, wherever the file goes.
  return bytes < LANES_FROM_BYTES ? { kind: 'copy', path, input, why: CARRIED } : verbatim(path, input, bytes, CARRIED);
}
