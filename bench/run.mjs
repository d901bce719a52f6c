/**
 * npm run bench -- [MODEL …] [--dir DIR] [--pairs N]
 * Time of every command as a ratio to `cp -r` of the same bytes in the same run (interleaved pairs, median), and peak RSS.
 * Output names are not reused: on machines that hand freed memory back, rewriting a file measures the hypervisor.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { machine, median, run, TEMPER as temper } from './measure.mjs';
import { buildModel, SHAPES } from './models.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { dir: { type: 'string', default: path.join(os.tmpdir(), 'temper-bench') }, pairs: { type: 'string', default: '3' } } });
const models = positionals.length > 0 ? positionals : ['qwen2.5-0.5b', 'llama-3.2-1b'];
const pairs = Number(values.pairs);

console.log(`${machine()}\n`);
console.log('model          command                   ms      cp ms   ratio (range)        peak MiB  recomputed');
for (const name of models) {
  if (!SHAPES[name]) throw new Error(`${name} is not one of ${Object.keys(SHAPES).join(', ')}`);
  const { base, adapters, bytes } = buildModel(values.dir, name), root = fs.mkdtempSync(path.join(values.dir, 'out-'));
  spawnSync('cp', ['-r', base, path.join(root, 'warm')]);
  fs.rmSync(path.join(root, 'warm'), { recursive: true });
  let merged, bin;
  const rows = [
    ['convert (reshard)', (out) => ['convert', base, '-o', out, '--max-shard-size', '1GB']],
    ['convert --to bin', (out) => { bin = out; return ['convert', base, '-o', out, '--to', 'bin']; }],
    ['convert .bin back', (out) => ['convert', bin, '-o', out]],
    ['scan .bin', () => ['scan', bin]],
    ['scan .bin --deep', () => ['scan', bin, '--deep']],
    ['merge r=16', (out) => { merged = out; return ['merge', base, adapters[16], '-o', out]; }],
    ['merge r=16 --digest', (out) => ['merge', base, adapters[16], '-o', out, '--digest']],
    ['merge r=64', (out) => ['merge', base, adapters[64], '-o', out]],
    ['verify', () => ['verify', base, adapters[16], merged]],
    ['inspect --tensors', () => ['inspect', base, '--tensors']],
  ];
  for (const [label, args] of rows) {
    const ours = [], cps = [];
    let peak = 0, elements;
    for (let i = 0; i < pairs; i++) {
      const r = await run([process.execPath, temper, ...args(path.join(root, `${label.replace(/\W+/g, '-')}-${i}`)), '--json']);
      ours.push(r.ms);
      peak = Math.max(peak, r.peakMiB);
      elements = JSON.parse(r.out).elements ?? elements;
      // Large models fill a disk: only what later rows read stays.
      const written = path.join(root, `${label.replace(/\W+/g, '-')}-${i}`);
      if ((written !== merged && written !== bin) || i < pairs - 1) fs.rmSync(written, { recursive: true, force: true });
      cps.push((await run(['cp', '-r', base, path.join(root, `cp-${label.replace(/\W+/g, '-')}-${i}`)])).ms);
      fs.rmSync(path.join(root, `cp-${label.replace(/\W+/g, '-')}-${i}`), { recursive: true });
    }
    const ratios = ours.map((ms, i) => ms / cps[i]);
    const share = elements?.computed > 0 ? `${(100 * elements.recomputed / elements.computed).toFixed(3)} %` : '';
    console.log(`${name.padEnd(14)} ${label.padEnd(20)} ${median(ours).toFixed(0).padStart(8)} ${median(cps).toFixed(0).padStart(10)}   ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`.padEnd(82) + `${peak.toFixed(0).padStart(8)}  ${share}`);
  }
  fs.rmSync(root, { recursive: true });
  console.log(`${name.padEnd(14)} ${(bytes / 1e9).toFixed(2)} GB of weights, ${pairs} pairs\n`);
}
