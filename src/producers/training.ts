/**
 * @module
 * What a run says of itself: how far it came (trainer_state.json), and with which arguments (training_args.bin, read inertly).
 */
import { entriesOf, PyCall, PyFloat, type TorchFile, type Value } from '../containers/torch/index.ts';
import { finding, type Finding } from '../findings/index.ts';
import { SAVE_SAFETENSORS_IGNORED } from './codes.ts';
import { stepOf } from './result.ts';
import { classOf, type FolderView, type JsonObject } from './view.ts';

/** How far a run came. */
export interface Progress { readonly path: string; readonly step: number; readonly maxSteps: number | undefined; readonly epoch: number | undefined; readonly loss: number | undefined }

/** What it was started with. */
export interface Arguments { readonly path: string; readonly class: string; readonly values: ReadonlyMap<string, string | number | boolean> }

/** Arguments that are told. The others are paths of that machine, and defaults by the dozen. */
const TOLD: readonly string[] = [
  'learning_rate', 'num_train_epochs', 'max_steps', 'per_device_train_batch_size', 'gradient_accumulation_steps', 'warmup_ratio', 'weight_decay', 'bf16', 'fp16',
  'gradient_checkpointing', 'max_length', 'max_seq_length', 'neftune_noise_alpha', 'save_safetensors', 'seed',
];

/** The object in training_args.bin; undefined when a file holds anything else. */
export function argumentsIn(file: TorchFile | undefined, path: string): Arguments | undefined {
  const held = classOf(file?.root);
  if (file === undefined || held === undefined || !(file.root instanceof PyCall)) return undefined;
  const fields = new Map((entriesOf(file.root.state) ?? []).flatMap(([key, value]): [string, Value][] => (typeof key === 'string' ? [[key, value]] : [])));
  const values = new Map(TOLD.flatMap((name): [string, string | number | boolean][] => { const value = scalar(fields.get(name)); return value === undefined ? [] : [[name, value]]; }));
  return { path, class: held, values };
}

function scalar(value: Value | undefined): string | number | boolean | undefined {
  if (value instanceof PyFloat) return value.value;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}

/** The state and the arguments of a tree: those of the end, else those of the newest checkpoint. */
export async function trainingOf(folders: readonly FolderView[]): Promise<{ progress?: Progress; arguments?: Arguments }> {
  const newest = [...folders].sort((a, b) => (stepOf(b.path) ?? Infinity) - (stepOf(a.path) ?? Infinity) || a.path.length - b.path.length);
  const withState = newest.find((here) => here.has('trainer_state.json')), withArguments = newest.find((here) => here.has('training_args.bin'));
  const state = await withState?.json('trainer_state.json'), progress = state === undefined ? undefined : progressIn(state, withState!.file('trainer_state.json')!.path);
  const args = withArguments === undefined ? undefined : argumentsIn(await withArguments.torch('training_args.bin'), withArguments.file('training_args.bin')!.path);
  return { ...(progress === undefined ? {} : { progress }), ...(args === undefined ? {} : { arguments: args }) };
}

function progressIn(state: JsonObject, path: string): Progress | undefined {
  const number = (value: unknown) => (typeof value === 'number' ? value : undefined), step = number(state.get('global_step'));
  if (step === undefined) return undefined;
  const history = state.get('log_history'), losses = (Array.isArray(history) ? history : []).flatMap((entry) => (entry instanceof Map ? number(entry.get('loss')) ?? [] : []));
  return { path, step, maxSteps: number(state.get('max_steps')), epoch: number(state.get('epoch')), loss: losses.at(-1) };
}

/** What is worth saying about the arguments: that one of them did nothing. */
export function aboutArguments(args: Arguments | undefined): readonly Finding[] {
  if (args?.class.startsWith('FlagEmbedding.') !== true || args.values.get('save_safetensors') !== false) return [];
  return [finding(SAVE_SAFETENSORS_IGNORED, { class: args.class }, { path: args.path })];
}
