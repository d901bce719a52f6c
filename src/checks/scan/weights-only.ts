/**
 * @module
 * Would `torch.load(weights_only=True)` take this pickle? The rules of torch 2.13 (torch/_weights_only_unpickler.py)
 * replayed beside the machine: 34 opcodes, the allowed names, and what may be called, built, and filled.
 */
import { OP, PyCall, PyDict, PyGlobal, PyList, PyTuple, type Observer, type Value } from '../../containers/torch/index.ts';
import { WEIGHTS_ONLY_GLOBALS } from './globals/data.ts';

/** Opcodes that it knows. */
const OPCODES: ReadonlySet<number> = /* @__PURE__ */ new Set([
  OP.PROTO, OP.STOP, OP.MARK, OP.GLOBAL, OP.REDUCE, OP.NEWOBJ, OP.BUILD, OP.APPEND, OP.APPENDS, OP.SETITEM, OP.SETITEMS,
  OP.EMPTY_TUPLE, OP.EMPTY_LIST, OP.EMPTY_DICT, OP.EMPTY_SET, OP.TUPLE, OP.TUPLE1, OP.TUPLE2, OP.TUPLE3, OP.NONE, OP.NEWTRUE, OP.NEWFALSE,
  OP.BININT, OP.BININT1, OP.BININT2, OP.BINFLOAT, OP.LONG1, OP.BINUNICODE, OP.SHORT_BINSTRING, OP.BINGET, OP.LONG_BINGET, OP.BINPUT, OP.LONG_BINPUT, OP.BINPERSID,
]);
/** Modules that even an allow-list of the user does not open. */
const BLOCKED: ReadonlySet<string> = /* @__PURE__ */ new Set(['sys', 'os', 'posix', 'nt']);

/** The first thing that it would refuse, in torch's own words. */
export interface WeightsOnlyRefusal { readonly reason: string; readonly offset: number }

/** Watches one or several pickles; the first refusal stays. */
export class WeightsOnly {
  refusal: WeightsOnlyRefusal | undefined = undefined;

  /** Notes a refusal that no opcode shows. */
  refuse(reason: string, offset: number): void { this.refusal ??= { reason, offset }; }

  readonly observe: Observer = (op, offset, target, argument) => {
    if (this.refusal !== undefined) return;
    const reason = refusalOf(op, target, argument);
    if (reason !== undefined) this.refusal = { reason, offset };
  };
}

const allowed = (value: Value | undefined): value is PyGlobal => value instanceof PyGlobal && WEIGHTS_ONLY_GLOBALS.has(value.path);
const made = (value: Value | undefined): value is PyCall => value instanceof PyCall && allowed(value.fn);
const nameOf = (value: Value | undefined): string =>
  (value instanceof PyGlobal ? value.path : value instanceof PyCall ? value.path ?? 'a call' : value === null ? 'None' : typeof value === 'object' ? value.constructor.name.replace('Py', '').toLowerCase() : typeof value);

function refusalOf(op: number, target: Value | undefined, argument: Value | undefined): string | undefined {
  if (!OPCODES.has(op)) return `Unsupported operand ${op}`;
  switch (op) {
    case OP.GLOBAL: {
      const { module, name, path } = target as PyGlobal;
      if (BLOCKED.has(module)) return `Trying to load unsupported GLOBAL ${path} whose module ${module} is blocked`;
      if (WEIGHTS_ONLY_GLOBALS.has(path)) return undefined;
      return `Unsupported global: GLOBAL ${module === 'builtins' ? name : path} was not an allowed global by default`;
    }
    case OP.REDUCE: return allowed(target) ? undefined : `Trying to call reduce for unrecognized function ${nameOf(target)}`;
    case OP.NEWOBJ: return allowed(target) ? undefined : `Can only create new object for nn.Parameter or allowed classes, but got ${nameOf(target)}`;
    case OP.BUILD: return made(target) ? undefined : `Can only build Tensor, Parameter, OrderedDict or allowed types, but got ${nameOf(target)}`;
    case OP.APPEND: case OP.APPENDS: return target instanceof PyList ? undefined : `Can only append to lists, but got ${nameOf(target)}`;
    case OP.SETITEM: case OP.SETITEMS:
      return target instanceof PyDict || (made(target) && /^collections\.(?:OrderedDict|Counter)$/.test(target.path!)) ? undefined
        : `Can only set items of dict, OrderedDict, Counter, but got ${nameOf(target)}`;
    case OP.BINPERSID: {
      if (typeof argument === 'number') return undefined;
      if (!(argument instanceof PyTuple)) return `persistent_load id must be tuple or int, but got ${nameOf(argument)}`;
      return argument.items[0] === 'storage' ? undefined : `Only persistent_load of storage is allowed, but got ${nameOf(argument.items[0])}`;
    }
    default: return undefined;
  }
}
