import { describe, expect, it } from 'vitest';
import { globalProblems, importProblems, ROOMS } from './layering.ts';
import { modulesBelow, parseModule, readText } from './modules.ts';

const dependencies = new Set(Object.keys(JSON.parse(readText('package.json')).dependencies));
const problemsOf = (path: string, text: string) => {
  const module = parseModule(path, text);
  return [...importProblems(module, dependencies), ...globalProblems(module)];
};

describe('rooms', () => {
  it('import only what is below them', () => {
    const modules = modulesBelow('src');
    expect(modules.length).toBeGreaterThan(20);
    expect(modules.flatMap((module) => importProblems(module, dependencies))).toEqual([]);
  });

  it('use nothing of Node outside of node/ and cli/', () => {
    expect(modulesBelow('src').flatMap(globalProblems)).toEqual([]);
  });
});

describe('the rules themselves', () => {
  it.each([
    ['an import downwards', 'src/bytes/a.ts', 'import { x } from "../verbs/index.ts";'],
    ['a re-export downwards', 'src/bytes/a.ts', 'export * from "../plans/index.ts";'],
    ['a type import downwards', 'src/bytes/a.ts', 'import type { x } from "../plans/plan.ts";'],
    ['an import type', 'src/bytes/a.ts', 'export type A = import("../plans/plan.ts").Plan;'],
    ['the command line as a library', 'src/index.ts', 'export * from "./cli/run.ts";'],
    ['the door as a library', 'src/verbs/a.ts', 'import "../node/files.ts";'],
    ['node: in the core', 'src/engine/a.ts', 'import fs from "node:fs";'],
    ['node: when asked for late', 'src/engine/a.ts', 'export const f = () => import("node:fs");'],
    ['a computed import in the core', 'src/engine/a.ts', 'export const f = (x: string) => import(x);'],
    ['a missing extension', 'src/bytes/a.ts', 'import "./b";'],
    ['the extension of the output', 'src/bytes/a.ts', 'import "./b.js";'],
    ['leaving src', 'src/bytes/a.ts', 'import "../../scripts/setup.mjs";'],
    ['an unlisted package', 'src/bytes/a.ts', 'import "left-pad";'],
    ['a room that is not in the list', 'src/attic/a.ts', ''],
    ['process', 'src/bytes/a.ts', 'export const a = process.env;'],
    ['Buffer as a type', 'src/bytes/a.ts', 'export type A = Buffer;'],
    ['console', 'src/bytes/a.ts', 'console.log(1);'],
  ])('find %s', (_what, path, text) => {
    expect(problemsOf(path, text)).toHaveLength(1);
  });

  it.each([
    ['what is below', 'src/verbs/a.ts', 'import { x } from "../bytes/index.ts"; export * from "../proofs/a.ts";'],
    ['Node in the doors', 'src/node/a.ts', 'import fs from "node:fs"; export const a = process.env;'],
    ['doors by the command line', 'src/cli/a.ts', 'import "../node/files.ts";'],
    ['a listed package', 'src/containers/a.ts', 'import { parse } from "jsonc-parser";'],
    ['names that only look like globals', 'src/bytes/a.ts', 'export const a = { process: 1 }; export const b = a.process;'],
  ])('allow %s', (_what, path, text) => {
    expect(problemsOf(path, text)).toEqual([]);
  });

  it('know each room once', () => {
    expect(new Set(ROOMS).size).toBe(ROOMS.length);
  });
});
