/**
 * @module
 * Judges a name that a pickle mentions. Nothing is looked up anywhere but in tables.
 */
import { python3Name } from '../../containers/torch/pickle/names.ts';
import { WEIGHTS_ONLY_GLOBALS } from './globals/data.ts';
import { DANGEROUS_MODULES, DANGEROUS_NAMES, EXCEPTIONS, PURE_BUILTINS } from './globals/dangerous.ts';
import { isFramework } from './globals/framework.ts';

/** How far a name can be trusted. */
export type Level = 'data' | 'framework' | 'unknown' | 'dangerous';

/** The module or one that it lies in is in the set. */
function isBelow(module: string, set: ReadonlySet<string>): boolean {
  for (let at = module; ; at = at.slice(0, at.lastIndexOf('.'))) {
    if (set.has(at)) return true;
    if (!at.includes('.')) return false;
  }
}

/**
 * A part of a dotted path that leads out of where it seems to be: a module that others import (`pathlib.os`, `torch._sys`), or
 * an attribute that leads to everything (`__globals__`, `__class__`).
 */
const leadsOut = (part: string): boolean => /^__\w+__$/.test(part) || DANGEROUS_MODULES.has(part.replace(/^_+/, ''));

/** Judges `module.name`, both as Python 3 spells them. A file can say its module in Python 2 or 3 whatever its protocol claims. */
export function judge(givenModule: string, givenName: string): Level {
  const [module, name] = python3Name(givenModule, givenName), path = `${module}.${name}`;
  if (WEIGHTS_ONLY_GLOBALS.has(path)) return 'data';
  if (isFramework(path)) return 'framework';
  if (EXCEPTIONS.has(path)) return 'unknown';
  if (module === 'builtins') return PURE_BUILTINS.has(name) ? 'unknown' : 'dangerous';
  // `torch.hub` + `load` and `torch` + `hub.load` are the same thing.
  const parts = path.split('.'), last = parts.at(-1)!, full = parts.slice(0, -1).join('.');
  if (isBelow(full, DANGEROUS_MODULES) || DANGEROUS_NAMES.get(full)?.has(last)) return 'dangerous';
  if (DANGEROUS_MODULES.has(path)) return 'dangerous'; // The module itself, handed out as a value.
  // Everything behind the first part of a name, and behind a module's own first part, must stay where it is.
  if (name.includes('.') && name.split('.').some(leadsOut)) return 'dangerous';
  return parts.slice(1).some((part) => /^__\w+__$/.test(part)) ? 'dangerous' : 'unknown';
}
