/**
 * @module
 * The modules of an adapter on a base, together: some methods share among them what a file does not hold, by their sizes
 * or their order.
 */
import { moduleOrder } from '../families/index.ts';
import type { DType } from '../tensors/index.ts';
import type { Adapter, AdapterModule } from './adapter.ts';
import { flagField } from './config.ts';
import type { Homes } from './match.ts';
import { layoutOf } from './layout.ts';
import { modelType, type Model } from './model.ts';

/** A module with the sides of its weight as (out, in · kernel). */
export interface AdaptedModule {
  /** Path in the model that was trained. */
  readonly path: string;
  readonly out: number;
  readonly in: number;
  /** Of the weight before any adapter. */
  readonly dtype: DType;
}

/** Sizes of all modules that have a home, in the order of the model that was trained where that order is known (`ordered`). */
export function adaptedModules(model: Model, adapter: Adapter, modules: readonly AdapterModule[], homes: Homes): { readonly adapted: readonly AdaptedModule[]; readonly ordered: boolean } {
  const hints = { modelType: modelType(model), fanInFanOut: flagField(adapter.config, 'fan_in_fan_out'), trained: '' };
  const found = modules.flatMap((module): AdaptedModule[] => {
    const [home, ...more] = homes.find(`${module.path}.weight`), slot = home === undefined || more.length > 0 ? undefined : model.slots.get(home.name);
    if (slot === undefined) return [];
    const known = { path: module.path, dtype: slot.unmerged.dtype }, shape = slot.value.shape, [first = 1, ...rest] = shape, columns = rest.reduce((x, y) => x * y, 1);
    return [layoutOf(module, slot.name, shape, hints) === 'conv1d' ? { ...known, out: columns, in: first } : { ...known, out: first, in: columns }];
  });
  const order = moduleOrder(modelType(model), found.map(({ path }) => path));
  return order === undefined ? { adapted: found, ordered: false } : { adapted: found.sort((a, b) => order(a.path, b.path)), ordered: true };
}
