/**
 * @module
 * Adapters of single experts onto a base that keeps all experts of a layer in one tensor (peft.md §5.6: both directions occur).
 * The tensor is taken apart into a slot per expert and matrix, under the names that the adapter has for them; any method merges
 * into those; afterwards the tensor is put together again. Experts that nothing touched keep their bytes.
 */
import { fusedExpert, type FusedExpert } from '../families/index.ts';
import { cast, concat, reshape, sameShape, slice, transpose, type Expression } from '../tensors/index.ts';
import type { AdapterModule } from './adapter.ts';
import type { Home, Homes } from './match.ts';
import type { Model, Slot } from './model.ts';

/** A tensor that was taken apart. */
interface Apart {
  readonly whole: Slot;
  /** Slots by expert and matrix. */
  readonly rows: readonly (readonly Slot[])[];
  /** Stored (experts, in, out). */
  readonly turned: boolean;
}

/** Takes apart what the modules need; gives what puts it together again. */
export function takeExpertsApart(model: Model, homes: Homes, modules: readonly AdapterModule[], moved: (module: string, home: Home) => void): () => void {
  const apart = new Map<string, Apart>();
  for (const module of modules) {
    if (module.parameter !== undefined || model.slots.has(`${module.path}.weight`)) continue;
    const own = fusedExpert(module.path).flatMap((expert) => homes.find(expert.whole).length === 1 ? [{ expert, home: homes.find(expert.whole)[0]! }] : [])[0];
    if (own === undefined || apart.has(own.home.name) || homes.find(`${module.path}.weight`).length > 0) continue;
    const { expert, home } = own, parts = takeApart(model.slots.get(home.name)!, expert, module);
    if (parts === undefined) continue;
    apart.set(home.name, parts);
    for (const slot of parts.rows.flat()) model.slots.set(slot.name, slot);
    moved(module.path, { name: home.name, rule: 'rename', prefix: `experts.${expert.index}.${expert.matrices[expert.position]!}`, root: home.name.slice(home.name.lastIndexOf('experts.')) });
  }
  return () => { for (const parts of apart.values()) putTogether(model, parts); };
}

/** Slots of the experts of a tensor; undefined when the module's sides are not those of one of them. */
function takeApart(whole: Slot, { index, position, matrices, single }: FusedExpert, module: AdapterModule): Apart | undefined {
  const { shape } = whole.value, out = module.sides.get('out') ?? module.sides.get('rows') ?? module.parts.get('lora_B.weight')?.shape[0], columns = module.sides.get('in') ?? module.parts.get('lora_A.weight')?.shape[1];
  if (shape.length !== 3 || index >= shape[0]! || out === undefined || columns === undefined) return undefined;
  const [experts, d1, d2] = shape as [number, number, number], fits = (rows: number, width: number) => rows === out * matrices.length && width === columns;
  // Matrices of one parameter have the same number of rows.
  if (!fits(d1, d2) && !fits(d2, d1)) return undefined;
  const turned = !fits(d1, d2), part = (of: Expression, expert: number, matrix: number) => {
    const own = reshape([d1, d2], slice(0, expert, expert + 1, of));
    return slice(0, matrix * out, (matrix + 1) * out, turned ? transpose(own) : own);
  };
  const rows = Array.from({ length: experts }, (_, expert) => matrices.map((__, matrix): Slot => ({
    name: single(expert, matrix), original: part(whole.original, expert, matrix), unmerged: part(whole.unmerged, expert, matrix), value: part(whole.value, expert, matrix),
    kind: 'untouched', formula: 'W', from: [], factors: [],
  })));
  return position < matrices.length ? { whole, rows, turned } : undefined;
}

/** Puts a tensor together, if anything in it has changed. */
function putTogether(model: Model, { whole, rows, turned }: Apart): void {
  const slots = rows.flat(), touched = slots.filter(({ kind }) => kind !== 'untouched'), [first] = touched;
  for (const { name } of slots) model.slots.delete(name);
  if (first === undefined) return;
  const { shape } = whole.value, value = concat(0, rows.map((row) => {
    // As float64 where nothing was added, so that a zero keeps its sign.
    const expert = concat(0, row.map((slot) => cast('F64', slot.value)));
    return reshape([1, ...shape.slice(1)], turned ? transpose(expert) : expert);
  }));
  if (!sameShape(value.shape, shape)) throw new Error(`experts of [${value.shape}] for [${shape}]`);
  Object.assign(whole, {
    value, kind: 'delta', formula: first.formula.replace(/\bW\b/g, 'W[e]'), intermediates: [...whole.intermediates ?? [], undefined],
    ...(first.scale === undefined ? {} : { scale: first.scale }), ...(first.scaleFrom === undefined ? {} : { scaleFrom: first.scaleFrom }),
  });
  delete whole.factors;
  whole.from.push(...touched.flatMap(({ from }) => from));
}
