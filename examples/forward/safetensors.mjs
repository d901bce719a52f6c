/**
 * @module
 * Reads a whole model directory of safetensors into float32 arrays. For tiny models only: everything is in memory.
 * It shares no code with Temper on purpose: what it recites is a second opinion about the files Temper writes.
 */
import fs from 'node:fs';
import path from 'node:path';

/** One decoder per dtype: bytes → Float32Array. */
const DECODERS = {
  F32: (bytes) => Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i)),
  // A bfloat16 is the upper half of a float32.
  BF16: (bytes) => {
    const bits = Uint32Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16LE(2 * i) << 16);
    return new Float32Array(bits.buffer);
  },
};

/** Tensors of one file: name → { shape, values }. */
function readFile(file) {
  const bytes = fs.readFileSync(file);
  const headerEnd = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, headerEnd));
  return Object.entries(header).filter(([name]) => name !== '__metadata__').map(([name, { dtype, shape, data_offsets: [begin, end] }]) => {
    if (!DECODERS[dtype]) throw new Error(`${file}: ${name} is ${dtype}; this example reads ${Object.keys(DECODERS).join(' and ')}`);
    return [name, { shape, values: DECODERS[dtype](bytes.subarray(headerEnd + begin, headerEnd + end)) }];
  });
}

/** All tensors of a model directory, one file or several shards. */
export function readTensors(directory) {
  const files = fs.readdirSync(directory).filter((name) => name.endsWith('.safetensors')).toSorted();
  if (files.length === 0) throw new Error(`no .safetensors file in ${directory}`);
  return new Map(files.flatMap((name) => readFile(path.join(directory, name))));
}
