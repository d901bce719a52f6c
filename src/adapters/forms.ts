/**
 * @module
 * Which tensors make up an adapted module, and how their sides hang together. A method lists its forms, each a table of
 * parameter names and sides in words: `lora_A.weight: 'r in'`, `lora_B.weight: 'out r'`. The same word is the same
 * number wherever it stands; a module that fits no form is refused before any formula sees it.
 */
import type { CheckpointTensor } from '../checkpoints/checkpoint.ts';
import { finding, type Finding } from '../findings/index.ts';
import { elementCount, type Shape } from '../tensors/index.ts';
import type { AdapterModule } from './adapter.ts';
import { INCOMPLETE_PAIR, INCONSISTENT_SIDES, UNKNOWN_TENSOR } from './codes.ts';
import type { LayoutHints } from './layout.ts';
import type { Layout } from './methods/method.ts';

/**
 * One set of parameters that belong together.
 * Words: a name; a number, which must be just that; `name+`, a side of at least that (shared matrices are cut to the
 * module); and a last `*` for any further sides, the kernel of a convolution.
 */
export interface Form {
  readonly parts: Readonly<Record<string, string>>;
  /** Parameters that may be there as well. */
  readonly optional?: Readonly<Record<string, string>>;
  /** Rows and columns of the weight as (out, in · kernel), as far as the sides tell; by default `out` and `in`. */
  weight?(side: Side): readonly [number | undefined, number | undefined];
  /** What must hold besides, once `out` and `in` are known. */
  holds?(side: Side): boolean;
  /** Decides the layout where rows and columns alone do not. */
  layout?(module: AdapterModule, target: string, weight: Shape, hints: LayoutHints): Layout | Finding;
}

/** Sides by name. */
export type Sides = ReadonlyMap<string, number>;
/** Gives a side that the form names. */
export type Side = (name: string) => number;

/** A side that must be known; anything else is a mistake in a method. */
export function sideOf(sides: Sides): Side {
  return (name) => {
    const side = sides.get(name);
    if (side === undefined) throw new Error(`no side called ${name}`);
    return side;
  };
}

/** What of a tensor its sides need: one of the file, or one that is drawn again. */
export type Sized = Pick<CheckpointTensor, 'name' | 'shape'>;

/** A module's form and its sides, or why it has none. */
export type Fit = { readonly form: Form; readonly sides: Sides; readonly code?: undefined } | Finding;

/** Every way to take one table of each list, put together: for methods whose parts can be chosen one by one. */
export function combined(...choices: readonly (readonly Form['parts'][])[]): Form['parts'][] {
  return choices.reduce<Form['parts'][]>((all, tables) => all.flatMap((done) => tables.map((table) => ({ ...done, ...table }))), [{}]);
}

/** The form of a module with these tensors. */
export function fitForm(module: string, tensors: ReadonlyMap<string, CheckpointTensor>, forms: readonly Form[], type: string): Fit {
  const held = [...tensors.keys()], first = tensors.get(held[0]!)!;
  const judged = forms.map((form) => ({
    form,
    lacks: Object.keys(form.parts).filter((name) => !tensors.has(name)),
    over: held.filter((name) => !Object.hasOwn(form.parts, name) && !Object.hasOwn(form.optional ?? {}, name)),
  }));
  const whole = judged.filter(({ lacks, over }) => lacks.length + over.length === 0).map(({ form }) => fitSides(module, tensors, form));
  const fit = whole.find((own) => own.code === undefined) ?? whole[0];
  if (fit !== undefined) return fit;
  const nearest = judged.reduce((a, b) => (b.over.length - a.over.length || b.lacks.length - a.lacks.length) < 0 ? b : a);
  if (nearest.over.length === 0) return finding(INCOMPLETE_PAIR, { module, present: held[0]!, absent: nearest.lacks[0]! }, { tensor: first.name });
  const { name } = tensors.get(nearest.over[0]!)!;
  return finding(UNKNOWN_TENSOR, { tensor: name, type }, { tensor: name });
}

function fitSides(module: string, tensors: ReadonlyMap<string, CheckpointTensor>, form: Form): Fit {
  const sides = new Map<string, number>();
  for (const [name, words] of [...Object.entries(form.parts), ...Object.entries(form.optional ?? {})]) {
    const tensor = tensors.get(name), wrong = tensor === undefined ? undefined : bindSides(words, tensor.shape, sides);
    if (wrong !== undefined) return inconsistent(module, tensor!, words, wrong);
  }
  return { form, sides };
}

/** A module's sides once its weight is known, `out` and `in` and those of shared tensors among them; or what contradicts. */
export function completeSides(module: AdapterModule, layout: Layout, weight: Shape, words: Readonly<Record<string, string>>, shared: ReadonlyMap<string, Sized>): Map<string, number> | Finding {
  const sides = new Map(module.sides), [first = 1, ...rest] = weight, columns = elementCount(rest);
  sides.set('out', layout === 'conv1d' ? columns : first).set('in', layout === 'conv1d' ? first : columns);
  for (const [name, tokens] of Object.entries(words)) {
    const tensor = shared.get(name)!, wrong = bindSides(tokens, tensor.shape, sides);
    if (wrong !== undefined) return inconsistent(module.path, tensor, tokens, wrong);
  }
  if (module.form.holds?.(sideOf(sides)) ?? true) return sides;
  const [part, tensor] = [...module.parts][0]!;
  return inconsistent(module.path, tensor, module.form.parts[part]!, [...sides].map(([name, side]) => `${name} ${side}`).join(', '));
}

/** The finding for a tensor whose sides contradict those of its fellows. */
export function inconsistent(module: string, tensor: Sized, words: string, wrong: string): Finding {
  return finding(INCONSISTENT_SIDES, { module, tensor: tensor.name, shape: tensor.shape.join(', '), words: words.replaceAll(' ', ', '), wrong }, { tensor: tensor.name, found: `[${tensor.shape}]`, expected: `[${words.replaceAll(' ', ', ')}]` });
}

/** Binds the sides of one tensor; gives back what contradicts, as text, or undefined. */
export function bindSides(words: string, shape: Shape, sides: Map<string, number>): string | undefined {
  const tokens = words.split(' '), open = tokens.at(-1) === '*';
  if (open) tokens.pop();
  if (open ? shape.length < tokens.length : shape.length !== tokens.length) return `${shape.length} ≠ ${tokens.length}`;
  for (const [i, token] of tokens.entries()) {
    const side = shape[i]!, least = token.endsWith('+'), name = least ? token.slice(0, -1) : token;
    const known = /^\d+$/.test(name) ? Number(name) : sides.get(name);
    if (known === undefined) sides.set(name, side);
    else if (least ? side < known : side !== known) return `${side} ${least ? '<' : '≠'} ${name}${String(known) === name ? '' : ` ${known}`}`;
  }
  return undefined;
}
