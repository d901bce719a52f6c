/**
 * Healthy directories with one thing damaged: the finding that it deserves, at its place, and no other error or warning.
 */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryFolder } from '../../src/bytes/index.ts';
import type { Profile } from '../../src/checks/index.ts';
import { findingsOf, goldenTrees } from './trees.ts';
import { safetensors, torchObject, torchTensors } from '../producers/trees.ts';

type Files = Map<string, Uint8Array>;

const trees = goldenTrees(), encoder = new TextEncoder();

/** The files of a golden directory, below `from`, without those that match `leave`. */
function filesOf(name: string, from = '', leave = /^$/): Files {
  const root = path.join(trees.find((tree) => tree.name === name)!.dir, 'tree', from), files: Files = new Map();
  for (const entry of fs.readdirSync(root, { recursive: true, withFileTypes: true })) {
    const file = path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/');
    if (entry.isFile() && !leave.test(file)) files.set(file, new Uint8Array(fs.readFileSync(path.join(root, file))));
  }
  return files;
}

const json = (value: unknown) => encoder.encode(JSON.stringify(value));
const read = (files: Files, name: string): any => JSON.parse(new TextDecoder().decode(files.get(name)));
const edit = (files: Files, name: string, change: (value: any) => void) => { const value = read(files, name); change(value); files.set(name, json(value)); };
/** A safetensors file with other tensors: bytes of those that stay are kept. */
function tensors(file: Uint8Array, change: (all: Map<string, { dtype: string; shape: number[]; bytes: Uint8Array }>) => void): Uint8Array {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true)), header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
  const all = new Map(Object.entries<any>(header).filter(([name]) => name !== '__metadata__').map(([name, { dtype, shape, data_offsets: [from, to] }]) => [name, { dtype, shape, bytes: file.slice(8 + length + from, 8 + length + to) }]));
  change(all);
  let end = 0;
  const written = JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries([...all].map(([name, { dtype, shape, bytes }]) => [name, { dtype, shape, data_offsets: [end, end += bytes.length] }])) });
  const text = encoder.encode(written.padEnd(Math.ceil(written.length / 8) * 8));
  const out = new Uint8Array(8 + text.length + end);
  new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true);
  out.set(text, 8);
  let at = 8 + text.length;
  for (const { bytes } of all.values()) { out.set(bytes, at); at += bytes.length; }
  return out;
}
const inModel = (change: Parameters<typeof tensors>[1]) => (files: Files) => { files.set('model.safetensors', tensors(files.get('model.safetensors')!, change)); };

/** What must be found, as `severity code path`. */
interface Case { readonly what: string; readonly damage: (files: Files) => void; readonly found: readonly string[]; readonly profiles?: readonly Profile[] }

const DEPLOY: readonly Profile[] = ['deploy'];

function judge(title: string, make: () => Files, cases: readonly Case[]) {
  describe(title, () => {
    it('is healthy', async () => {
      expect((await findingsOf(memoryFolder('tree', make()), ['deploy', 'manifest', 'adapter', 'llama-factory'].slice(0, title.includes('adapter') ? 4 : 2) as Profile[])).filter(({ severity }) => severity !== 'info')).toEqual([]);
    });
    for (const { what, damage, found, profiles = DEPLOY } of cases) {
      it(what, async () => {
        const files = make();
        damage(files);
        const all = (await findingsOf(memoryFolder('tree', files), profiles)).filter(({ severity }) => severity !== 'info');
        expect(all.map(({ severity, code, path: place }) => `${severity} ${code} ${place}`)).toEqual(found);
      });
    }
  });
}

const remove = (...names: readonly string[]) => (files: Files) => { for (const name of names) files.delete(name); };
const FIRST = 'model.layers.0.mlp.up_proj.weight';

judge('a model to deploy', () => filesOf('deploy-g16-leftovers', '', /^(?:global_step|latest|optimizer|scheduler|rng)/), [
  { what: 'no config.json', damage: remove('config.json'), found: ['error config-missing .'] },
  { what: 'no weights', damage: remove('model.safetensors'), found: ['error model-without-weights .'] },
  { what: 'no model_type', damage: (files) => edit(files, 'config.json', (config) => { delete config.model_type; }), found: ['error config-incomplete config.json'] },
  { what: 'a list as configuration', damage: (files) => files.set('config.json', encoder.encode('[]')), found: ['error config-incomplete config.json'] },
  { what: 'no tokenizer', damage: remove('tokenizer.json', 'tokenizer_config.json'), found: ['error tokenizer-missing .'] },
  { what: 'no tokenizer, and nobody asks', damage: remove('tokenizer.json', 'tokenizer_config.json'), profiles: [], found: [] },
  { what: 'no vocabulary', damage: remove('tokenizer.json'), found: ['error tokenizer-missing .'] },
  { what: 'no chat template', damage: remove('chat_template.jinja'), found: ['warning chat-template-missing .'] },
  { what: 'a chat template that does not parse', damage: (files) => files.set('chat_template.jinja', encoder.encode('{% for m in messages %}{{ m }}')), profiles: [], found: ['warning chat-template-broken chat_template.jinja'] },
  { what: 'a chat template whose ends are crossed', damage: (files) => files.set('chat_template.jinja', encoder.encode('{% for m in messages %}{% if m.role %}{{ m }}{% endfor %}')), profiles: [], found: ['warning chat-template-broken chat_template.jinja'] },
  { what: 'a chat template with tags in its texts', damage: (files) => files.set('chat_template.jinja', encoder.encode("{# {% if %} #}{% for m in messages %}{{ '{% if %}' + m }}{% set a = '%}' %}{% set b %}x{% endset %}{% raw %}{% if %}{% endraw %}{% endfor %}")), profiles: [], found: [] },
  { what: 'nothing where the chat template was', damage: (files) => files.set('chat_template.jinja', new Uint8Array(0)), profiles: [], found: ['error file-not-what-named chat_template.jinja'] },
  { what: 'code that is not there', damage: (files) => edit(files, 'config.json', (config) => { config.auto_map = { AutoConfig: 'configuration_x.XConfig' }; }), found: ['error remote-code-missing config.json'] },
  { what: 'code without the class', damage: (files) => { edit(files, 'config.json', (config) => { config.auto_map = { AutoConfig: 'configuration_x.XConfig' }; }); files.set('configuration_x.py', encoder.encode('class Y: pass\n')); }, found: ['error remote-code-missing config.json'] },
  { what: 'code whose import is missing', damage: (files) => { edit(files, 'config.json', (config) => { config.auto_map = { AutoConfig: 'configuration_x.XConfig' }; }); files.set('configuration_x.py', encoder.encode('from .other import a\nclass XConfig: pass\n')); }, found: ['error remote-code-missing config.json'] },
  { what: 'code whose neighbour is missing', damage: (files) => { edit(files, 'config.json', (config) => { config.auto_map = { AutoConfig: 'configuration_x.XConfig' }; }); files.set('configuration_x.py', encoder.encode('from . import other\nclass XConfig: pass\n')); }, found: ['error remote-code-missing config.json'] },
  { what: 'code that was not fetched', damage: (files) => { edit(files, 'config.json', (config) => { config.auto_map = { AutoConfig: 'configuration_x.XConfig' }; }); files.set('configuration_x.py', encoder.encode(`version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 9\n`)); }, found: ['error file-not-what-named configuration_x.py'] },
  { what: 'code with an optional import', damage: (files) => { edit(files, 'config.json', (config) => { config.auto_map = { AutoConfig: 'configuration_x.XConfig' }; }); files.set('configuration_x.py', encoder.encode('try:\n    from .other import a\nexcept ImportError: pass\nclass XConfig: pass\n')); }, found: [] },
  { what: 'code that climbs out of the directory', damage: (files) => edit(files, 'config.json', (config) => { config.auto_map = { AutoConfig: '../../evil.XConfig' }; }), found: ['error remote-code-missing config.json'] },
  { what: 'code on the hub', damage: (files) => edit(files, 'config.json', (config) => { config.auto_map = { AutoConfig: 'org/name--configuration_x.XConfig' }; }), found: ['warning remote-code-elsewhere config.json'] },
  { what: 'sampling fields while sampling is off', damage: (files) => edit(files, 'generation_config.json', (config) => { config.temperature = 0.6; }), found: ['warning generation-config-refused generation_config.json'] },
  { what: 'generation without tokens', damage: (files) => edit(files, 'generation_config.json', (config) => { config.max_new_tokens = 0; }), found: ['warning generation-config-refused generation_config.json'] },
  { what: 'a cache that nobody knows', damage: (files) => edit(files, 'generation_config.json', (config) => { config.cache_implementation = 'endless'; }), found: ['warning generation-config-refused generation_config.json'] },
  { what: 'several answers of one beam', damage: (files) => edit(files, 'generation_config.json', (config) => { config.num_return_sequences = 3; }), found: ['warning generation-config-refused generation_config.json'] },
  { what: 'sampling fields while sampling', damage: (files) => edit(files, 'generation_config.json', (config) => { config.temperature = 0.6; config.do_sample = true; }), found: [] },
  { what: 'ids beyond the vocabulary', damage: (files) => edit(files, 'generation_config.json', (config) => { config.eos_token_id = [2, 9999]; }), found: ['error special-id-out-of-range generation_config.json'] },
  { what: 'an id that the tokenizer gives another token', damage: (files) => { edit(files, 'config.json', (config) => { config.eos_token_id = 7; }); edit(files, 'generation_config.json', (config) => { config.eos_token_id = 7; }); }, found: ['warning special-id-differs config.json'] },
  { what: 'another padding for generation', damage: (files) => { edit(files, 'config.json', (config) => { config.pad_token_id = 3; }); edit(files, 'generation_config.json', (config) => { config.pad_token_id = 7; }); }, found: ['warning special-id-differs generation_config.json'] },
  { what: 'padding beyond the vocabulary', damage: (files) => edit(files, 'config.json', (config) => { config.pad_token_id = 9999; }), found: ['error special-id-out-of-range config.json'] },
  { what: 'an end of answers that only generation knows, as the tokenizer does', damage: (files) => edit(files, 'config.json', (config) => { config.eos_token_id = 7; }), found: [] },
  { what: 'two ends of answers, and a tokenizer that says nothing', damage: (files) => { edit(files, 'config.json', (config) => { config.eos_token_id = 7; }); edit(files, 'tokenizer_config.json', (value) => { delete value.eos_token; }); }, found: ['warning special-id-differs generation_config.json'] },
  { what: 'a generation that ends elsewhere', damage: (files) => edit(files, 'generation_config.json', (config) => { config.eos_token_id = 7; }), found: ['warning special-id-differs generation_config.json'] },
  { what: 'another vocab_size', damage: (files) => edit(files, 'config.json', (config) => { config.vocab_size = 300; }), found: ['error vocab-size-differs config.json'] },
  { what: 'a longer tokenizer', damage: (files) => edit(files, 'tokenizer.json', (value) => { value.added_tokens.push({ id: 400, content: '<new>', special: true }); }), found: ['error tokenizer-longer-than-embedding tokenizer.json'] },
  { what: 'tokens that only the config adds', damage: (files) => edit(files, 'tokenizer_config.json', (value) => { value.added_tokens_decoder = { 400: { content: '<new>' } }; }), found: ['error tokenizer-longer-than-embedding tokenizer_config.json'] },
  { what: 'a config with layers without end', damage: (files) => edit(files, 'config.json', (config) => { config.num_hidden_layers = 2 ** 40; }), found: [...Array(9).fill('error model-tensor-missing model.safetensors'), 'error model-tensors-missing model.safetensors'] },
  { what: 'a tensor is missing', damage: inModel((all) => all.delete(FIRST)), found: ['error model-tensor-missing model.safetensors'] },
  { what: 'a tensor of another shape', damage: inModel((all) => { all.get(FIRST)!.shape.reverse(); }), found: ['error model-tensor-shape model.safetensors'] },
  { what: 'a layer too many', damage: inModel((all) => all.set('model.layers.9.mlp.up_proj.weight', all.get(FIRST)!)), found: ['warning model-tensor-unexpected model.safetensors'] },
  { what: 'a tensor of another architecture', damage: inModel((all) => all.set('model.layers.0.mlp.extra_proj.weight', all.get(FIRST)!)), found: ['warning model-tensor-unknown model.safetensors'] },
  { what: 'biases that the config promises', damage: (files) => edit(files, 'config.json', (config) => { config.num_hidden_layers = 2; config.mlp_bias = true; }), found: Array(6).fill('error model-tensor-missing model.safetensors') },
  { what: 'NaN', damage: inModel((all) => { all.get(FIRST)!.bytes.set([0xc0, 0x7f], 20); }), profiles: [], found: ['error not-finite model.safetensors'] },
  { what: 'infinity in the last element', damage: inModel((all) => { const { bytes } = all.get(FIRST)!; bytes.set([0x80, 0xff], bytes.length - 2); }), profiles: [], found: ['error not-finite model.safetensors'] },
  { what: 'a matrix of zeros', damage: inModel((all) => { all.get(FIRST)!.bytes.fill(0); }), profiles: [], found: ['warning all-zero-tensor model.safetensors'] },
  { what: 'one value in a matrix of negative zeros', damage: inModel((all) => { const { bytes } = all.get(FIRST)!; bytes.fill(0); for (let i = 1; i < bytes.length; i += 2) bytes[i] = 0x80; bytes[bytes.length - 2] = 1; }), profiles: [], found: [] },
  { what: 'a hollow tensor', damage: inModel((all) => { all.set(FIRST, { dtype: 'BF16', shape: [0], bytes: new Uint8Array(0) }); }), profiles: [], found: ['error hollow-tensor model.safetensors'] },
  { what: 'another dtype', damage: inModel((all) => { const one = all.get(FIRST)!; one.dtype = 'F32'; one.bytes = new Uint8Array(one.bytes.length * 2).fill(1); }), profiles: [], found: ['warning dtypes-mixed model.safetensors'] },
  { what: 'the dtype that the config does not say', damage: (files) => edit(files, 'config.json', (config) => { config.dtype = 'float16'; }), profiles: [], found: ['warning dtype-differs config.json'] },
  { what: 'keys of an adapter', damage: inModel((all) => { all.set('model.layers.0.mlp.up_proj.lora_A.default.weight', { dtype: 'BF16', shape: [1, 8], bytes: new Uint8Array(16).fill(1) }); }), profiles: [], found: ['error wrapper-key-in-model model.safetensors'] },
  { what: 'keys of DataParallel', damage: inModel((all) => { for (const [name, one] of Array.from(all)) { all.delete(name); all.set(`module.${name}`, one); } }), profiles: [], found: Array(21).fill('error wrapper-key-in-model model.safetensors') },
  { what: 'no head', damage: inModel((all) => all.delete('lm_head.weight')), profiles: [], found: ['error head-missing model.safetensors'] },
  { what: 'no head, and a config without a word on it', damage: (files) => { inModel((all) => all.delete('lm_head.weight'))(files); edit(files, 'config.json', (config) => { delete config.tie_word_embeddings; }); }, profiles: [], found: ['error head-missing model.safetensors'] },
  { what: 'no head of a classifier', damage: (files) => { inModel((all) => all.delete('lm_head.weight'))(files); edit(files, 'config.json', (config) => { config.architectures = ['LlamaForSequenceClassification']; }); }, profiles: [], found: ['error model-tensor-missing model.safetensors'] },
  { what: 'no head, and none is needed', damage: (files) => { inModel((all) => all.delete('lm_head.weight'))(files); edit(files, 'config.json', (config) => { config.tie_word_embeddings = true; }); }, profiles: [], found: [] },
  { what: 'a head that should be the embedding', damage: (files) => edit(files, 'config.json', (config) => { config.tie_word_embeddings = true; }), profiles: [], found: ['error tied-head-differs model.safetensors'] },
  { what: 'a twin of other values', damage: (files) => files.set('pytorch_model.bin', torchTensors(Object.fromEntries([['a', [2, 2]]]))), profiles: [], found: ['error twins-differ pytorch_model.bin'] },
  { what: 'a twin that lacks a norm, with another one like it', damage: (files) => { inModel((all) => { for (const name of ['model.norm.weight', 'model.layers.0.input_layernorm.weight']) all.get(name)!.bytes.fill(0x3f); })(files); const all = tensors(files.get('model.safetensors')!, (some) => some.delete('model.norm.weight')); files.set('pytorch_model.bin', all); }, profiles: [], found: ['error file-not-what-named pytorch_model.bin', 'error twins-differ pytorch_model.bin'] },
  { what: 'a stale index of the other format', damage: (files) => files.set('pytorch_model.bin.index.json', json({ metadata: { total_size: 4 }, weight_map: { a: 'pytorch_model-00001-of-00001.bin' } })), profiles: [], found: ['warning stale-index pytorch_model.bin.index.json'] },
  { what: 'a stale index', damage: (files) => files.set('model.safetensors.index.json', json({ metadata: { total_size: 4 }, weight_map: { a: 'model-00001-of-00001.safetensors' } })), profiles: [], found: ['warning stale-index model.safetensors.index.json'] },
  { what: 'a page instead of the weights', damage: (files) => files.set('model.safetensors', encoder.encode('<!DOCTYPE html><html><body>Not found</body></html>')), profiles: [], found: ['error html-page model.safetensors'] },
  { what: 'half of a configuration', damage: (files) => files.set('generation_config.json', files.get('generation_config.json')!.slice(0, 20)), profiles: [], found: ['error file-not-what-named generation_config.json'] },
  { what: 'a pickle that runs something', damage: (files) => files.set('pytorch_model.bin', torchObject('cos\nsystem\n(X\x04\0\0\0echotR.')), profiles: [], found: ['error twins-differ pytorch_model.bin', 'error scan-dangerous pytorch_model.bin'] },
  { what: 'a file that the manifest knows otherwise', damage: (files) => files.set('SHA256SUMS', encoder.encode(`${'0'.repeat(64)}  config.json\n${'0'.repeat(64)}  gone.txt\n`)), profiles: ['manifest'], found: ['error manifest-mismatch config.json', 'error manifest-file-missing gone.txt'] },
]);

judge('Qwen of the first generation', () => filesOf('qwen1-deploy-complete'), [
  { what: 'no code of the tokenizer', damage: remove('tokenization_qwen.py'), found: ['error qwen-directory-incomplete .', 'error remote-code-missing tokenizer_config.json'] },
  { what: 'no auto_map for the tokenizer', damage: (files) => edit(files, 'tokenizer_config.json', (value) => { delete value.auto_map; }), found: ['error qwen-directory-incomplete tokenizer_config.json'] },
  { what: 'no chat format', damage: (files) => edit(files, 'generation_config.json', (value) => { delete value.chat_format; }), found: ['warning qwen-directory-incomplete generation_config.json'] },
  { what: 'a shard is missing', damage: remove('model-00002-of-00002.safetensors'), found: ['error missing-shard model-00002-of-00002.safetensors'] },
  { what: 'no index', damage: remove('model.safetensors.index.json'), found: ['error no-index .'] },
]);

judge('shards', () => filesOf('qwen1-deploy-complete'), [
  { what: 'one that the index does not name', damage: (files) => files.set('model-00003-of-00003.safetensors', safetensors({ x: [2, 2] })), found: ['error shard-unreferenced model-00003-of-00003.safetensors'] },
  { what: 'an index that is cut off', damage: (files) => files.set('model.safetensors.index.json', files.get('model.safetensors.index.json')!.slice(0, 90)), found: ['error json-malformed model.safetensors.index.json'] },
  { what: 'a tensor that the index looks for elsewhere', damage: (files) => edit(files, 'model.safetensors.index.json', (index) => { const map = index.weight_map, first = Object.keys(map)[0]!; map[first] = Object.values(map).find((shard) => shard !== map[first]); }), found: ['error index-missing-tensor model.safetensors.index.json'] },
  { what: 'all gone, and a whole file beside the index', damage: (files) => { remove('model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors')(files); files.set('pytorch_model.bin', torchTensors({ x: [2, 2] })); }, found: ['error stale-index-wins model.safetensors.index.json'] },
]);

judge('LLaMA in its own layout', () => filesOf('llama-pth-2shards', 'pth'), [
  { what: 'a vocabulary that is cut off', damage: (files) => files.set('tokenizer.model', files.get('tokenizer.model')!.slice(0, 3001)), profiles: [], found: ['error vocabulary-unreadable tokenizer.model'] },
  { what: 'the last part is missing', damage: remove('consolidated.01.pth'), profiles: [], found: ['error llama-pth-incomplete consolidated.01.pth'] },
  { what: 'a layer more than there is', damage: (files) => edit(files, 'params.json', (value) => { value.n_layers++; }), profiles: [], found: ['error llama-pth-incomplete params.json'] },
  { what: 'no parameters', damage: remove('params.json'), profiles: [], found: ['error llama-pth-incomplete .'] },
  { what: 'the first file is missing', damage: remove('consolidated.00.pth'), profiles: [], found: ['error llama-pth-incomplete consolidated.00.pth'] },
  { what: 'another width', damage: (files) => edit(files, 'params.json', (value) => { value.dim = 48; }), profiles: [], found: ['error llama-pth-incomplete params.json'] },
]);

judge('an adapter of a run', () => filesOf('llamafactory-lora'), [
  { what: 'no weights', damage: remove('adapter_model.safetensors'), profiles: [], found: ['error adapter-weights-missing .'] },
  { what: 'another rank in the config', damage: (files) => edit(files, 'adapter_config.json', (value) => { value.r = 16; }), profiles: [], found: ['error adapter-rank-differs adapter_config.json'] },
  { what: 'the untrained copy of a module, which PEFT writes too', damage: (files) => files.set('adapter_model.safetensors', tensors(files.get('adapter_model.safetensors')!, (all) => all.set('base_model.model.lm_head.original_module.weight', { dtype: 'F32', shape: [1, 2], bytes: new Uint8Array(8).fill(1) }))), profiles: [], found: [] },
  { what: 'keys of a model in memory', damage: (files) => files.set('adapter_model.safetensors', tensors(files.get('adapter_model.safetensors')!, (all) => { for (const [name, one] of Array.from(all)) { all.delete(name); all.set(name.replace(/\.weight$/, '.default.weight'), one); } })), profiles: [], found: ['warning raw-keys adapter_model.safetensors'] },
  { what: 'a method that nobody writes', damage: (files) => edit(files, 'adapter_config.json', (value) => { value.peft_type = 'LORRA'; }), profiles: [], found: ['error unknown-method adapter_config.json'] },
  { what: 'half of a pair', damage: (files) => files.set('adapter_model.safetensors', tensors(files.get('adapter_model.safetensors')!, (all) => all.delete([...all.keys()][0]!))), profiles: [], found: ['error incomplete-pair adapter_model.safetensors'] },
  { what: 'no base', damage: (files) => edit(files, 'adapter_config.json', (value) => { value.base_model_name_or_path = ''; }), profiles: [], found: ['error base-name adapter_config.json'] },
  { what: 'a base that is the adapter itself', damage: (files) => { remove('README.md')(files); edit(files, 'adapter_config.json', (value) => { value.base_model_name_or_path = './'; }); }, profiles: [], found: ['warning base-names-disagree .', 'warning base-name adapter_config.json'] },
  { what: 'a checkpoint of another base', damage: (files) => edit(files, 'checkpoint-4/adapter_config.json', (value) => { value.base_model_name_or_path = 'other/base'; }), profiles: [], found: ['warning base-names-disagree .', 'warning base-name-differs-from-card checkpoint-4/README.md'] },
  { what: 'a run that stopped', damage: (files) => edit(files, 'trainer_state.json', (value) => { value.max_steps = 100; }), profiles: [], found: ['warning training-stopped-early trainer_state.json'] },
  { what: 'a checkpoint without its optimizer', damage: remove('checkpoint-4/optimizer.pt'), profiles: ['resume'], found: ['warning cannot-resume checkpoint-4'] },
  { what: 'a checkpoint of another step', damage: (files) => edit(files, 'checkpoint-4/trainer_state.json', (value) => { value.global_step = 3; }), profiles: ['resume'], found: ['error cannot-resume checkpoint-4'] },
  { what: 'a module that was to be saved', damage: (files) => edit(files, 'adapter_config.json', (value) => { value.modules_to_save = ['lm_head']; }), profiles: [], found: ['error saved-module-lost adapter_model.safetensors'] },
  { what: 'the heads that a task may have', damage: (files) => { edit(files, 'adapter_config.json', (value) => { value.modules_to_save = ['classifier', 'score']; value.task_type = 'SEQ_CLS'; }); files.set('adapter_model.safetensors', tensors(files.get('adapter_model.safetensors')!, (all) => all.set('base_model.model.score.weight', { dtype: 'F32', shape: [1, 2], bytes: new Uint8Array(8).fill(1) }))); }, profiles: [], found: [] },
  { what: 'a checkpoint without weights', damage: remove('checkpoint-4/adapter_model.safetensors'), profiles: [], found: ['error adapter-weights-missing checkpoint-4'] },
  { what: 'the results of the run', damage: remove('train_results.json', 'trainer_log.jsonl'), profiles: ['llama-factory'], found: ['warning program-file-missing .', 'warning program-file-missing .'] },
  { what: 'an interrupted save', damage: (files) => files.set('tmp-checkpoint-6/rng_state.pth', files.get('checkpoint-4/rng_state.pth')!), profiles: [], found: ['warning interrupted-save tmp-checkpoint-6'] },
]);

judge('sentence-transformers', () => filesOf('st-layout6-bge'), [
  { what: 'a folder is missing', damage: remove('2_Normalize/config.json'), profiles: [], found: ['error sentence-transformers-module modules.json'] },
  { what: 'another width', damage: (files) => edit(files, '1_Pooling/config.json', (value) => { value.embedding_dimension = 48; }), profiles: [], found: ['error sentence-transformers-module 1_Pooling/config.json'] },
  { what: 'another pooling than the family has', damage: (files) => { edit(files, 'config.json', (value) => { value._name_or_path = 'BAAI/bge-small-en-v1.5'; }); edit(files, '1_Pooling/config.json', (value) => { value.pooling_mode = 'mean'; }); }, profiles: [], found: ['warning sentence-transformers-pooling 1_Pooling/config.json'] },
  { what: 'a head of M3 of another width', damage: (files) => files.set('sparse_linear.pt', torchTensors({ weight: [1, 8], bias: [1] })), profiles: [], found: ['error m3-head-shape sparse_linear.pt'] },
]);

describe('a file that no loader of models looks for', () => {
  it('needs no configuration', async () => {
    const folder = memoryFolder('tree', new Map([['pytorch_lora_weights.safetensors', safetensors({ 'unet.down.weight': [2] })]]));
    expect((await findingsOf(folder)).filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});

describe('nothing', () => {
  it('is not fine', async () => {
    for (const files of [new Map(), new Map([['notes.txt', encoder.encode('hello')]])] as Files[]) {
      expect((await findingsOf(memoryFolder('tree', files))).map(({ severity, code }) => `${severity} ${code}`)).toEqual(['error nothing-recognised']);
    }
  });

  it('that could be deployed is said', async () => {
    expect((await findingsOf(memoryFolder('tree', filesOf('llamafactory-lora')), ['deploy'])).map(({ code }) => code)).toEqual(['nothing-to-deploy']);
  });
});

describe('a single file', () => {
  it('is asked what a file can answer', async () => {
    const folder = memoryFolder('tree', new Map([['model.safetensors', safetensors({ 'a.weight': [0, 4] })]]));
    expect((await findingsOf(folder)).map(({ code }) => code)).toContain('hollow-tensor');
  });
});

describe('parts of larger layouts', () => {
  const told = async (files: Files) => (await findingsOf(memoryFolder('tree', files))).filter(({ severity }) => severity !== 'info').map(({ severity, code, path: place }) => `${severity} ${code} ${place}`);
  it('a projector has both of its layers', async () => {
    const whole = { 'model.0.weight': [32, 24], 'model.0.bias': [32], 'model.2.weight': [32, 32], 'model.2.bias': [32] };
    const make = (shapes: Readonly<Record<string, readonly number[]>>) => filesOf('xt-llava-export-825').set('iter_8_xtuner/projector/pytorch_model.bin', torchTensors(shapes));
    const { 'model.2.bias': bias, ...part } = whole;
    expect(bias).toEqual([32]);
    const lacks = (found: readonly string[]) => found.filter((one) => one.includes('parts-differ'));
    expect(lacks(await told(make(whole)))).toEqual([]);
    expect(lacks(await told(make(part)))).toEqual(['error xtuner-parts-differ iter_8_xtuner/projector/pytorch_model.bin']);
  });
  it('a dense module has the sides of its configuration', async () => {
    const make = (into: number) => {
      const files = filesOf('st-layout6-bge'), width = read(files, 'config.json').hidden_size;
      edit(files, 'modules.json', (modules) => { modules.push({ idx: 3, name: '3', path: '3_Dense', type: 'sentence_transformers.models.Dense' }); });
      files.set('3_Dense/config.json', json({ in_features: into, out_features: 4, bias: false })).set('3_Dense/model.safetensors', safetensors({ 'linear.weight': [4, width] }));
      return { files, width };
    };
    const { files, width } = make(0);
    expect((await told(files)).filter((one) => one.includes('module'))).toEqual(['error sentence-transformers-module 3_Dense/config.json']);
    expect((await told(make(width).files)).filter((one) => one.includes('module'))).toEqual([]);
  });
});
