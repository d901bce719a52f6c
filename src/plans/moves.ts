/** @module Expressions that only move bytes. */
import type { Expression } from '../tensors/index.ts';

/** Whether an expression only moves bytes. */
export function isCopy(node: Expression): boolean {
  switch (node.op) {
    case 'stored': case 'strided': case 'partitioned': return true;
    case 'concat': return node.parts.every(isCopy);
    case 'slice': case 'reshape': case 'transpose': return isCopy(node.of);
    case 'rows': return isCopy(node.of) && isCopy(node.from);
    default: return false;
  }
}
