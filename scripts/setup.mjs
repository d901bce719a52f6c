/**
 * @module
 * Everything a fresh clone needs before anything can run: packages and the build, each only when missing or out of date.
 * Node's own modules only, because nothing is installed yet. Prints one line per step that it takes, nothing otherwise.
 *
 *     node scripts/setup.mjs [--packages]
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withLock } from './lock.mjs';
import { sourcesDigest } from './sources.mjs';

/** The folder of package.json. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** The built command; its presence says that a build once finished. */
export const COMMAND = path.join(ROOT, 'dist/bin/temper.js');

/** What the build was made from. In dist/, so that whatever empties dist/ also asks for a build. */
const BUILT_FROM = path.join(ROOT, 'dist/.built-from');

const readJson = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));

/** Throws a sentence for people when this Node is older than package.json asks for. */
function requireNode() {
  const asked = readJson(path.join(ROOT, 'package.json')).engines.node.replace(/^\D+/, '');
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [wantMajor, wantMinor] = asked.split('.').map(Number);
  if (major > wantMajor || (major === wantMajor && minor >= wantMinor)) return;
  throw new Error(`Temper needs Node ${asked} or newer; this is ${process.versions.node}. Install a current one from https://nodejs.org, then run the same command again.\n`
    + `Temper 需要 Node ${asked} 或更新版本；当前是 ${process.versions.node}。请从 https://nodejs.org 安装较新的版本，然后重新运行同一条命令。`);
}

/**
 * Whether node_modules holds what package-lock.json says. npm leaves its own record of what it installed there, as its
 * last step, so an interrupted install has none.
 */
function packagesAreCurrent() {
  const record = path.join(ROOT, 'node_modules/.package-lock.json');
  if (!fs.existsSync(record)) return false;
  const wanted = readJson(path.join(ROOT, 'package-lock.json')).packages, installed = readJson(record).packages;
  return Object.entries(wanted).every(([place, { version, optional }]) =>
    place === '' || (installed[place] ? installed[place].version === version : optional === true));
}

const buildIsCurrent = () => fs.existsSync(COMMAND) && fs.existsSync(BUILT_FROM)
  && fs.readFileSync(BUILT_FROM, 'utf8') === sourcesDigest(ROOT);

/** Runs a program quietly; what it printed is shown only when it fails. */
function quietly(what, command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    const printed = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => printed.push(part));
    child.on('error', reject);
    child.on('close', (status, signal) => {
      if (status === 0) resolve();
      else reject(new Error(`${what} failed (${signal ?? `exit ${status}`}):\n${Buffer.concat(printed).toString().trim()}`));
    });
  });
}

function installPackages() {
  // No package that is used needs its install script; --include=dev because NODE_ENV=production would leave the tools out.
  const args = ['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  if (npm && /npm-cli\.c?js$/.test(npm)) return quietly('npm ci', process.execPath, [npm, ...args]);
  return quietly('npm ci', 'npm', args, { shell: process.platform === 'win32' });
}

async function build() {
  const digest = sourcesDigest(ROOT);
  await quietly('the build', process.execPath, [path.join(ROOT, 'scripts/build.mjs')]);
  fs.writeFileSync(BUILT_FROM, digest);
}

/** The steps of a set-up, in order. */
const STEPS = [
  { isDone: packagesAreCurrent, forTools: true, say: 'installing packages (npm ci) / 正在安装依赖 …', run: installPackages },
  { isDone: buildIsCurrent, say: 'building (scripts/build.mjs) / 正在构建 …', run: build },
];

const say = (line) => console.error(`temper: ${line}`);

/**
 * Makes the clone ready; with `packagesOnly`, ready for tools that read the sources themselves. Two at once are safe:
 * the second waits for the first and then finds everything done.
 */
async function setUp({ packagesOnly = false } = {}) {
  requireNode();
  const steps = STEPS.filter(({ forTools }) => forTools || !packagesOnly);
  if (steps.every(({ isDone }) => isDone())) return;
  await withLock(path.join(ROOT, '.temper-setup'), async () => {
    for (const step of steps) {
      if (step.isDone()) continue;
      say(step.say);
      await step.run();
    }
  }, say);
}

/** Sets up; on failure prints the reason without a stack and ends the process. */
export async function setUpOrExit(options) {
  try {
    await setUp(options);
  } catch (error) {
    console.error(`temper: ${error.message}`);
    process.exit(1);
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(fs.realpathSync(process.argv[1])).href) {
  await setUpOrExit({ packagesOnly: process.argv.includes('--packages') });
}
