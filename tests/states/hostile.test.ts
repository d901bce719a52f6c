/** Hostile directories of training states: put together or refused with findings, nothing else. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openState } from '../../src/checkpoints/states/index.ts';
import { isTemperError } from '../../src/findings/index.ts';
import { openFolder } from '../../src/node/folder.ts';
import { fixtureFolders } from '../fixtures.ts';
import { readAll } from './support.ts';

/** Those that are in order, or whose danger lies where this program does not go. */
const OPENS = /_ok|evil_script|latest_newline|no_stage|evil_bytes_entry|evil_metadata|fqn_proto|hf_proto|metadata_proto5/;

describe.each(['deepspeed', 'dcp'].flatMap((part) => fixtureFolders(`hostile/${part}`).map(({ label, dir }) => ({ title: `${label} ${part}`, dir }))))('$title', ({ dir }) => {
  it.each(fs.readdirSync(dir).filter((name) => fs.statSync(path.join(dir, name)).isDirectory()))('%s', async (name) => {
    let codes: string[] = [], tensors = 0;
    try {
      const opened = await openState(openFolder(path.join(dir, name)));
      tensors = (await readAll(opened!)).size;
    } catch (error) {
      if (!isTemperError(error)) throw error;
      codes = error.findings.map(({ code }) => code);
    }
    expect([tensors > 0, codes.length > 0]).toEqual(OPENS.test(name) ? [true, false] : [false, true]);
  });
});
