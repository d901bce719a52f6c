/** Training states of the fixtures, put together: every tensor byte for byte, and what cannot be put together refused by name. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openState, openStateFile } from '../../src/checkpoints/states/index.ts';
import { openFolder, openInput } from '../../src/node/folder.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';
import { asFloat32, readAll, readFileOf, refusal } from './support.ts';

interface Wanted { source: string; path: string; tag?: string; as_adapter?: boolean; fallback?: string; buffers_original_dtype?: Record<string, string> }

/** States that are not of DeepSpeed or torch.distributed are read elsewhere. */
const isState = ({ source, path: name, as_adapter: adapter }: Wanted, tree: string): boolean =>
  adapter !== true && !/^expected_(?:llm|visual|proj|encoder)/.test(name) && !fs.statSync(path.join(tree, source)).isFile();

describe.each(fixtureFolders('trees'))('$label', ({ dir }) => {
  const cases = fs.readdirSync(dir).filter((name) => fs.existsSync(path.join(dir, name, 'expected.json'))).map((name) => ({ name, tree: path.join(dir, name, 'tree'), expected: readJson(path.join(dir, name, 'expected.json')) }));
  // Trees that are carried for what they are called come without the right tensors.
  const wanted = cases.flatMap(({ name, tree, expected }) => ((expected.consolidated ?? []) as Wanted[]).map((one) => ({ title: `${name} ${one.path}`, name, tree, one })).filter(({ one }) => fs.existsSync(path.join(dir, name, one.path))));

  it.each(wanted.filter(({ one, tree }) => isState(one, tree)))('$title', async ({ name, tree, one }) => {
    const folder = openFolder(path.join(tree, one.source));
    const opened = await openState(folder, { ...(one.tag === undefined ? {} : { tag: one.tag }), ...(one.fallback === undefined ? {} : { excludeFrozen: true }) });
    if (one.fallback !== undefined) expect((await refusal(() => openState(folder))).map(({ code }) => code)).toContain('state-model-rank-missing');
    const found = await readAll(opened!), right = await readFileOf(path.join(dir, name, one.path));
    for (const buffer of Object.keys(one.buffers_original_dtype ?? {})) found.set(buffer, asFloat32(found.get(buffer)!));
    expect([...found.keys()].sort()).toEqual([...right.keys()].sort());
    for (const [tensor, value] of right) expect(found.get(tensor), tensor).toEqual(value);
  });

  const files = wanted.filter(({ one, tree }) => one.fallback !== undefined && fs.statSync(path.join(tree, one.source)).isFile());
  it.each(files)('$title alone', async ({ name, tree, one }) => {
    const { folder, file } = openInput(path.join(tree, one.source));
    const found = await readAll((await openStateFile(folder, file!))!), right = await readFileOf(path.join(dir, name, one.path));
    expect([...found.keys()].sort()).toEqual([...right.keys()].sort());
    for (const [tensor, value] of right) expect(found.get(tensor), tensor).toEqual(value);
    expect((await refusal(() => openState(openFolder(tree)))).map(({ code }) => code)).toContain('state-rank-missing');
  });

  const broken = cases.filter(({ expected }) => expected.kinds.includes('deepspeed') && expected.consolidated === null);
  it.each(broken)('$name is refused', async ({ tree, expected }) => {
    const errors = expected.expected_findings.filter((one: { severity: string; rule: string }) => one.severity === 'error' && one.rule === 'deepspeed');
    const found = (await refusal(() => openState(openFolder(tree)))).filter(({ severity }) => severity === 'error');
    expect(errors.length).toBeGreaterThan(0);
    expect(found.length).toBeGreaterThan(0);
    for (const { code } of found) expect(code).toMatch(/^state-/);
  });
});
