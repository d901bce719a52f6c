/**
 * @module
 * `npm run example`: a tiny model recites a poem, an adapter is merged into it, and it recites another one. Runs the
 * built command the way a person would, and fails unless every recital is the expected one, to the letter.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { recite } from '../examples/forward/recite.mjs';
import { beside } from './columns.mjs';
import { withLock } from './lock.mjs';
import { COMMAND, ROOT } from './setup.mjs';

const MODEL = path.join(ROOT, 'tests/fixtures/examples/recital-zh');
/** Where the example works; ignored by git and left for those who want to look around. */
const PLACE = path.join(ROOT, '.example');
const EXPECTED = JSON.parse(fs.readFileSync(path.join(MODEL, 'expected.json'), 'utf8'));

const say = (line = '') => console.log(line);
const quote = (argument) => (/^[\w./=-]+$/.test(argument) ? argument : JSON.stringify(argument));

let steps = 0;
function caption(en, zh) {
  steps += 1;
  say(`\n── ${steps}. ${en} · ${zh}`);
}

function show(...command) {
  say(`$ ${command.map(quote).join(' ')}`);
}

/** Prints a command, runs it in the example's folder, and gives up on the whole example when it fails. */
function temper(...args) {
  show('temper', ...args);
  const { status, signal, error } = spawnSync(process.execPath, [COMMAND, ...args], { cwd: PLACE, stdio: 'inherit' });
  if (status !== 0) throw new Error(`temper ${args[0]} ended with ${error?.message ?? signal ?? `exit ${status}`}`);
}

/** Lets a model recite and compares with what it has to say. */
function hear(model, prompt, expected) {
  show('node', '../examples/forward/recite.mjs', model, prompt);
  const { text, generatedIds } = recite(path.join(PLACE, model), prompt);
  say((prompt + text).trimEnd());
  const wanted = expected.find((recital) => recital.prompt === prompt);
  if (text !== wanted.generated_text || String(generatedIds) !== String(wanted.generated_ids)) {
    throw new Error(`after ${JSON.stringify(prompt)}, ${model} should have said:\n${wanted.full_text}`);
  }
  return text;
}

function run() {
  fs.rmSync(PLACE, { recursive: true, force: true });
  for (const part of ['base', 'adapter']) fs.cpSync(path.join(MODEL, part), path.join(PLACE, part), { recursive: true });
  say('A tiny model and an adapter, copied to .example/, where all of this happens. · 一个小模型和一个适配器，已复制到 .example/，以下操作都在其中进行。');
  say('Below, temper stands for node ../dist/bin/temper.js. · 下文的 temper 即 node ../dist/bin/temper.js。');

  caption('What did fine-tuning leave behind?', '微调留下了什么？');
  temper('inspect', 'adapter');

  caption('The base knows one poem, in English.', '基座模型只会背一首英文诗。');
  hear('base', 'Tyger Tyger', EXPECTED.base);

  caption('Merge the adapter into the base.', '把适配器合并进基座模型。');
  temper('merge', 'base', 'adapter', '-o', 'merged');

  caption('Prove that the merge is in the weights.', '证明合并确实写进了权重。');
  temper('verify', 'base', 'adapter', 'merged');

  caption('The merged model recites Li Bai …', '合并后的模型会背李白 ……');
  const after = hear('merged', '静夜思', EXPECTED.merged);
  hear('merged', '春晓', EXPECTED.merged);

  caption('… and still knows The Tyger.', '…… 也还记得 The Tyger。');
  hear('merged', 'Tyger Tyger', EXPECTED.merged);

  caption('Before and after, asked for 静夜思', '合并前后对比：静夜思');
  const before = recite(path.join(PLACE, 'base'), '静夜思', 40).text;
  if (before === after) throw new Error('the base says the same as the merged model: nothing was merged');
  for (const line of beside(['base', ...before.trim().split('\n')], ['merged', ...after.trim().split('\n')])) say(line);

  say('\n✓ Merged, verified, and it recites. Next: node dist/bin/temper.js --help · 合并、验证、背诵均成功。下一步：node dist/bin/temper.js --help');
}

try {
  await withLock(path.join(ROOT, 'node_modules/.temper-example'), run, say);
} catch (error) {
  console.error(`\n✗ The example failed · 示例失败：${error.message}`);
  process.exitCode = 1;
}
