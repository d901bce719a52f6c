/**
 * @module
 * `layer_replication` (peft.md §1.12): the layers of the base, some of them several times, in another order. In PEFT the
 * copies share their weights, so its merge adds every copy's delta to one weight; here each copy is a tensor of its own,
 * with its own delta, which is what was trained.
 */
import { layerOf } from '../families/index.ts';
import { finding, refuse, type Finding } from '../findings/index.ts';
import type { Adapter } from './adapter.ts';
import { BAD_ADAPTER_CONFIG, LAYERS_REPLICATED, REPLICATION_DIFFERS } from './codes.ts';
import { show, type AdapterConfig } from './config.ts';
import type { Model, Slot } from './model.ts';

/** Most layers after replication: the deepest models have a few hundred, so more is a mistake or an attack on memory. */
export const REPLICATED_LAYERS_MAX = 10_000;

/** Old index of every new layer, or undefined when the config does not replicate. */
function newStack(config: AdapterConfig, count: number): readonly number[] | undefined {
  const value = config.fields.get('layer_replication');
  if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return undefined;
  const bad = (): never => refuse(BAD_ADAPTER_CONFIG, { field: 'layer_replication', value: show(value), wanted: { en: `ranges [start, end] within the ${count} layers of the base`, zh: `基座 ${count} 层之内的区间 [start, end]` } }, { path: config.path });
  if (!Array.isArray(value)) return bad();
  const stack = value.flatMap((range) => {
    const [start, end] = Array.isArray(range) && range.length === 2 ? range : [];
    if (typeof start !== 'number' || typeof end !== 'number' || !Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end <= start || end > count) return bad();
    return Array.from({ length: end - start }, (_, i) => start + i);
  });
  return stack.length > REPLICATED_LAYERS_MAX ? bad() : stack;
}

/** Gives the model the layers that the adapter was trained with. */
export function replicateLayers(model: Model, adapter: Adapter): void {
  const own = show(adapter.config.fields.get('layer_replication') ?? null), before = model.replication;
  if (before !== undefined) {
    if (before.words !== own) model.findings.push(finding(REPLICATION_DIFFERS, { first: before.words, second: own }, { path: adapter.config.path }));
    return;
  }
  const lists = new Map<string, number>();
  for (const name of model.base.tensors.keys()) {
    const layer = layerOf(name);
    if (layer !== undefined) lists.set(layer.list, Math.max(lists.get(layer.list) ?? 0, layer.index + 1));
  }
  const stack = newStack(adapter.config, Math.max(0, ...lists.values()));
  if (stack === undefined) return;
  model.findings.push(...replicate(model, [...lists.keys()], stack));
  model.replication = { words: own, stack };
}

function replicate(model: Model, lists: readonly string[], stack: readonly number[]): Finding[] {
  if (lists.length !== 1 || [...model.slots.values()].some((slot) => slot.kind !== 'untouched')) {
    return [finding(REPLICATION_DIFFERS, { first: lists.length === 1 ? 'null' : lists.join(', '), second: show([...stack]) }, { path: '.' })];
  }
  const old = [...model.slots.values()];
  model.slots.clear();
  for (const slot of old) {
    const layer = layerOf(slot.name);
    if (layer === undefined) { model.slots.set(slot.name, slot); continue; }
    const homes = stack.flatMap((from, to) => (from === layer.index ? [to] : []));
    for (const to of homes) {
      const name = `${layer.list}.${to}.${layer.rest}`;
      const copy: Slot = { ...slot, name, from: [...slot.from], factors: [], ...(name === slot.name ? {} : { why: { en: `layer ${to} is a copy of layer ${layer.index}`, zh: `第 ${to} 层是第 ${layer.index} 层的副本` } }) };
      model.slots.set(name, copy);
    }
    if (homes.length === 0) model.dropped.push({ name: `base:${slot.name}`, why: { en: 'layer_replication leaves this layer out', zh: 'layer_replication 不包含该层' } });
  }
  return [finding(LAYERS_REPLICATED, { before: 1 + Math.max(...old.map((slot) => layerOf(slot.name)?.index ?? 0)), after: stack.length }, { path: 'config.json' })];
}
