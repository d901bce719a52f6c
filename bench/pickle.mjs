/** Time to open a torch file of 100 000 tensors: its pickle alone, and all of it. Median of nine, after one warm-up. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Notes } from '../dist/containers/notes.js';
import { readPickle, torchZip } from '../dist/containers/torch/index.js';
import { readZip } from '../dist/containers/zip/index.js';
import { convertPath, fileSource } from '../dist/node/index.js';

const COUNT = 100_000, dir = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-pickle-')), input = path.join(dir, 'in.safetensors'), file = path.join(dir, 'out.bin');
const header = {};
for (let i = 0; i < COUNT; i++) header[`model.layers.${Math.floor(i / 7)}.mlp.experts.${i % 7}.down_proj.weight`] = { dtype: 'BF16', shape: [1], data_offsets: [i * 2, i * 2 + 2] };
const json = Buffer.from(JSON.stringify(header)), size = Buffer.alloc(8);
size.writeBigUInt64LE(BigInt(json.length));
fs.writeFileSync(input, Buffer.concat([size, json, Buffer.alloc(COUNT * 2)]));
await convertPath({ input, output: file });

const middle = (times) => times.slice(1).sort((a, b) => a - b)[4].toFixed(0);
const source = fileSource(file, 'out.bin'), { records } = await readZip(source), pickle = records.find(({ name }) => name.endsWith('/data.pkl'));
const pickles = [], whole = [];
for (let i = 0; i < 10; i++) {
  let started = performance.now();
  const { persistent } = await readPickle(source, pickle.dataOffset, new Notes(''), { end: pickle.dataOffset + pickle.size });
  pickles.push(performance.now() - started);
  started = performance.now();
  const { tensors } = await torchZip.open(source);
  whole.push(performance.now() - started);
  if (tensors.length !== COUNT || persistent.length !== COUNT) throw new Error(`${tensors.length} tensors`);
}
source.close();
fs.rmSync(dir, { recursive: true });
console.log(`${COUNT} tensors, ${(pickle.size / 1e6).toFixed(1)} MB of pickle: ${middle(pickles)} ms (first ${pickles[0].toFixed(0)} ms); the file with its ${records.length} records: ${middle(whole)} ms`);
