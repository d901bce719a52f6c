/**
 * @module
 * Which program wrote a tree: the first program that recognises itself, with the libraries it used.
 */
import { entriesOf, PyCall } from '../containers/torch/index.ts';
import type { Written } from './system.ts';
import { SYSTEMS } from './systems/index.ts';
import type { Producer, ProducerPart } from './tree.ts';
import { classOf, type FolderView } from './view.ts';

/** Cards that are read. Every checkpoint has one; the first few say what all of them say. */
export const CARDS_MAX = 16;

/** What the folders of a producer tell, put together once for all systems. */
export async function writtenBy(root: FolderView, folders: readonly FolderView[]): Promise<Written> {
  let cards = '', trainingArguments: Written['trainingArguments'];
  for (const here of folders.filter((one) => one.has('README.md')).slice(0, CARDS_MAX)) cards += `${await here.text('README.md')}\n`;
  for (const here of folders) {
    const file = here.file('training_args.bin'), opened = file === undefined ? undefined : await here.torch(file.name);
    const held = classOf(opened?.root);
    if (opened === undefined || held === undefined) continue;
    const fields = opened.root instanceof PyCall ? (entriesOf(opened.root.state) ?? []).flatMap(([key]) => (typeof key === 'string' ? [key] : [])) : [];
    trainingArguments = { path: file!.path, class: held, fields, classes: opened.globals.map((one) => one.path) };
    break;
  }
  return { root, folders, cards, ...(trainingArguments === undefined ? {} : { trainingArguments }) };
}

/** The producer of a tree; undefined when nobody recognises it. */
export async function producerOf(tree: Written): Promise<Producer | undefined> {
  const parts: ProducerPart[] = [];
  for (const layer of ['program', 'library'] as const) {
    for (const system of SYSTEMS) {
      if (system.layer !== layer || (layer === 'program' && parts.length > 0)) continue;
      const evidence = await system.wrote?.(tree);
      if (evidence !== undefined) parts.push({ system: evidence.name ?? system.name, ...(evidence.version === undefined ? {} : { version: evidence.version }), why: evidence.why });
    }
  }
  if (parts.length === 0) return undefined;
  const versions = parts.flatMap(({ version }) => version ?? []);
  return {
    system: parts.map(({ system }) => system).join(' + '), ...(versions.length === 0 ? {} : { version: versions.join(' / ') }),
    why: { en: parts.map(({ why }) => why.en).join('; '), zh: parts.map(({ why }) => why.zh).join('；') }, parts,
  };
}
