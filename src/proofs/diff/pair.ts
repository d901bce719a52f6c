/**
 * @module
 * Which tensor of A is which of B: the same name; a tied head that one side leaves out; all experts of a layer in one tensor
 * here and one by one there; and the roots that are known to differ between files and releases.
 */
import type { Checkpoint } from '../../checkpoints/checkpoint.ts';
import { EXPERTS_STORED_TURNED, expertNames, findEmbedding, HEAD_NAMES, RENAMED_ROOTS, tiedHeadName, tieFlag } from '../../families/index.ts';
import type { Text } from '../../findings/index.ts';
import { concat, rebind, reshape, sameShape, transpose, type Expression } from '../../tensors/index.ts';

/** A checkpoint and what its config.json says. */
export interface Side {
  readonly checkpoint: Checkpoint;
  readonly config: ReadonlyMap<string, unknown> | undefined;
}

/** Tensors that are held against each other; one of them is absent when it was added or removed. */
export interface Pair {
  /** Name in A, or in B for an added one. */
  readonly name: string;
  readonly a?: Expression;
  readonly b?: Expression;
  /** Name on the other side, where it is another. */
  readonly nameInB?: string;
  /** Why the two belong together, where the names do not say it. */
  readonly why?: Text;
}

/** Tensors of one side that have no partner yet, as expressions over the common table of inputs. */
class Rest {
  readonly side: Side;
  readonly left = new Map<string, Expression>();
  readonly #all = new Map<string, Expression>();

  constructor(side: Side, first: number) {
    this.side = side;
    for (const [name, tensor] of side.checkpoint.tensors) this.#all.set(name, rebind(tensor.expression, (file) => first + file));
    for (const [name, expression] of this.#all) this.left.set(name, expression);
  }

  /** A tensor, whether it has a partner already or not. */
  any(name: string): Expression | undefined { return this.#all.get(name); }

  /** A tensor that now has its partner. */
  take(name: string): Expression {
    const expression = this.left.get(name)!;
    this.left.delete(name);
    return expression;
  }

  get modelType(): string | undefined {
    const word = this.side.config?.get('model_type');
    return typeof word === 'string' ? word : undefined;
  }
}

/** All pairs, in the order of A, then what only B has. Files of A are inputs 0 …, those of B follow. */
export function pairTensors(a: Side, b: Side): Pair[] {
  const left = new Rest(a, 0), right = new Rest(b, a.checkpoint.files.length), pairs = new Map<string, Pair>();
  for (const name of a.checkpoint.tensors.keys()) {
    if (right.left.has(name)) pairs.set(name, { name, a: left.take(name), b: right.take(name) });
  }
  for (const pair of [...renamed(left, right), ...experts(left, right), ...[...experts(right, left)].map(turned), ...tied(left, right), ...[...tied(right, left)].map(fromB)]) pairs.set(pair.name, pair);
  const ordered = [...a.checkpoint.tensors.keys()].flatMap((name) => {
    const pair = pairs.get(name);
    pairs.delete(name);
    return pair ?? (left.left.has(name) ? { name, a: left.left.get(name)! } : []);
  });
  return [...ordered, ...pairs.values(), ...[...right.left].map(([name, expression]): Pair => ({ name, b: expression }))];
}

/** The pair seen from the other side. */
const turned = ({ name, a, b, nameInB, why }: Pair): Pair => ({
  name: nameInB ?? name, ...(b === undefined ? {} : { a: b }), ...(a === undefined ? {} : { b: a }), ...(nameInB === undefined ? {} : { nameInB: name }), ...(why === undefined ? {} : { why }),
});

/** A pair under the name that only B has for it: what A has instead has a partner of its own name already. */
const fromB = ({ name, a, b, why }: Pair): Pair => ({ name, a: b!, b: a!, ...(why === undefined ? {} : { why }) });

/** Deepest root that one side has and the other has not: `base_model.model.model.` and the like. */
const ROOT_COMPONENTS_MAX = 4;

/** Names whose end is a partner's whole name: `layers.0.mlp.up_proj.weight` of `model.layers.0.mlp.up_proj.weight`. */
function* endings(name: string): Generator<string> {
  const components = name.split('.');
  // A layer and its parameter must remain, or `weight` would match anything.
  for (let n = 1; n <= ROOT_COMPONENTS_MAX && components.length - n >= 2; n++) yield components.slice(n).join('.');
}

function* renamed(left: Rest, right: Rest): Generator<Pair> {
  const longer = new Map<string, string[]>();
  for (const name of right.left.keys()) for (const ending of endings(name)) longer.set(ending, [...longer.get(ending) ?? [], name]);
  for (const name of left.left.keys()) {
    const candidates = [
      ...RENAMED_ROOTS.flatMap(([p, q]) => [[p, q], [q, p]] as const).filter(([from]) => name.startsWith(from)).map(([from, to]) => `${to}${name.slice(from.length)}`),
      ...endings(name), ...longer.get(name) ?? [],
    ];
    const shape = left.left.get(name)!.shape, fits = [...new Set(candidates)].filter((candidate) => { const other = right.left.get(candidate); return other !== undefined && sameShape(other.shape, shape); });
    if (fits.length === 1) yield { name, a: left.take(name), nameInB: fits[0]!, b: right.take(fits[0]!), why: { en: `called ${fits[0]!} in B`, zh: `在 B 中名为 ${fits[0]!}` } };
  }
}

/** All experts in one tensor on the left, one by one on the right. */
function* experts(left: Rest, right: Rest): Generator<Pair> {
  for (const [name, whole] of left.left) {
    const count = whole.shape[0] ?? 0;
    if (whole.shape.length !== 3 || count === 0) continue;
    for (const { of } of expertNames(name.replace(/\.weight$/, ''))) {
      const names = of === undefined ? [] : Array.from({ length: count }, (_, index) => of(index));
      // As many experts as the tensor has, and no more.
      if (of === undefined || !names.flat().every((one) => right.left.has(one)) || right.left.has(of(count)[0]!)) continue;
      const rows = names.map((row) => row.map((one) => right.left.get(one)!)), matrix = rows[0]!;
      const even = rows.every((row) => row.every((part, i) => part.dtype === matrix[0]!.dtype && sameShape(part.shape, matrix[i]!.shape)));
      if (!even || matrix.some((part) => part.shape.length !== 2 || part.shape[1] !== matrix[0]!.shape[1])) continue;
      const height = matrix.reduce((sum, part) => sum + part.shape[0]!, 0), width = matrix[0]!.shape[1]!;
      const straight = sameShape(whole.shape, [count, height, width]), across = sameShape(whole.shape, [count, width, height]);
      if (!straight && !across) continue;
      const turn = across && (!straight || EXPERTS_STORED_TURNED.has(left.modelType ?? ''));
      const stacked = concat(0, rows.map((row) => reshape([1, height, width], concat(0, row))));
      left.take(name);
      for (const one of names.flat()) right.take(one);
      const example = names[0]![0]!;
      yield { name, a: whole, b: turn ? transpose(stacked, [0, 2, 1]) : stacked, nameInB: example, why: { en: `all experts in one tensor; one by one on the other side (${example} …)`, zh: `一侧将全部专家放在一个张量中，另一侧逐个存放（${example} …）` } };
      break;
    }
  }
}

/** A tensor that only the left side stores because the right one shares another tensor's storage for it. */
function* tied(left: Rest, right: Rest): Generator<Pair> {
  const { checkpoint, config } = right.side, embedding = findEmbedding(checkpoint.tensors.keys());
  const shared = new Map(checkpoint.files.flatMap((file) => [...file.metadata]));
  for (const name of left.left.keys()) {
    const head = embedding !== undefined && tieFlag(config) !== false && (name === tiedHeadName(config) || (tieFlag(config) === true && HEAD_NAMES.includes(name)));
    const kept = shared.get(name) ?? (head ? embedding : undefined), other = kept === undefined ? undefined : right.any(kept);
    if (other === undefined) continue;
    yield { name, a: left.take(name), b: other, nameInB: kept!, why: { en: `tied to ${kept!} on the other side`, zh: `在另一侧与 ${kept!} 绑定` } };
  }
}
