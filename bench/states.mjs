/**
 * node bench/states.mjs [MODEL] [--dir DIR] [--pairs N]
 * Training states by shapes: float32 masters of ZeRO-3 on 8 ranks and ZeRO-2 on 4, without the moments of Adam, which are
 * not read. Time of putting one together beside `cp` of the same files; and of merging out of it in one pass beside two.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { machine, median, run, TEMPER } from './measure.mjs';
import { buildModel } from './models.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { dir: { type: 'string', default: path.join(os.tmpdir(), 'temper-bench') }, pairs: { type: 'string', default: '2' } } });
const name = positionals[0] ?? 'llama-3.2-1b', pairs = Number(values.pairs);

/** A pickle of protocol 2: None, numbers, texts, arrays as lists, Maps as dicts, and the few objects below. */
function pickle(root) {
  const parts = [Buffer.from([0x80, 2])], raw = (...bytes) => parts.push(Buffer.from(bytes)), word = (text) => parts.push(Buffer.from(text, 'latin1'));
  const put = (value) => {
    if (value === null) word('N');
    else if (typeof value === 'boolean') raw(value ? 0x88 : 0x89);
    else if (typeof value === 'number') { const b = Buffer.alloc(5); b[0] = 0x4a; b.writeInt32LE(value, 1); parts.push(b); }
    else if (typeof value === 'string') { const text = Buffer.from(value), b = Buffer.alloc(5); b[0] = 0x58; b.writeUInt32LE(text.length, 1); parts.push(b, text); }
    else if (Array.isArray(value)) { word(']('); value.forEach(put); word('e'); }
    else if (value instanceof Map) { word('}('); for (const [k, v] of value) { put(k); put(v); } word('u'); }
    else if (value.size) { word('ctorch\nSize\n(('); value.size.forEach(put); word('ttR'); }
    else {
      const { key, dtype, shape } = value, strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
      word('ctorch._utils\n_rebuild_tensor_v2\n(('); put('storage'); word(`ctorch\n${dtype}Storage\n`); put(String(key)); put('cpu'); put(shape.reduce((a, b) => a * b, 1)); word('tQ');
      put(0); word('('); shape.forEach(put); word('t('); strides.forEach(put); word('t'); put(false); word('ccollections\nOrderedDict\n)RtR');
    }
  };
  put(root);
  word('.');
  return Buffer.concat(parts);
}

/** A file of torch.save: the pickle and its storages, each of so many bytes of a repeated block. */
function torchFile(file, root, storages, block) {
  const fd = fs.openSync(file, 'w'), central = [];
  let at = 0;
  const write = (bytes) => { at += fs.writeSync(fd, bytes); };
  const header = (signature, record, more) => {
    const b = Buffer.alloc(more ? 46 : 30), shift = more ? 2 : 0;
    b.writeUInt32LE(signature, 0);
    b.writeUInt32LE(record.bytes, 18 + shift);
    b.writeUInt32LE(record.bytes, 22 + shift);
    b.writeUInt16LE(record.name.length, 26 + shift);
    if (more) b.writeUInt32LE(record.at, 42);
    return Buffer.concat([b, Buffer.from(record.name)]);
  };
  const add = (recordName, bytes, content) => {
    const record = { name: `archive/${recordName}`, bytes, at };
    central.push(record);
    write(header(0x04034b50, record, false));
    if (content !== undefined) write(content);
    else for (let left = bytes; left > 0; left -= block.length) write(left < block.length ? block.subarray(0, left) : block);
  };
  const data = pickle(root);
  add('data.pkl', data.length, data);
  storages.forEach((bytes, key) => add(`data/${key}`, bytes));
  add('version', 2, Buffer.from('3\n'));
  const start = at;
  for (const record of central) write(header(0x02014b50, record, true));
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(central.length, 8);
  end.writeUInt16LE(central.length, 10);
  end.writeUInt32LE(at - start, 12);
  end.writeUInt32LE(start, 16);
  write(end);
  fs.closeSync(fd);
}

/** Writes the state of a model under `dir` (kept for later runs). */
function buildState(dir, base, stage, world) {
  const root = path.join(dir, `zero${stage}-w${world}`), tag = path.join(root, 'global_step1');
  if (fs.existsSync(path.join(root, 'latest'))) return root;
  fs.mkdirSync(tag, { recursive: true });
  const shapes = new Map(), block = Buffer.alloc(1 << 20);
  for (let i = 0; i < block.length; i += 4) block.writeFloatLE((Math.sin(i) * 0.02), i);
  for (const file of fs.readdirSync(base).filter((one) => one.endsWith('.safetensors'))) {
    const fd = fs.openSync(path.join(base, file)), size = Buffer.alloc(8);
    fs.readSync(fd, size, 0, 8, 0);
    const json = Buffer.alloc(Number(size.readBigUInt64LE()));
    fs.readSync(fd, json, 0, json.length, 8);
    fs.closeSync(fd);
    for (const [tensor, { shape }] of Object.entries(JSON.parse(json))) if (shape !== undefined) shapes.set(tensor, shape);
  }
  const count = (shape) => shape.reduce((a, b) => a * b, 1), all = [...shapes.values()].map(count), total = all.reduce((a, b) => a + b, 0);
  const states = new Map([['module', new Map([...shapes].map(([tensor, shape], i) => [tensor, { key: stage === 3 ? 0 : i, dtype: 'BFloat16', shape: stage === 3 ? [0] : shape }]))], ['buffer_names', []],
    ['param_shapes', [new Map([...shapes].map(([tensor, shape]) => [tensor, { size: shape }]))]], ['frozen_param_shapes', null], ['shared_params', new Map()], ['frozen_param_fragments', null], ['ds_version', '0.15.4'], ['global_steps', 1]]);
  const row = stage === 3 ? all.reduce((sum, n) => sum + Math.ceil(n / world), 0) : Math.ceil(total / (2 * world)) * 2;
  for (let rank = 0; rank < world; rank++) {
    const flat = { key: 0, dtype: 'Float', shape: [row] };
    torchFile(path.join(tag, `bf16_zero_pp_rank_${rank}_mp_rank_00_optim_states.pt`), new Map([['optimizer_state_dict', new Map([['zero_stage', stage], ['partition_count', world], [stage === 3 ? 'fp32_flat_groups' : 'single_partition_of_fp32_groups', [flat]]])], ['ds_version', '0.15.4']]), [row * 4], block);
    if (stage === 3) torchFile(path.join(tag, `zero_pp_rank_${rank}_mp_rank_00_model_states.pt`), states, [0], block);
  }
  if (stage < 3) torchFile(path.join(tag, 'mp_rank_00_model_states.pt'), states, all.map((n) => n * 2), block);
  fs.copyFileSync(path.join(base, 'config.json'), path.join(root, 'config.json'));
  fs.writeFileSync(path.join(root, 'latest'), 'global_step1');
  return root;
}

const { base, adapters } = buildModel(values.dir, name, [16]), dir = path.join(values.dir, name), out = fs.mkdtempSync(path.join(values.dir, 'out-'));
const ours = (...args) => run([process.execPath, TEMPER, ...args, '-q']);
console.log(`${machine()}\n`);
console.log('state        command                          ms   against              ms   ratio   peak MiB');
let number = 0;
const place = () => path.join(out, String(number++)), clear = (...places) => { for (const one of places) fs.rmSync(one, { recursive: true, force: true }); };
for (const [stage, world] of [[3, 8], [2, 4]]) {
  const state = buildState(dir, base, stage, world), shards = fs.readdirSync(path.join(state, 'global_step1')).filter((file) => file.includes('optim')).map((file) => path.join(state, 'global_step1', file));
  const copy = async () => { const to = place(); fs.mkdirSync(to); const r = await run(['cp', ...shards, to]); clear(to); return r; };
  const rows = [
    ['convert', async () => { const to = place(), r = await ours('convert', state, '-o', to); clear(to); return r; }, 'cp of its shards', copy],
    ['convert --dtype bfloat16', async () => { const to = place(), r = await ours('convert', state, '-o', to, '--dtype', 'bfloat16'); clear(to); return r; }, 'cp of its shards', copy],
    ['merge into it, one pass', async () => { const to = place(), r = await ours('merge', state, adapters[16], '-o', to); clear(to); return r; }, 'convert, then merge', async () => {
      const whole = place(), to = place(), first = await ours('convert', state, '-o', whole), second = await ours('merge', whole, adapters[16], '-o', to);
      clear(whole, to);
      return { ms: first.ms + second.ms, peakMiB: Math.max(first.peakMiB, second.peakMiB) };
    }],
  ];
  await copy();
  for (const [label, one, against, other] of rows) {
    const a = [], b = [];
    for (let i = 0; i < pairs; i++) { a.push(await one()); b.push(await other()); }
    const ratio = median(a.map(({ ms }, i) => ms / b[i].ms));
    console.log(`ZeRO-${stage} × ${world}   ${label.padEnd(26)} ${median(a.map(({ ms }) => ms)).toFixed(0).padStart(8)}   ${against.padEnd(20)} ${median(b.map(({ ms }) => ms)).toFixed(0).padStart(6)}   ${ratio.toFixed(2).padStart(5)}   ${Math.max(...a.map(({ peakMiB }) => peakMiB)).toFixed(0).padStart(8)}`);
  }
}
fs.rmSync(out, { recursive: true });
