/** @module Paths within a tree: '' is its root. */

/** `name` inside `directory`. */
export const join = (directory: string, name: string): string => (directory === '' ? name : name === '' || name === '.' ? directory : `${directory}/${name}`);

/** The folder that a path lies in. */
export const parentOf = (path: string): string => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '');

/** The last part of a path. */
export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Number of steps of `checkpoint-N`, or undefined. */
export function stepsOf(path: string): number | undefined {
  const digits = /^checkpoint-(\d{1,15})$/.exec(nameOf(path))?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** `path`, which may climb with `..`, as seen from `directory`; undefined when it leaves the tree. */
export function resolveWithin(directory: string, path: string): string | undefined {
  const parts = directory === '' ? [] : directory.split('/');
  for (const part of path.split(/[\\/]/)) {
    if (part === '..') { if (parts.pop() === undefined) return undefined; } else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}
