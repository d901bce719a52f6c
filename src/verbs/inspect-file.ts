/**
 * @module
 * inspect of a single file: its tensors, or what else its content is.
 */
import { closeCheckpoint, openCheckpoint } from '../checkpoints/index.ts';
import { contentFormat } from '../containers/format.ts';
import { CONTAINERS } from '../containers/index.ts';
import { NOT_CONTAINERS } from '../containers/recognise.ts';
import { torchLegacy, torchZip } from '../containers/torch/index.ts';
import { isTemperError } from '../findings/index.ts';
import { aboutArguments, argumentsIn, roleOf, type Advice, type Arguments } from '../producers/index.ts';
import { treeFormat } from '../producers/format.ts';
import type { InspectBody, InspectedTraining, InspectRequest } from './inspect.ts';
import { listCheckpoint } from './listing.ts';
import type { Answer, VerbContext } from './verb.ts';

/** What is common to all answers about one file. */
function bodyOf(request: InspectRequest, file: string, format: string, bytes: number): InspectBody {
  const { role, neededFor } = roleOf(file);
  return {
    path: request.path, format, kinds: [], directories: {}, files: [{ path: file, role, format, needed_for: neededFor, bytes }], effective_weights: {}, producer: null, result: null, sizes: [], adapters: [], next: [],
  };
}

/** Formats that are opened as tensors, or refused for what they are instead. */
const TENSORS: ReadonlySet<string> = new Set(['unknown', ...CONTAINERS.map((container) => container.format), ...NOT_CONTAINERS.map((row) => row.format)]);
/** Text is no failure where no weights were expected. */
const TEXTS: ReadonlySet<string> = new Set(['text', 'markdown', 'python', 'jinja', 'jsonl', 'json-invalid', 'sentencepiece']);
const SCAN = { en: 'see what loading it would run', zh: '查看加载它会执行什么' };

/** A file that is recognised, but holds no weights that can be opened: what it is, and what to do with it. */
async function recognisedFile(request: InspectRequest, file: string): Promise<Answer<InspectBody> | undefined> {
  const source = await request.folder.open(file);
  try {
    const content = await contentFormat(source), isText = content === 'unknown' && !/weights|states|checkpoint/.test(roleOf(file).role) && TEXTS.has(await treeFormat(source, file));
    if (TENSORS.has(content) && !isText) return undefined;
    const format = isText ? await treeFormat(source, file) : content, next: Advice[] = format === 'json' || isText ? [] : [{ command: `temper scan ${request.path}`, reason: SCAN }];
    return { schema: 'temper.inspect/1', exit: 0, findings: [], body: { ...bodyOf(request, file, format, source.size), next } };
  } finally {
    await source.close();
  }
}

/** The object of a file that holds one instead of tensors: the arguments of a run. */
async function argumentsOf(request: InspectRequest, file: string): Promise<Arguments | undefined> {
  if (roleOf(file).role !== 'training-args') return undefined;
  const source = await request.folder.open(file);
  try {
    return argumentsIn(await (await contentFormat(source) === 'torch-legacy' ? torchLegacy : torchZip).open(source), file);
  } catch (error) {
    // Opening it as a checkpoint says what is wrong with it.
    if (!isTemperError(error)) throw error;
    return undefined;
  } finally {
    await source.close();
  }
}

/** The arguments of a run, as the answer has them. */
export const toldArguments = (args: Arguments): NonNullable<InspectedTraining['arguments']> => ({ path: args.path, class: args.class, values: Object.fromEntries(args.values) });

/** Looks at one file. What cannot be opened is thrown. */
export async function inspectFile(request: InspectRequest, file: string, context: VerbContext): Promise<Answer<InspectBody>> {
  const recognised = await recognisedFile(request, file);
  if (recognised !== undefined) return recognised;
  const args = await argumentsOf(request, file), checkpoint = await openCheckpoint(request.folder, { file, everything: true });
  try {
    const opened = checkpoint.files[0]!, body = bodyOf(request, file, opened.format, opened.bytes);
    if (args !== undefined) return { schema: 'temper.inspect/1', exit: 0, findings: aboutArguments(args), body: { ...body, training: { arguments: toldArguments(args) } } };
    return {
      schema: 'temper.inspect/1', exit: 0, findings: checkpoint.findings,
      body: {
        ...body, effective_weights: { '.': [file] }, ...await listCheckpoint(checkpoint, request, context),
        ...(opened.metadata.size === 0 ? {} : { metadata: Object.fromEntries(opened.metadata) }),
      },
    };
  } finally {
    await closeCheckpoint(checkpoint);
  }
}
