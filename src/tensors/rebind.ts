/** @module Expressions moved from one table of inputs to another. */
import type { Expression } from './expression.ts';

/** The same expression with every source index mapped. Shared nodes stay shared. */
export function rebind(node: Expression, to: (source: number) => number, done: Map<Expression, Expression> = new Map()): Expression {
  const known = done.get(node);
  if (known !== undefined) return known;
  const move = (operand: Expression) => rebind(operand, to, done);
  const moved = ((): Expression => {
    switch (node.op) {
      case 'stored': case 'strided': return { ...node, source: to(node.source) };
      case 'partitioned': return { ...node, pieces: node.pieces.map(([source, offset, bytes]) => [to(source), offset, bytes] as const) };
      case 'constant': case 'stage': return node;
      case 'concat': return { ...node, parts: node.parts.map(move) };
      case 'rows': return { ...node, of: move(node.of), from: move(node.from) };
      case 'whole': return { ...node, of: node.of.map(move) };
      case 'scatter': return { ...node, indices: move(node.indices), values: move(node.values) };
      case 'slice': case 'reshape': case 'transpose': case 'scale': case 'apply': case 'lookup': case 'norm': case 'cast': return { ...node, of: move(node.of) };
      case 'add': case 'multiply': case 'divide': case 'maximum': case 'matmul': return { ...node, a: move(node.a), b: move(node.b) };
    }
  })();
  done.set(node, moved);
  return moved;
}
