/** A test that asserts nothing cannot fail; one that is marked `.only` hides the others. */
import fs from 'node:fs';
import path from 'node:path';
import { lineOf, parseModule, ROOT, walk, type Module, type Node } from './modules.ts';

const TESTS = new Set(['it', 'test']);
const SUITES = new Set(['describe', 'suite', ...TESTS]);
const isFunction = (node: Node | undefined): boolean => /^(ArrowFunction|Function)Expression$|^FunctionDeclaration$/.test(node?.type ?? '');

/** `it.each(x).only` → ['it', 'each', 'only']. */
function chainOf(callee: Node): string[] {
  if (callee.type === 'Identifier') return [callee['name']];
  if (callee.type === 'MemberExpression') return [...chainOf(callee['object']), callee['property']['name'] ?? '?'];
  if (callee.type === 'CallExpression' || callee.type === 'TaggedTemplateExpression') return chainOf(callee['callee'] ?? callee['tag']);
  if (callee.type === 'AwaitExpression' || callee.type === 'TSNonNullExpression') return chainOf(callee['argument'] ?? callee['expression']);
  return ['?'];
}

/** Whether something below `node` asserts, directly or by calling one of `helpers`. */
function asserts(node: Node, helpers: ReadonlySet<string>): boolean {
  let found = false;
  walk(node, (inner, parent, key) => {
    if (inner.type === 'CallExpression') {
      const chain = chainOf(inner['callee']);
      found ||= /^(expect|assert)/.test(chain[0]!) || (chain[0] === 'fc' && chain[1] === 'assert') || helpers.has(chain[0]!);
    }
    // A helper that is handed on rather than called: `for (…) await each(checkOne)`.
    if (inner.type === 'Identifier' && key === 'arguments' && parent) found ||= helpers.has(inner['name']);
  });
  return found;
}

/** Names of the functions of a module that assert, helpers of helpers included. */
function assertingFunctions(module: Module, imported: ReadonlySet<string>): Set<string> {
  const functions = new Map<string, Node>();
  walk(module.program, (node) => {
    if (node.type === 'FunctionDeclaration' && node['id']) functions.set(node['id']['name'], node);
    if (node.type === 'VariableDeclarator' && isFunction(node['init'])) functions.set(node['id']['name'], node['init']);
  });
  const helpers = new Set(imported);
  for (let before = -1; before !== helpers.size;) {
    before = helpers.size;
    for (const [name, body] of functions) if (asserts(body, helpers)) helpers.add(name);
  }
  return helpers;
}

/** Names a module imports from helper files beside it that assert. */
function importedHelpers(module: Module): Set<string> {
  const names = new Set<string>();
  for (const statement of module.program['body'] as Node[]) {
    if (statement.type !== 'ImportDeclaration' || !/^\..*\.m?[jt]s$/.test(statement['source'].value)) continue;
    const file = path.posix.join(path.posix.dirname(module.path), statement['source'].value);
    if (!file.startsWith('tests/') || !fs.existsSync(path.join(ROOT, file))) continue;
    const theirs = assertingFunctions(parseModule(file, fs.readFileSync(path.join(ROOT, file), 'utf8')), new Set());
    for (const { imported, local } of statement['specifiers']) if (imported && theirs.has(imported.name)) names.add(local.name);
  }
  return names;
}

/** What is wrong with the tests of a module. */
export function assertionProblems(module: Module): string[] {
  const helpers = assertingFunctions(module, importedHelpers(module)), problems: string[] = [];
  walk(module.program, (node, parent) => {
    if (node.type !== 'CallExpression') return;
    const chain = chainOf(node['callee']), at = `${module.path}:${lineOf(module.text, node.start)}`;
    if (!SUITES.has(chain[0]!)) return;
    // `it.each(table)` is a call too, but the test is the call of its result.
    if (parent?.type === 'CallExpression' && parent['callee'] === node) return;
    if (chain.includes('only')) problems.push(`${at}: .only hides the other tests`);
    if (!TESTS.has(chain[0]!)) return;
    const body = (node['arguments'] as Node[]).slice(1).find((argument) => isFunction(argument) || argument.type === 'Identifier');
    const fine = body && (body.type === 'Identifier' ? helpers.has(body['name']) : asserts(body, helpers));
    if (!fine) problems.push(`${at}: a test without an assertion`);
  });
  return problems;
}
