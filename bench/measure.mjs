/** What every bench does: run a command, take its time and its peak memory. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';

/** The built command. */
export const TEMPER = fileURLToPath(new URL('../dist/bin/temper.js', import.meta.url));

/** The middle of a list of numbers. */
export const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

/** The machine, in one line. */
export const machine = () => `node ${process.version}, ${os.cpus().length} × ${os.cpus()[0]?.model}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, load ${os.loadavg()[0].toFixed(2)}`;

/** Runs a command; wall time and peak RSS, polled from /proc where there is one. */
export function run(argv) {
  return new Promise((resolve, reject) => {
    const started = performance.now(), child = spawn(argv[0], argv.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
    let peak = 0, out = '';
    child.stdout.on('data', (chunk) => { out += chunk; });
    const poll = setInterval(() => {
      try { peak = Math.max(peak, Number(/VmHWM:\s*(\d+)/.exec(fs.readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0)); } catch { /* gone, or no /proc */ }
    }, 10);
    child.on('close', (code) => {
      clearInterval(poll);
      if (code !== 0) reject(new Error(`${argv.join(' ')} ended with ${code}`));
      else resolve({ ms: performance.now() - started, peakMiB: peak / 1024, out });
    });
  });
}
