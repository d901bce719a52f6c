#!/usr/bin/env node
/**
 * @module
 * The program `temper`: binds the shell to this process.
 */
import fs from 'node:fs';
import { loadVerbs } from './door.ts';
import { systemLocale } from './locale.ts';
import { run } from './run.ts';
import type { OutputStream } from './shell.ts';

function stream(of: NodeJS.WriteStream): OutputStream {
  // A reader that has seen enough (`| head`) closes the pipe; that is no failure.
  of.on('error', () => {});
  return {
    write: (text) => new Promise((resolve) => { if (of.writable) of.write(text, () => resolve()); else resolve(); }),
    terminal: of.isTTY === true,
    ...(of.isTTY && of.columns > 0 ? { columns: of.columns } : {}),
  };
}

const interruption = new AbortController();
for (const [name, status] of [['SIGINT', 130], ['SIGTERM', 143]] as const) {
  process.on(name, () => {
    // The second one does not wait for anything.
    if (interruption.signal.aborted) process.exit(status);
    interruption.abort(name);
  });
}

const status = await run(process.argv.slice(2), {
  environment: process.env,
  stdout: stream(process.stdout),
  stderr: stream(process.stderr),
  signal: interruption.signal,
  systemLocale,
  exists: (path) => fs.existsSync(path),
  verbs: loadVerbs,
});
// Everything has been handed on; a thread that still lingers must not keep the user waiting.
process.exit(status);
