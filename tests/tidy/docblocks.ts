/** Every module says what it is for, and every export what it is. */
import { lineOf, type Module, type Node } from './modules.ts';

/** Names that a top-level declaration introduces. */
function namesOf(declaration: Node): string[] {
  if (declaration.type === 'VariableDeclaration') {
    return declaration['declarations'].map(({ id }: { id: Node }) => id['name'] ?? '{…}');
  }
  return [declaration['id']?.['name'] ?? 'default'];
}

/** A code needs no docblock: its own message, why and fix say what it is, in two languages. */
const isCode = (declaration: Node): boolean => declaration.type === 'VariableDeclaration'
  && declaration['declarations'].every(({ init }: { init: Node | null }) => init?.type === 'CallExpression' && init['callee']['name'] === 'defineCode');

/** Whether a docblock, other than the module's own, ends right before `node`. */
function isDocumented({ comments, text }: Module, node: Node): boolean {
  return comments.some(({ type, value, end }) => type === 'Block' && value.startsWith('*') && !value.includes('@module')
    && end <= node.start && /^\s*$/.test(text.slice(end, node.start)));
}

/** What is wrong with the docblocks of a module. */
export function docblockProblems(module: Module): string[] {
  const { comments, path, program, text } = module, problems: string[] = [];
  const first = comments[0];
  const opens = first?.type === 'Block' && first.value.startsWith('*') && /^(#!.*\n)?\s*$/.test(text.slice(0, first.start));
  if (!opens || !first.value.includes('@module')) problems.push(`${path}: does not begin with a docblock that has @module`);

  const body: Node[] = program['body'];
  const documented = new Set<string>(), listed = new Map<string, Node>();
  for (const statement of body) {
    const declaration: Node | null = statement['declaration'] ?? (/Declaration$/.test(statement.type) && statement);
    const exported = statement.type === 'ExportNamedDeclaration' || statement.type === 'ExportDefaultDeclaration';
    if (exported && !statement['source']) {
      for (const { local } of statement['specifiers'] ?? []) listed.set(local.name, statement);
    }
    if (!declaration || /^(Import|ExportAll)/.test(declaration.type) || (exported && !statement['declaration'])) continue;
    for (const name of namesOf(declaration)) {
      // The first of several overloads speaks for all of them.
      if (isDocumented(module, statement) || isCode(declaration)) documented.add(name);
      if (exported) listed.set(name, statement);
    }
  }
  for (const [name, statement] of listed) {
    if (!documented.has(name)) problems.push(`${path}:${lineOf(text, statement.start)}: ${name} has no docblock`);
  }
  return problems;
}
