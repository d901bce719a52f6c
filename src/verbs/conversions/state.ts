/** @module Training states (DeepSpeed, FSDP) into models and adapters. */
import { chooseWeights, closeCheckpoint, findState, isStateFile, openCheckpoint, openState, openStateFile, statesBelow, type Choice } from '../../checkpoints/index.ts';
import { STATE_BELOW, STATE_CHOSEN, STATE_INSTEAD_OF_HOLLOW } from '../../checkpoints/states/codes.ts';
import type { Folder } from '../../bytes/index.ts';
import { finding, isTemperError, refuse, type Finding } from '../../findings/index.ts';
import { withHeads } from '../../plans/embedding/heads.ts';
import { KEEP_IMPOSSIBLE } from '../../plans/codes.ts';
import { engineNames, planStateAdapter, planStateModel, type BoundPlan } from '../../plans/index.ts';
import { VERSION } from '../../version.ts';
import type { ConvertRequest } from '../convert.ts';
import { opening, type Converter } from './conversion.ts';

/** What can be written out of a state. */
const TARGETS: ReadonlySet<string | undefined> = new Set([undefined, 'safetensors', 'bin', 'huggingface']);

/** Whether something was asked for that only a state can answer. Without it, weights that a loader takes come first. */
const asksForState = ({ asAdapter, excludeFrozen, tag, worldSize, buffers, to }: ConvertRequest): boolean =>
  asAdapter === true || excludeFrozen === true || tag !== undefined || worldSize !== undefined || buffers !== undefined || to === 'huggingface';

const weightsIn = async ({ input }: ConvertRequest) => chooseWeights((await input.list()).filter(({ kind }) => kind === 'file').map(({ path }) => path), 'model');

/** A state into the model or the adapter in it. */
export const trainingState: Converter = {
  takes: async (request) => {
    const { input, file, to, tag, recursive, saveFormat } = request;
    if (!TARGETS.has(to) || recursive || saveFormat !== undefined) return false;
    if (file !== undefined) return isStateFile(file);
    const weights = await weightsIn(request);
    // Broken pointers of a state matter only where the state is wanted.
    if (!asksForState(request) && weights.kind !== 'none') return await hollowFile(input, weights) !== undefined;
    if ((await findState(input, tag === undefined ? {} : { tag })) !== undefined) return true;
    const below = weights.kind === 'none' ? await statesBelow(input) : [];
    if (below.length > 0) refuse(STATE_BELOW, { folder: input.label, names: below.join(', '), last: below.at(-1)! }, { path: below.at(-1)! });
    return false;
  },
  plan: (request) => opening(async (keep) => {
    const { input, file, dtype, maxShardBytes, container, single, tag, worldSize, excludeFrozen, buffers, asAdapter, loraAlpha, to } = request;
    if (request.keep) refuse(KEEP_IMPOSSIBLE, { problem: { en: 'the files of a training state are no model in another format', zh: '训练状态的文件并不是另一种格式的模型' } }, { path: '.' });
    const options = { ...(tag === undefined ? {} : { tag }), ...(worldSize === undefined ? {} : { worldSize }), ...(excludeFrozen === undefined ? {} : { excludeFrozen }), ...(buffers === undefined ? {} : { buffers }) };
    const state = keep((file === undefined ? await openState(input, options) : await openStateFile(input, file, options))!);
    const how = { version: VERSION, ...(dtype && { dtype }), ...(maxShardBytes && { maxShardBytes }), ...(container && { container }), ...(single && { single }) };
    const hollow = file === undefined && !asksForState(request) ? await hollowFile(input, await weightsIn(request)) : undefined;
    const said = hollow === undefined ? [] : [finding(STATE_INSTEAD_OF_HOLLOW, { file: hollow, state: state.state?.tag ?? '' }, { path: hollow })];
    if (asAdapter || hollow?.startsWith('adapter_model')) return withFindings(said, await planStateAdapter(state, { ...how, ...(loraAlpha === undefined ? {} : { alpha: loraAlpha }) }));
    const bound = to === 'huggingface' ? withHeads(await planStateModel(state, { ...how, names: await engineNames(state) }), state) : await planStateModel(state, how);
    return withFindings(hollow === undefined && file === undefined ? await chosen(request, state.state?.tag ?? '') : said, bound);
  }),
};

const withFindings = (findings: readonly Finding[], bound: BoundPlan): BoundPlan => ({ ...bound, plan: { ...bound.plan, findings: [...findings, ...bound.plan.findings] } });

/** The weights beside a state, where they are the placeholders that ZeRO-3 leaves when nothing gathers them. */
async function hollowFile(input: Folder, choice: Choice): Promise<string | undefined> {
  if (choice.kind !== 'file' && choice.kind !== 'index') return undefined;
  try {
    if (await findState(input) === undefined) return undefined;
    const opened = await openCheckpoint(input, { file: choice.path });
    await closeCheckpoint(opened);
    return [...opened.tensors.values()].some(({ shape }) => shape.length === 1 && shape[0] === 0) ? choice.path : undefined;
  } catch (error) {
    if (!isTemperError(error)) throw error;
    return undefined; // said by whoever opens the weights
  }
}

/** That the state was preferred to weights beside it. */
async function chosen(request: ConvertRequest, tag: string): Promise<Finding[]> {
  const choice = await weightsIn(request), path = choice.kind === 'file' || choice.kind === 'index' ? choice.path : undefined;
  return path === undefined ? [] : [finding(STATE_CHOSEN, { state: tag === '' ? request.input.label : tag, weights: `${request.input.label}/${path}` }, { path })];
}
