/**
 * @module
 * What a pickle that was read names and calls, and the payloads inside its bytes.
 */
import { memorySource, sliceSource, type ByteSource } from '../../bytes/index.ts';
import { itemsOf, PyBytes, PyCall, PyGlobal, storageClass, TORCH_ODD_ARGUMENTS, type PickleResult, type Value } from '../../containers/torch/index.ts';
import { bytesOf } from '../../containers/torch/objects/builtin.ts';
import { known } from '../../containers/torch/objects/known.ts';
import { SCAN_NESTED } from './codes.ts';
import { deeper, NESTED_MAX, type ScanContext } from './context.ts';
import { METHOD_HOLDERS } from './globals/framework.ts';
import { judge, type Level } from './judge.ts';

/** Takes in what a pickle names and calls. */
export async function look(context: ScanContext, source: ByteSource, pickle: PickleResult): Promise<void> {
  context.report.add(pickle.globals, getattrLevels(pickle));
  for (const call of pickle.calls) {
    if (call.path !== undefined && isAllocation(call.path)) context.report.notes.add(TORCH_ODD_ARGUMENTS, { name: call.path, offset: call.offset }, { offset: call.offset });
    if (call.fn instanceof PyCall) context.report.danger(`the result of ${call.fn.path ?? 'a call'}(…), called again`, call.offset);
    if (call.fn instanceof PyGlobal && ['unknown', 'dangerous'].includes(judge(call.fn.module, call.fn.name))) {
      for (const argument of call.arguments) await lookInside(context, source, argument);
    }
  }
}

/** Classes that are named in persistent ids and types, never called in a file that torch wrote: they would allocate. */
const isAllocation = (path: string): boolean => storageClass(path) !== undefined || path === 'torch.storage.TypedStorage';

const GETATTR = 'builtins.getattr';

/**
 * Python 3.11.0 to 3.11.x pickles enums as `getattr(cls, 'NAME')`. Used only like that it is as harmless as its class;
 * with any other argument, or its result called, it is what it always is.
 */
function getattrLevels({ calls }: PickleResult): ReadonlyMap<string, Level> {
  const uses = calls.filter((call) => call.path === GETATTR);
  if (uses.length === 0 || calls.some(({ fn }) => fn instanceof PyCall && fn.path === GETATTR)) return new Map();
  let level: Level = 'framework';
  for (const { arguments: [cls, name, ...rest] } of uses) {
    if (!(cls instanceof PyGlobal) || typeof name !== 'string' || !/^[A-Za-z]\w*$/.test(name) || rest.length > 0) return new Map();
    const of = judge(cls.module, cls.name);
    // Containers and tensor classes are no enums: what hangs on them are methods.
    if (of === 'dangerous' || of === 'data' || !/^[A-Z]\w*$/.test(cls.name)) return new Map();
    if (of === 'unknown' || !(METHOD_HOLDERS.has(cls.path) || /^[A-Z][A-Z\d_]*$/.test(name))) level = 'unknown';
  }
  return new Map([[GETATTR, level]]);
}

/** Levels of lists and tuples among arguments in which bytes are looked for. */
const ARGUMENT_LEVELS = 3;

/** Bytes that a call would be given may be a payload of their own. */
async function lookInside(context: ScanContext, source: ByteSource, value: Value, level: number = 0): Promise<void> {
  if (value instanceof PyBytes || value instanceof PyCall) {
    const bytes = value instanceof PyBytes ? value.data : bytesOf(value, (inner) => (inner instanceof PyCall ? known(inner, () => undefined) : undefined));
    const inner = bytes !== undefined ? memorySource(source.label, bytes)
      : value instanceof PyBytes ? sliceSource(source, value.offset, value.length) : undefined;
    if (inner !== undefined) {
      if (context.depth >= NESTED_MAX) context.report.notes.add(SCAN_NESTED, { levels: NESTED_MAX });
      else await context.inside(deeper(context), inner);
    }
    if (value instanceof PyCall) for (const argument of value.arguments) if (level < ARGUMENT_LEVELS) await lookInside(context, source, argument, level + 1);
    return;
  }
  if (level < ARGUMENT_LEVELS) for (const item of itemsOf(value) ?? []) await lookInside(context, source, item, level + 1);
}
