/** Time to open a safetensors file of 100 000 tensors, headers only: median of nine, after one warm-up. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CONTAINERS } from '../dist/index.js';
import { fileSource } from '../dist/node/index.js';

const COUNT = 100_000, file = path.join(os.tmpdir(), 'temper-header.safetensors');
const open = CONTAINERS.find((container) => container.format === 'safetensors').open;
const header = { __metadata__: { format: 'pt' } };
for (let i = 0; i < COUNT; i++) header[`model.layers.${Math.floor(i / 7)}.mlp.experts.${i % 7}.down_proj.weight`] = { dtype: 'BF16', shape: [1], data_offsets: [i * 2, i * 2 + 2] };
const json = Buffer.from(JSON.stringify(header)), size = Buffer.alloc(8);
size.writeBigUInt64LE(BigInt(json.length));
fs.writeFileSync(file, Buffer.concat([size, json, Buffer.alloc(COUNT * 2)]));
const times = [];
for (let i = 0; i < 10; i++) {
  const source = fileSource(file, 'header'), started = performance.now();
  const { tensors } = await open(source);
  times.push(performance.now() - started);
  if (tensors.length !== COUNT) throw new Error(`${tensors.length} tensors`);
  source.close();
}
fs.rmSync(file);
const [first, ...rest] = times;
console.log(`${COUNT} tensors, ${(json.length / 1e6).toFixed(1)} MB of header: ${rest.sort((a, b) => a - b)[4].toFixed(0)} ms (first ${first.toFixed(0)} ms)`);
