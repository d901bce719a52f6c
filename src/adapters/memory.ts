/**
 * @module
 * The adapter in the state of a model in memory, under the names that PEFT saves: the adapter's own name and wrappers of
 * training taken out of the keys, frozen weights left out (peft/utils/save_and_load.py, `get_peft_model_state_dict`).
 */
import type { Checkpoint, CheckpointTensor } from '../checkpoints/checkpoint.ts';
import { STATE_NO_ADAPTER, STATE_SEVERAL_PARTS } from '../checkpoints/states/codes.ts';
import { refuse, type Text } from '../findings/index.ts';
import { SEVERAL_ADAPTER_NAMES, UNKNOWN_TENSOR } from './codes.ts';
import { listField, textField, type AdapterConfig } from './config.ts';
import { parseAdapterKey, PEFT_PREFIX, type AdapterKey, type KeyNames } from './keys.ts';
import type { Method } from './methods/index.ts';

/** The tensors of an adapter, and what was left out. */
export interface AdapterPart {
  readonly checkpoint: Checkpoint;
  readonly dropped: readonly { readonly name: string; readonly why: Text }[];
  /** Names that changed: from here, to the name they had in memory. */
  readonly renamed: ReadonlyMap<string, string>;
}

const FROZEN: Text = { en: 'a weight of the base, not trained', zh: '基座的权重，未参与训练' };
const TWIN: Text = { en: 'the untrained twin of a saved module', zh: '已保存模块的未训练副本' };
const BUFFER: Text = { en: 'nothing that was trained', zh: '并非训练所得' };

/** What stands before `base_model.model.`: a part of a larger model (`llm.`), or nothing. */
const partPrefix = (name: string): string => name.slice(0, Math.max(0, name.indexOf(PEFT_PREFIX)));
/** Wrappers that data parallel and compilers put there are no part. */
const WRAPPER_ONLY = /^(?:module\.|_orig_mod\.|_forward_module\.|model\.)*$/;

/** The adapter of kind `method` in a state. Its configuration, where there is one, says what was trained beside it when the state does not. Refuses when there is none, or more than one. */
export function adapterPart(state: Checkpoint, method: Method, config?: AdapterConfig): AdapterPart {
  const names: KeyNames = { parts: new Set([...method.parts, ...method.leftOut?.keys() ?? []]), shared: new Set(Object.keys(method.shared ?? {})) };
  const tensors = new Map<string, CheckpointTensor>(), dropped: { name: string; why: Text }[] = [], renamed = new Map<string, string>();
  const adapters = new Set<string>(), parts = new Set<string>(), trained = state.state?.trained;
  const saved = config === undefined ? [] : listField(config, 'modules_to_save') ?? [], biases = config === undefined ? 'none' : textField(config, 'bias') ?? 'none';
  const isSaved = (target: string) => saved.some((module) => `.${target.slice(0, target.lastIndexOf('.'))}`.endsWith(`.${module}`)) || (biases === 'all' && target.endsWith('.bias'));
  let found = 0;
  for (const tensor of state.tensors.values()) {
    const prefix = partPrefix(tensor.name), inner = tensor.name.slice(prefix.length), { key } = parseAdapterKey(inner, names);
    const why = leftOut(key, tensor.name, trained, isSaved);
    if (why !== undefined) { dropped.push({ name: tensor.name, why }); continue; }
    if (key.kind === 'unknown') return refuse(UNKNOWN_TENSOR, { tensor: tensor.name, type: method.type }, { path: state.files[tensor.file]?.path ?? '.', tensor: tensor.name });
    if ('name' in key && key.name !== undefined) adapters.add(key.name);
    if (!WRAPPER_ONLY.test(prefix)) parts.add(prefix.replace(/\.$/, ''));
    if (key.kind !== 'full') found++;
    const name = nameOnDisk(key, inner);
    if (tensors.has(name)) return refuse(SEVERAL_ADAPTER_NAMES, { names: [...adapters].join(', ') || name }, { path: '.', tensor: tensor.name });
    tensors.set(name, { ...tensor, name });
    if (name !== tensor.name) renamed.set(name, tensor.name);
  }
  const place = { path: '.' };
  if (found === 0) refuse(STATE_NO_ADAPTER, { folder: state.folder.label, count: state.tensors.size, type: method.type }, place);
  if (parts.size > 1) refuse(STATE_SEVERAL_PARTS, { folder: state.folder.label, parts: [...parts].join(', ') }, place);
  if (adapters.size > 1) refuse(SEVERAL_ADAPTER_NAMES, { names: [...adapters].join(', ') }, place);
  return { checkpoint: { ...state, tensors, findings: state.findings.filter(({ code }) => !ABOUT_NAMES.has(code)) }, dropped, renamed };
}

/** What is said of a state as a model, and answered by taking the adapter out of it. */
const ABOUT_NAMES: ReadonlySet<string> = new Set(['state-adapter-inside', 'state-frozen-absent']);

/** Why a tensor is not of the adapter. What was trained is, whatever its name; where nothing says what was, plain weights are only as the configuration says. */
function leftOut(key: AdapterKey, name: string, trained: ReadonlySet<string> | undefined, isSaved: (target: string) => boolean): Text | undefined {
  if (key.kind === 'original') return TWIN;
  if (key.kind === 'unknown') return trained === undefined || trained.has(name) ? undefined : BUFFER;
  if (key.kind !== 'full') return undefined;
  if (trained !== undefined) return trained.has(name) ? undefined : FROZEN;
  return key.form === 'modules_to_save' || (key.form === 'plain' && isSaved(key.target)) ? undefined : FROZEN;
}

/** The key as PEFT saves it. */
function nameOnDisk(key: AdapterKey, inner: string): string {
  const components = inner.slice(inner.startsWith(PEFT_PREFIX) ? PEFT_PREFIX.length : 0).split('.').filter((component) => !/^_(?:orig_mod|forward_module|fsdp_wrapped_module|checkpoint_wrapped_module)$/.test(component));
  const upTo = (component: string) => components.slice(0, components.indexOf(component));
  switch (key.kind) {
    case 'shared': return `base_model.${key.shared}`;
    case 'part': return `${PEFT_PREFIX}${[...upTo(key.part.split('.')[0]!), key.part].join('.')}`;
    case 'tokens': return `${PEFT_PREFIX}${[...upTo('trainable_tokens_delta'), 'trainable_tokens_delta'].join('.')}`;
    case 'full': case 'original': return `${PEFT_PREFIX}${key.target}`;
    case 'unknown': return inner;
  }
}
