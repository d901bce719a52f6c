/**
 * @module
 * Progress on stderr. A terminal gets one line that is redrawn at most ten times a second; a log gets a plain line every
 * few seconds. Work that is done within a second shows nothing.
 */
import { printable, type Text } from '../findings/index.ts';
import { formatBytes, formatDuration, formatShare } from '../reports/numbers.ts';
import { paint, type Screen } from '../reports/screen.ts';
import { displayWidth, truncate } from '../reports/width.ts';
import type { Phase, ProgressEvent } from '../verbs/verb.ts';

/** Nothing is shown on a terminal before this; in a log not before the first plain line is due. */
const PATIENCE_MS = 1000;
/** Between two redraws on a terminal. */
const REDRAW_MS = 100;
/** Between two plain lines. */
const PLAIN_MS = 5000;
/** The rate is that of this last stretch, so that it follows a disk that slows down. */
const RATE_WINDOW_MS = 5000;

/** What is being done, as the line says it. */
export const PHASES: Readonly<Record<Phase, Text>> = {
  open: { en: 'opening', zh: '正在打开' },
  plan: { en: 'planning', zh: '正在规划' },
  run: { en: 'writing', zh: '正在写入' },
  verify: { en: 'verifying', zh: '正在核对' },
  compare: { en: 'comparing', zh: '正在比较' },
  extract: { en: 'extracting', zh: '正在提取' },
  digest: { en: 'hashing', zh: '正在计算摘要' },
  finish: { en: 'finishing', zh: '正在收尾' },
};
const LEFT: Text = { en: '{time} left', zh: '剩余 {time}' };

/** Where progress goes. */
export interface ProgressTarget {
  readonly write: (text: string) => void;
  readonly terminal: boolean;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** Shows events; `stop` takes the line away. */
export interface Progress {
  readonly onEvent: (event: ProgressEvent) => void;
  readonly stop: () => void;
}

/** Progress of one command. */
export function showProgress(screen: Screen, target: ProgressTarget): Progress {
  const started = target.now();
  const samples: { at: number; bytes: number }[] = [];
  let phase: Phase = 'open', drawn = -Infinity, visible = false;
  const draw = (line: string) => {
    if (!target.terminal) { target.write(`${line}\n`); return; }
    target.write(`\r\x1b[2K${line}`);
    visible = true;
  };
  return {
    onEvent: (event) => {
      if (event.kind === 'finding') return;
      const now = target.now();
      if (event.phase !== phase) {
        phase = event.phase;
        samples.length = 0;
        // A new phase of a long run is worth a line at once.
        drawn = -Infinity;
      }
      if (event.kind === 'progress') {
        samples.push({ at: now, bytes: event.doneBytes });
        while (samples.length > 2 && samples[1]!.at < now - RATE_WINDOW_MS) samples.shift();
      }
      if (now - started < (target.terminal ? PATIENCE_MS : PLAIN_MS) || now - drawn < (target.terminal ? REDRAW_MS : PLAIN_MS)) return;
      drawn = now;
      draw(progressLine(event, samples, screen, target.terminal));
    },
    stop: () => {
      if (visible) target.write('\r\x1b[2K');
      visible = false;
    },
  };
}

/** `writing  42%  6.75 GB of 16.1 GB  512 MB/s  18 s left  model.layers.12…` */
function progressLine(event: Exclude<ProgressEvent, { kind: 'finding' }>, samples: readonly { at: number; bytes: number }[], screen: Screen, terminal: boolean): string {
  const { language } = screen;
  const parts = [paint(screen, 'strong', PHASES[event.phase][language])];
  if (event.kind === 'progress' && event.totalBytes > 0) {
    parts.push(formatShare(event.doneBytes, event.totalBytes).replace(/\.\d+%$/, '%'), `${formatBytes(event.doneBytes)} / ${formatBytes(event.totalBytes)}`);
    const first = samples[0]!, last = samples.at(-1)!;
    const perSecond = last.at > first.at ? ((last.bytes - first.bytes) * 1000) / (last.at - first.at) : 0;
    if (perSecond > 0) {
      parts.push(`${formatBytes(perSecond)}/s`, LEFT[language].replace('{time}', formatDuration((event.totalBytes - event.doneBytes) / perSecond, language)));
    }
    if (event.current !== undefined) {
      const name = printable(event.current);
      const room = screen.columns - 1 - displayWidth(parts.join('  ')) - 2;
      parts.push(paint(screen, 'faint', terminal ? truncate(name, Math.max(0, room), true) : name));
    }
  }
  return parts.join('  ');
}
