/**
 * @module
 * Which ranks wrote a state and whether all of them are here: missing ones, ones left over from a larger run, files of
 * another step. zero_to_fp32.py only counts files.
 */
import { finding, refuse, TemperError, type Finding } from '../../findings/index.ts';
import { STATE_MODEL_RANK_MISSING, STATE_MODEL_RANK_UNNEEDED, STATE_RANK_MISSING, STATE_RANK_STALE, STATE_RANK_TWICE, STATE_RANKS_LEFT_OVER, STATE_SIXTEEN_BIT_LEFT, STATE_VERSIONS, STATE_WORLD_SIZE } from './codes.ts';
import type { ModelStates } from './model-states.ts';
import { nameOfRank, rankList, type RankFile, type TagFiles } from './names.ts';
import type { OptimizerStates } from './optimizer-states.ts';

/** Path of a file of a tag. */
export const inTag = (tag: string, name: string): string => (tag === '' ? name : `${tag}/${name}`);

/** Refuses two files for one rank. */
export function refuseTwice(files: readonly RankFile[], tag: string): void {
  files.forEach(({ rank, name }, i) => {
    if (files[i - 1]?.rank === rank) refuse(STATE_RANK_TWICE, { file: name, other: files[i - 1]!.name, rank }, { path: inTag(tag, name) });
  });
}

/** What is known of a tag when ranks are counted. */
export interface Counted {
  /** The folder that was given, and the directory of the state, as messages call them. */
  readonly root: string;
  readonly label: string;
  readonly tag: string;
  readonly files: TagFiles;
  /** Ranks that wrote the state, as the first shard says. */
  readonly world: number;
  /** `--world-size` */
  readonly given?: number;
  readonly first: OptimizerStates;
}

/** Holds the optimizer shards against the number of ranks. Throws when some are missing or too many. */
export function countShards({ root, label, tag, files, world, given, first }: Counted): void {
  if (given !== undefined && given !== world) refuse(STATE_WORLD_SIZE, { file: first.path, world, given }, { path: first.path, found: world, expected: given });
  const there = new Set(files.optimizers.map(({ rank }) => rank)), like = files.optimizers[0]!.name, problems: Finding[] = [];
  const missing = range(world).filter((rank) => !there.has(rank));
  if (missing.length > 0) {
    const paths = missing.map((rank) => inTag(tag, nameOfRank(like, rank)));
    problems.push(finding(STATE_RANK_MISSING, { folder: label, ranks: rankList(missing), world }, { path: paths[0]!, found: world - missing.length, expected: world }));
    if (first.stage < 3 && files.model !== undefined) problems.push(sixteenBitLeft(root, inTag(tag, files.model)));
  }
  const extra = [...files.optimizers, ...first.stage === 3 ? files.models : []].filter(({ rank }) => rank >= world);
  if (extra.length > 0 && given === undefined) {
    problems.push(finding(STATE_RANKS_LEFT_OVER, { folder: label, world, ranks: rankList([...new Set(extra.map(({ rank }) => rank))]) }, { path: inTag(tag, extra[0]!.name), found: files.optimizers.length, expected: world }));
  }
  if (problems.length > 0) throw new TemperError(problems);
}

/** That the module itself is whole. Goes with errors, which carry it to the user. */
export function sixteenBitLeft(label: string, path: string): Finding {
  return finding(STATE_SIXTEEN_BIT_LEFT, { file: `${label}/${path}` }, { path });
}

/** Refuses shards that disagree with the first: another stage, another number of ranks, another step. Findings are of versions. */
export function compareShards(shares: readonly OptimizerStates[]): Finding[] {
  const [first] = shares, findings: Finding[] = [];
  for (const { path, stage, world, step, version } of shares) {
    const stale = (en: string, zh: string): never => refuse(STATE_RANK_STALE, { file: path, problem: { en, zh } }, { path });
    if (stage !== first!.stage) stale(`it is of ZeRO stage ${stage}, ${first!.path} of stage ${first!.stage}`, `它属于 ZeRO 阶段 ${stage}，而 ${first!.path} 属于阶段 ${first!.stage}`);
    if (world !== undefined && first!.world !== undefined && world !== first!.world) stale(`it was written by ${world} ranks, ${first!.path} by ${first!.world}`, `它由 ${world} 个 rank 写出，而 ${first!.path} 由 ${first!.world} 个写出`);
    if (step !== undefined && first!.step !== undefined && step !== first!.step) stale(`it is of step ${step}, ${first!.path} of step ${first!.step}`, `它是第 ${step} 步的，而 ${first!.path} 是第 ${first!.step} 步的`);
    if (version !== undefined && first!.version !== undefined && version !== first!.version) findings.push(finding(STATE_VERSIONS, { file: path, version, other: first!.version }, { path }));
  }
  return findings;
}

/** The names and shapes of a file of model states, as one text. */
const shapesText = ({ groups, frozen }: ModelStates): string => JSON.stringify([groups?.map((group) => [...group]), [...frozen]]);

/** Reads model states of stage 3 rank by rank and refuses those that disagree with the first. Of the others only what differs by rank is kept. */
export class ModelRanks {
  readonly #models: ModelStates[] = [];
  #shapes = '';

  get models(): readonly ModelStates[] { return this.#models; }

  add(model: ModelStates): void {
    const [first] = this.#models;
    if (first === undefined) {
      this.#shapes = shapesText(model);
      this.#models.push(model);
      return;
    }
    const stale = (en: string, zh: string): never => refuse(STATE_RANK_STALE, { file: model.path, problem: { en, zh } }, { path: model.path });
    if (model.globalSteps !== undefined && first.globalSteps !== undefined && model.globalSteps !== first.globalSteps) {
      stale(`it is of step ${model.globalSteps}, ${first.path} of step ${first.globalSteps}`, `它是第 ${model.globalSteps} 步的，而 ${first.path} 是第 ${first.globalSteps} 步的`);
    }
    if (shapesText(model) !== this.#shapes) stale(`it lists other parameters than ${first.path}`, `它列出的参数与 ${first.path} 不同`);
    const { path, fragments, shared } = model;
    this.#models.push({ ...first, path, fragments, shared });
  }
}

/** Ranks without model states at stage 3: an error where frozen parameters are lost with them and asked for. */
export function missingModels(label: string, tag: string, files: TagFiles, world: number, frozen: number): Finding | undefined {
  const there = new Set(files.models.map(({ rank }) => rank)), missing = range(world).filter((rank) => !there.has(rank)), like = files.models[0]?.name;
  if (missing.length === 0 || like === undefined) return undefined;
  const place = { path: inTag(tag, nameOfRank(like, missing[0]!)), found: world - missing.length, expected: world }, ranks = rankList(missing);
  return frozen > 0 ? finding(STATE_MODEL_RANK_MISSING, { folder: label, ranks, count: frozen }, place) : finding(STATE_MODEL_RANK_UNNEEDED, { folder: label, ranks }, place);
}

const range = (end: number): number[] => Array.from({ length: end }, (_, i) => i);
