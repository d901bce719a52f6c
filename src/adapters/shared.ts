/**
 * @module
 * What the modules of an adapter share: tensors of the file, by the module's place where there are groups; and those that
 * the file leaves to a seed, drawn once for all.
 */
import type { CheckpointTensor } from '../checkpoints/checkpoint.ts';
import { finding, type Finding } from '../findings/index.ts';
import { transpose, type Expression } from '../tensors/index.ts';
import { adaptedModules, type AdaptedModule } from './adapted.ts';
import type { Adapter, AdapterModule } from './adapter.ts';
import { MODULE_ORDER_UNKNOWN } from './codes.ts';
import type { Sized } from './forms.ts';
import type { Homes } from './match.ts';
import type { Method } from './methods/index.ts';
import { addStage, bound, modelType, type Model } from './model.ts';

/** Everything that modules share. */
export interface SharedTensors {
  readonly adapted: readonly AdaptedModule[];
  /** Why the modules cannot be told from each other, or a tensor cannot be drawn. */
  readonly refusal?: Finding;
  /** By name: what the file has, and what is drawn. */
  readonly sizes: ReadonlyMap<string, Sized>;
  /** Names and sides of what this module shares; undefined when the module has no home. */
  wordsOf(module: string): Readonly<Record<string, string>> | undefined;
  get(name: string): Expression;
  /** Tensors that no module asked for. */
  unused(): readonly CheckpointTensor[];
}

/** Finds and draws what modules share. */
export function sharedTensors(model: Model, adapter: Adapter, method: Method, modules: readonly AdapterModule[], homes: Homes, firstInput: number): SharedTensors {
  const { config, type } = adapter, needed = method.sharedBy !== undefined || method.redraw !== undefined || method.untold !== undefined;
  const { adapted, ordered } = needed ? adaptedModules(model, adapter, modules, homes) : { adapted: [], ordered: true };
  const lost = Object.keys(method.shared ?? {}).some((name) => !adapter.shared.has(name));
  const unordered = !ordered && adapted.length > 1 && method.ordered?.(config, adapted.length) ? finding(MODULE_ORDER_UNKNOWN, { type, modelType: modelType(model) ?? 'null' }, { path: config.path }) : undefined;
  const untold = method.untold !== undefined && adapter.modules.length === 0;
  const redrawn = unordered ?? ((lost || untold) && adapted.length > 0 ? method.redraw?.(adapted, config) : undefined) ?? new Map<string, Expression>();
  const drawn: ReadonlyMap<string, Expression> = redrawn instanceof Map ? redrawn : new Map(), stages = new Map<string, Expression>(), used = new Set<string>();
  const byPath = new Map(adapted.map((module) => [module.path, module]));
  return {
    adapted, sizes: new Map<string, Sized>([...[...drawn].map(([name, { shape }]) => [name, { name, shape }] as const), ...adapter.shared]),
    ...(redrawn instanceof Map ? {} : { refusal: redrawn as Finding }),
    wordsOf(path) {
      const module = byPath.get(path);
      if (method.sharedBy === undefined) return method.shared ?? {};
      return module && method.sharedBy(module, adapted, config);
    },
    get(name) {
      used.add(name);
      const tensor = adapter.shared.get(name), known = stages.get(name);
      if (tensor !== undefined) return bound(tensor, firstInput);
      const again = known === undefined ? drawn.get(name)! : undefined, keep = (own: Expression) => addStage(model, own, { en: `${name}, drawn again from its seed`, zh: `${name}，按种子重新生成` });
      // Kept in the order in which it is drawn.
      const made = known ?? (again?.op === 'transpose' ? transpose(keep(again.of), again.axes) : keep(again!));
      stages.set(name, made);
      return made;
    },
    unused: () => [...adapter.shared].flatMap(([name, tensor]) => (used.has(name) ? [] : [tensor])),
  };
}
