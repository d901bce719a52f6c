/**
 * @module
 * Training states on this machine: the directory of one may be given itself; what belongs to it (configuration, tokenizer)
 * lies in the one above.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { StateOptions } from '../checkpoints/states/options.ts';
import { isTagFolder } from '../checkpoints/states/tag.ts';
import { openInput, type OpenedInput } from './folder.ts';

/** What was said of a state. */
export interface StateWords { readonly tag?: string; readonly worldSize?: number }

/** An input, with the state in it that is meant; no state where nothing was said and the path names none. */
export interface StateInput extends OpenedInput { readonly state?: StateOptions }

/** Files that training programs write beside the directory of a state: the one above is its checkpoint. */
const BESIDE = ['latest', 'latest_universal', 'last_checkpoint', 'zero_to_fp32.py', 'trainer_state.json', 'adapter_config.json'];

/** Opens a path. That of a state inside a checkpoint becomes the checkpoint, with the state chosen; a file stays what it is. */
export async function openStateInput(given: string, { tag, worldSize }: StateWords = {}): Promise<StateInput> {
  const input = openInput(given), above = path.dirname(path.resolve(given)), said = { ...(tag === undefined ? {} : { tag }), ...(worldSize === undefined ? {} : { worldSize }) };
  if (input.file === undefined && tag === undefined && BESIDE.some((name) => fs.existsSync(path.join(above, name))) && await isTagFolder(input.folder, '')) {
    return { folder: openInput(above).folder, state: { ...said, tag: path.basename(path.resolve(given)) } };
  }
  return { ...input, ...(tag === undefined && worldSize === undefined ? {} : { state: said }) };
}
