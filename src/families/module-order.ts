/**
 * @module
 * The order in which a model has its modules: that of registration, layer after layer. A file of tensors does not keep it
 * (safetensors sorts by name), and what an adapter shares among its modules by their place depends on it.
 */
import { MODULE_ORDERS } from './module-order.generated.ts';

/** Parts of one module of a model type, in order. */
type Siblings = readonly string[];

/** By model type. */
const ORDERS: ReadonlyMap<string, readonly Siblings[]> = new Map(MODULE_ORDERS.flatMap(([types, siblings]) => {
  const lists = siblings.split(', ').map((list) => list.split(' '));
  return types.split(' ').map((type) => [type, lists] as const);
}));

const isNumber = (component: string): boolean => /^\d+$/.test(component);

/** Compares two different parts of the same module; 0 when their order is not known. */
function compareSiblings(lists: readonly Siblings[], a: string, b: string): number {
  if (isNumber(a) && isNumber(b)) return Number(a) - Number(b);
  const orders = new Set(lists.flatMap((list) => {
    const [x, y] = [list.indexOf(a), list.indexOf(b)];
    return x < 0 || y < 0 ? [] : [Math.sign(x - y)];
  }));
  return orders.size === 1 ? [...orders][0]! : 0;
}

/** The order of these module paths in a model of this type, as a comparison; undefined when any two of them cannot be told. */
export function moduleOrder(modelType: string | undefined, paths: readonly string[]): ((a: string, b: string) => number) | undefined {
  const lists = (modelType === undefined ? undefined : ORDERS.get(modelType)) ?? [];
  let known = true;
  const compare = (a: string, b: string): number => {
    const [x, y] = [a.split('.'), b.split('.')], at = x.findIndex((component, i) => component !== y[i]);
    if (a === b) return 0;
    const order = at < 0 || y[at] === undefined ? 0 : compareSiblings(lists, x[at]!, y[at]);
    if (order === 0) known = false;
    return order;
  };
  // What sorting has to compare, it has compared.
  [...paths].sort(compare);
  return known ? compare : undefined;
}
