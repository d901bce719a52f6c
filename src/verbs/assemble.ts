/**
 * @module
 * assemble: the parts of a model that was trained in pieces, and their bases, into one deployable directory.
 */
import { openAdapter, textField } from '../adapters/index.ts';
import { subFolder, type Folder } from '../bytes/index.ts';
import { CheckContext } from '../checks/context.ts';
import { tokenizerOf } from '../checks/tokenizer.ts';
import { closeCheckpoint, openCheckpoint, type Checkpoint } from '../checkpoints/index.ts';
import type { OutputHost } from '../engine/index.ts';
import { refuse } from '../findings/index.ts';
import { NO_PARTS, PARTS_NOT_DIVIDED } from '../plans/assemble/codes.ts';
import { partsOf, PART_FOLDERS, type BaseRole } from '../plans/assemble/parts.ts';
import { planAssembly, type AssembledPart, type Assembly, type OpenedPart } from '../plans/assemble/plan.ts';
import { inOneModel, type TokenizerFacts } from '../plans/assemble/whole.ts';
import type { WholeFormat } from '../plans/states/whole-names.ts';
import { surveyTree } from '../producers/survey.ts';
import type { BoundPlan, Written } from '../plans/index.ts';
import type { ComputeDType } from '../tensors/index.ts';
import { VERSION } from '../version.ts';
import { execute, type ExecuteOptions } from './execute.ts';
import { answer, type WriteBody } from './written.ts';
import type { Answer, VerbContext } from './verb.ts';

/** What to assemble. */
export interface AssembleRequest {
  readonly tree: Folder;
  readonly bases: ReadonlyMap<BaseRole, { readonly folder: Folder; readonly file?: string }>;
  readonly output: string;
  readonly dtype?: ComputeDType;
  readonly maxShardBytes?: number;
  readonly loraAlpha?: number;
  /** A file of `tree` that was named instead of the directory: refused with the step that comes before. */
  readonly file?: string;
  /** xtuner (parts in folders), official or huggingface (one model). */
  readonly saveFormat?: string;
  readonly container?: Written;
  readonly dryRun?: boolean;
}

/** Body of the answer: that of every verb that writes, and what became of each part. */
export interface AssembleBody extends WriteBody { readonly parts: readonly AssembledPart[] }

/** Assembles. */
export async function assemble(request: AssembleRequest, host: OutputHost, options: ExecuteOptions, context: VerbContext = {}): Promise<Answer<AssembleBody> & { bound: BoundPlan }> {
  context.onEvent?.({ kind: 'phase', phase: 'open' });
  const opened: Checkpoint[] = [], keep = <C extends Checkpoint>(checkpoint: C): C => { opened.push(checkpoint); return checkpoint; };
  try {
    if (request.file !== undefined) refuse(PARTS_NOT_DIVIDED, { file: request.file }, { path: request.file });
    const found = await partsOf(request.tree);
    if (found.parts.length === 0) refuse(NO_PARTS, { folder: request.tree.label, known: PART_FOLDERS.join(', ') }, { path: '.' });
    const bases = new Map<BaseRole, Checkpoint>(), parts: OpenedPart[] = [];
    for (const [role, { folder, file }] of request.bases) bases.set(role, keep(await openCheckpoint(folder, file === undefined ? {} : { file })));
    for (const part of found.parts) {
      const folder = part.path === '' ? request.tree : subFolder(request.tree, part.path);
      // A vision tower may lie inside of the language model's base (InternVL).
      const inside = part.role === 'visual_encoder' && [...bases.get('llm')?.tensors.keys() ?? []].some((name) => name.startsWith('vision_model.'));
      if (part.form === 'adapter' && part.role !== 'projector' && (bases.has(part.role) || inside)) {
        const adapter = await openAdapter(folder, request.loraAlpha === undefined ? {} : { loraAlpha: request.loraAlpha });
        parts.push({ ...part, folder, adapter, checkpoint: keep(adapter.checkpoint) });
      } else {
        parts.push({ ...part, folder, checkpoint: keep(await openCheckpoint(folder, part.form === 'adapter' ? { prefer: 'adapter' } : {})) });
      }
    }
    if (!request.dryRun) host.prepare(opened.reduce((sum, { files }) => sum + files.reduce((bytes, file) => bytes + file.bytes, 0), 0), 'compute');
    context.onEvent?.({ kind: 'phase', phase: 'plan' });
    const parted = await planAssembly(request.tree, found, parts, bases, {
      version: VERSION, ...(request.dtype === undefined ? {} : { dtype: request.dtype }), ...(request.maxShardBytes === undefined ? {} : { maxShardBytes: request.maxShardBytes }),
      ...(request.container === undefined ? {} : { container: request.container }),
    });
    const assembly = await inFormat(request, parted, bases, parts);
    const result = request.dryRun ? undefined : await execute(assembly.bound, host, options, context);
    const told = answer('assemble', request.output, assembly.bound.plan, result, host);
    return { ...told, body: { ...told.body, parts: assembly.parts }, bound: assembly.bound };
  } finally {
    await host.release();
    for (const checkpoint of opened) await closeCheckpoint(checkpoint);
  }
}

/** The parts as one model, where that was asked for. */
async function inFormat({ saveFormat, tree, maxShardBytes }: AssembleRequest, assembly: Assembly, bases: ReadonlyMap<BaseRole, Checkpoint>, parts: readonly OpenedPart[]): Promise<Assembly> {
  if (saveFormat === undefined || saveFormat === 'xtuner') return assembly;
  const vision = parts.find(({ role }) => role === 'visual_encoder'), named = vision?.adapter === undefined ? undefined : textField(vision.adapter.config, 'base_model_name_or_path');
  const model = parts.find(({ role, form }) => role === 'llm' && form === 'model')?.folder ?? bases.get('llm')?.folder, tokenizer = model === undefined ? undefined : await tokenizerIn(model);
  const bound = await inOneModel(assembly.bound, {
    format: saveFormat as WholeFormat, label: tree.label, visionTower: named ?? bases.get('visual_encoder')?.folder.label ?? '', visionTrained: vision !== undefined,
    ...(tokenizer === undefined ? {} : { tokenizer }), ...(maxShardBytes === undefined ? {} : { maxShardBytes }),
  });
  return { bound, parts: assembly.parts.map((part) => ({ ...part, to: '.' })) };
}

async function tokenizerIn(folder: Folder): Promise<TokenizerFacts | undefined> {
  const tree = await surveyTree(folder), root = tree.directories.get('');
  const tokenizer = root === undefined ? undefined : await tokenizerOf(new CheckContext(folder, tree, { profiles: new Set() }), root), image = tokenizer?.idOf('<image>');
  return tokenizer === undefined ? undefined : { entries: tokenizer.entries, ...(image === undefined ? {} : { image }) };
}
