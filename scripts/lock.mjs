/**
 * @module
 * A lock between processes: a directory that holds its owner's process id. A lock whose owner is gone is taken over.
 */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How often a waiting process looks again, in milliseconds. */
const POLL_MS = 300;
/** A lock without a process id is being made this very moment; after this long its maker must have died in between. */
const UNSIGNED_MS = 10_000;

const attempt = (action, otherwise) => { try { return action(); } catch { return otherwise; } };

function ownerOf(lock) {
  const pid = Number(attempt(() => fs.readFileSync(path.join(lock, 'pid'), 'utf8'), ''));
  return pid > 0 ? pid : undefined;
}

/** Whether the owner of the lock no longer runs. EPERM means that it runs, as somebody else. */
function isAbandoned(lock) {
  const pid = ownerOf(lock);
  if (pid === undefined) return attempt(() => Date.now() - fs.statSync(lock).mtimeMs > UNSIGNED_MS, false);
  try { process.kill(pid, 0); return false; } catch (error) { return error.code === 'ESRCH'; }
}

/** Removes an abandoned lock. Of several processes only the one that makes `takeover` inside it may, after a second look. */
function clearAbandoned(lock) {
  const takeover = path.join(lock, 'takeover');
  if (!attempt(() => { fs.mkdirSync(takeover); return true; }, false)) return;
  if (isAbandoned(lock)) fs.rmSync(lock, { recursive: true, force: true });
  else attempt(() => fs.rmdirSync(takeover));
}

/** Runs `action` while no other process holds `lock`. `say` gets one line when it has to wait. */
export async function withLock(lock, action, say) {
  let told = false;
  while (!attempt(() => { fs.mkdirSync(lock); return true; }, false)) {
    if (!fs.existsSync(path.dirname(lock))) throw new Error(`${path.dirname(lock)} does not exist`);
    if (isAbandoned(lock)) clearAbandoned(lock);
    else if (!told) {
      told = true;
      say(`waiting for process ${ownerOf(lock) ?? '?'}, which holds ${lock} / 正在等待另一个进程 …`);
    }
    await sleep(POLL_MS);
  }
  const release = () => fs.rmSync(lock, { recursive: true, force: true });
  const interrupted = () => { release(); process.exit(130); };
  process.once('SIGINT', interrupted);
  try {
    fs.writeFileSync(path.join(lock, 'pid'), String(process.pid));
    return await action();
  } finally {
    process.off('SIGINT', interrupted);
    release();
  }
}
