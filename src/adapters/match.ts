/**
 * @module
 * Which tensor of the base an adapter's path means. Adapter keys follow the module tree of the model that was trained,
 * base files the naming of the checkpoint; the two may have another root. Rules, first that holds: the same name; a root
 * that is known to differ (`model.language_model.` → `language_model.model.`); the base has fewer leading components (`transformer.h.0` → `h.0`); the base has more (`encoder.layer` → `roberta.encoder.layer`).
 */
import { RENAMED_ROOTS } from '../families/index.ts';
import type { Text } from '../findings/index.ts';

/** A home, and the rule that found it. */
export interface Home {
  readonly name: string;
  readonly rule: 'exact' | 'rename' | 'drop' | 'add';
  /** Components dropped from or put before the adapter's path; its root there, for a rename. */
  readonly prefix: string;
  /** The root in the base, for a rename. */
  readonly root?: string;
}

/** A rule in words. */
export function ruleText(home: Home): Text {
  switch (home.rule) {
    case 'exact': return { en: 'the same name', zh: '名称相同' };
    case 'rename': return { en: `"${home.prefix}" of the adapter's names read as "${home.root}"`, zh: `把适配器名称中的“${home.prefix}”读作“${home.root}”` };
    case 'drop': return { en: `"${home.prefix}." dropped from the adapter's names`, zh: `去掉适配器名称中的“${home.prefix}.”` };
    case 'add': return { en: `"${home.prefix}." put before the adapter's names`, zh: `在适配器名称前加上“${home.prefix}.”` };
  }
}

/** Deepest root that is dropped: `base.model.language_model.` and the like. */
const DROPPED_COMPONENTS_MAX = 4;

/** Finds homes among the names of a base. */
export class Homes {
  readonly #names: { has(name: string): boolean; keys(): Iterable<string> };
  /** Prefixes that were needed before: the next module most likely needs the same. */
  readonly #added = new Set<string>();

  constructor(names: { has(name: string): boolean; keys(): Iterable<string> }) {
    this.#names = names;
  }

  /** Every home of `path` under the first rule that gives any. One is a match, several are an ambiguity, none is a stranger. */
  find(path: string): readonly Home[] {
    if (this.#names.has(path)) return [{ name: path, rule: 'exact', prefix: '' }];
    for (const [from, to] of RENAMED_ROOTS) {
      const name = `${to}${path.slice(from.length)}`;
      if (path.startsWith(from) && this.#names.has(name)) return [{ name, rule: 'rename', prefix: from, root: to }];
    }
    const components = path.split('.');
    // At least a layer and its parameter must remain, or `weight` would match anything.
    for (let n = 1; n <= DROPPED_COMPONENTS_MAX && components.length - n >= 2; n++) {
      const name = components.slice(n).join('.');
      if (this.#names.has(name)) return [{ name, rule: 'drop', prefix: components.slice(0, n).join('.') }];
    }
    const known = [...this.#added].filter((prefix) => this.#names.has(`${prefix}.${path}`));
    if (known.length === 0) {
      for (const name of this.#names.keys()) if (name.endsWith(`.${path}`)) known.push(name.slice(0, -path.length - 1));
    }
    if (known.length === 1) this.#added.add(known[0]!);
    return known.map((prefix) => ({ name: `${prefix}.${path}`, rule: 'add' as const, prefix }));
  }
}
