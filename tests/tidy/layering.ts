/** Who may know whom: the order of the rooms, and the only doors to Node. */
import path from 'node:path';
import { importsOf, lineOf, walk, type Module } from './modules.ts';

/** Rooms from the bottom up, and the files beside them. A module may import its own room and those before it. */
export const ROOMS = [
  'version.ts', 'findings', 'bytes', 'tensors', 'containers', 'checkpoints', 'families', 'adapters', 'producers', 'plans', 'engine',
  'proofs', 'checks', 'reports', 'verbs', 'index.ts', 'node', 'cli',
] as const;

/** Rooms that may use Node, and that no other room may import. */
export const DOORS: ReadonlySet<string> = new Set(['node', 'cli']);

/** Globals that a browser does not have. `console` is there, but the core does not print. */
const NODE_GLOBALS = new Set(['process', 'Buffer', 'console', 'require', '__dirname', '__filename', 'setImmediate']);

/** The room of a path below src/. */
export const roomOf = (file: string): string => file.split('/')[1]!;

/** What is wrong with the imports of a module of src/. */
export function importProblems(module: Module, dependencies: ReadonlySet<string>): string[] {
  const room = roomOf(module.path), rank = ROOMS.indexOf(room as typeof ROOMS[number]);
  if (rank < 0) return [`${module.path}: the room "${room}" is not in the list of rooms`];
  const problems: string[] = [];
  for (const { specifier, line } of importsOf(module)) {
    const at = `${module.path}:${line}`;
    if (specifier === undefined) {
      if (!DOORS.has(room)) problems.push(`${at}: a computed import`);
    } else if (specifier.startsWith('node:')) {
      if (!DOORS.has(room)) problems.push(`${at}: ${specifier} outside of src/node and src/cli`);
    } else if (specifier.startsWith('.')) {
      const target = path.posix.join(path.posix.dirname(module.path), specifier);
      if (!target.startsWith('src/')) { problems.push(`${at}: ${specifier} leaves src/`); continue; }
      if (!/\.(ts|json)$/.test(specifier)) problems.push(`${at}: ${specifier} does not end in .ts`);
      const other = roomOf(target), otherRank = ROOMS.indexOf(other as typeof ROOMS[number]);
      if (otherRank > rank || otherRank < 0) problems.push(`${at}: ${room} must not import ${other} (${specifier})`);
    } else if (!dependencies.has(specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/'))) {
      problems.push(`${at}: ${specifier} is not among the dependencies`);
    }
  }
  return problems;
}

/** Uses of Node's globals, as values or as types, outside of the doors. */
export function globalProblems(module: Module): string[] {
  if (DOORS.has(roomOf(module.path))) return [];
  const problems: string[] = [];
  walk(module.program, (node, parent, key) => {
    if (node.type !== 'Identifier' || !NODE_GLOBALS.has(node['name'])) return;
    const isName = (key === 'property' && !parent!['computed']) || (key === 'key' && !parent!['computed'] && !parent!['shorthand'])
      || (key === 'right' && parent!.type === 'TSQualifiedName') || key === 'label';
    if (!isName) problems.push(`${module.path}:${lineOf(module.text, node.start)}: ${node['name']} is not there in a browser`);
  });
  return problems;
}
