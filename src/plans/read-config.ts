/** @module config.json of a checkpoint, as text and as fields. */
import { readBytes } from '../bytes/index.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { parseJson } from '../containers/json.ts';

/** Text of a JSON file of the base, and its fields. */
export async function readConfig(base: Checkpoint): Promise<{ text: string; fields: ReadonlyMap<string, unknown> } | undefined> {
  const entry = (await base.folder.list()).find((e) => e.path === 'config.json' && e.kind === 'file' && e.unusable === undefined);
  if (entry === undefined) return undefined;
  const source = await base.folder.open('config.json');
  try {
    const bytes = await readBytes(source, 0, source.size), value = parseJson(bytes, 'config.json', { python: true });
    return value instanceof Map ? { text: new TextDecoder().decode(bytes), fields: value } : undefined;
  } finally {
    await source.close();
  }
}
