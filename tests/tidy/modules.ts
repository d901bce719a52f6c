/** Source files as syntax trees, for rules about the house itself. */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'vite';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** Any node of an ESTree (with TypeScript's additions). */
export type Node = { type: string; start: number; end: number; [key: string]: any };

/** One parsed file. `path` is relative to the root, with `/`. */
export interface Module {
  readonly path: string;
  readonly text: string;
  readonly program: Node;
  readonly comments: readonly { type: string; value: string; start: number; end: number }[];
}

/** An import, whatever its form; `specifier` is undefined when it is computed. */
export interface Import {
  readonly specifier: string | undefined;
  readonly line: number;
}

export function parseModule(file: string, text: string): Module {
  const { program, comments, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]!.message}`);
  return { path: file, text, program, comments };
}

/** Generated folders, foreign files and other people's packages are not ours to judge. */
const SKIPPED = new Set(['node_modules', 'dist', '.git', '.example', '.temper-setup', 'coverage']);

/** Every file of the project below `folder`, relative to the root, in name order. */
export function filesBelow(folder = '.'): string[] {
  const full = path.join(ROOT, folder);
  if (!fs.existsSync(full)) return [];
  return fs.readdirSync(full, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1)).flatMap((entry) => {
    const place = folder === '.' ? entry.name : `${folder}/${entry.name}`;
    if (SKIPPED.has(entry.name) || place === 'tests/fixtures') return [];
    return entry.isDirectory() ? filesBelow(place) : [place];
  });
}

export const readText = (file: string): string => fs.readFileSync(path.join(ROOT, file), 'utf8');

const parsed = new Map<string, Module>();

/** Every module below `folder` whose name ends as `pattern` says. */
export function modulesBelow(folder: string, pattern = /\.ts$/): Module[] {
  return filesBelow(folder).filter((file) => pattern.test(file)).map((file) => {
    const module = parsed.get(file) ?? parseModule(file, readText(file));
    parsed.set(file, module);
    return module;
  });
}

export const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

/** Calls `visit` for every node below `node`, parents first, with its parent and the key it hangs on. */
export function walk(node: Node, visit: (node: Node, parent?: Node, key?: string) => void, parent?: Node, key?: string): void {
  visit(node, parent, key);
  for (const [name, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child !== null && typeof child === 'object' && typeof child.type === 'string') walk(child, visit, node, name);
    }
  }
}

/** Static and dynamic imports, re-exports and `import('…')` types of a module. */
export function importsOf({ program, text }: Module): Import[] {
  const found: Import[] = [];
  walk(program, (node) => {
    if (!/^(Import(Declaration|Expression)|Export(Named|All)Declaration|TSImportType)$/.test(node.type)) return;
    const source: Node | null | undefined = node['source'] ?? node['argument'];
    if (!source) return;
    const literal = source.type === 'TSLiteralType' ? source['literal'] : source;
    found.push({ specifier: literal.type === 'Literal' ? literal.value : undefined, line: lineOf(text, node.start) });
  });
  return found;
}
