/**
 * @module
 * What a command works in: the screens, the streams, the signal, and how an answer or a failure is shown. stdout gets
 * the result, stderr everything else.
 */
import { finding, isTemperError, lookUpCode, type Finding, type Language, type Text } from '../findings/index.ts';
import { countLine, renderFindings } from '../reports/findings.ts';
import type { NextStep } from '../reports/documents.ts';
import { jsonChunks } from '../reports/json.ts';
import { blocks, nextSteps } from '../reports/parts.ts';
import type { Screen } from '../reports/screen.ts';
import { INTERNAL_ERROR } from '../verbs/codes.ts';
import type { Answer, Exit, VerbContext } from '../verbs/verb.ts';
import { VERSION } from '../version.ts';
import { STOPPED } from './codes.ts';
import type { NodeVerbs } from './door.ts';
import type { Locale } from './locale.ts';
import type { Environment } from './parse.ts';
import { showProgress } from './progress.ts';
import { resumeLines } from './resume.ts';
import { errorScreenOf, screenOf, type Preferences } from './preferences.ts';

/** A stream of this process, as far as the shell needs it. */
export interface OutputStream {
  /** Resolves when the text has been handed on. */
  readonly write: (text: string) => Promise<void>;
  readonly terminal: boolean;
  readonly columns?: number;
}

/** What the shell stands in; tests make their own. */
export interface Host {
  readonly environment: Environment;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Aborted by Ctrl-C or SIGTERM, with the signal's name as reason. */
  readonly signal: AbortSignal;
  readonly systemLocale: () => string;
  readonly exists: (path: string) => boolean;
  readonly verbs: () => Promise<NodeVerbs>;
}

/** How a body becomes text. */
export interface Rendering<Body> {
  readonly full: (body: Body, screen: Screen) => readonly string[];
  /** One line, for `--quiet`. */
  readonly brief: (body: Body, screen: Screen) => string;
  /** What to run next: shown last. */
  readonly next?: (body: Body) => readonly NextStep[] | undefined;
  /** The text already says what the findings say. */
  readonly tellsFindings?: boolean;
}

/** Given to every command. */
export interface Shell {
  readonly screen: Screen;
  readonly locale: Locale;
  /** Since the command began. */
  readonly seconds: () => number;
  readonly context: VerbContext;
  readonly verbs: () => Promise<NodeVerbs>;
  /** Shows an answer and gives its exit status. */
  readonly answer: <Body extends object>(answer: Answer<Body>, rendering: Rendering<Body>) => Promise<number>;
  /** Writes lines to stdout. */
  readonly print: (lines: readonly string[]) => Promise<void>;
}

const STOPPING: Text = { en: 'stopping when what is in hand is done; Ctrl-C again ends at once', zh: '正在停止，先完成手头的部分；再按一次 Ctrl-C 立即结束' };

const EXIT_OF_SIGNAL: Readonly<Record<string, Exit>> = { SIGINT: 130, SIGTERM: 143 };

/** A shell for one command, and what shows its failure. `words` is the whole command line, for the command that resumes. */
export function openShell(host: Host, preferences: Preferences, words: readonly string[]) {
  const screen = screenOf(host, preferences), errorScreen = errorScreenOf(host, preferences);
  const progress = showProgress(errorScreen, {
    write: (text) => { void host.stderr.write(text); }, terminal: host.stderr.terminal && host.environment['TERM'] !== 'dumb', now: () => performance.now(),
  });
  const started = performance.now();
  host.signal.addEventListener('abort', () => {
    progress.stop();
    if (host.stderr.terminal) void host.stderr.write(`${STOPPING[errorScreen.language]}\n`);
  }, { once: true });
  const printJson = async (document: { schema: string; exit: number; findings: readonly Finding[]; body: object }) => {
    const language: Language = preferences.askedLanguage ?? 'en';
    let pending = '';
    for (const chunk of jsonChunks({ version: VERSION, ...document }, language)) {
      pending += chunk;
      if (pending.length > 1 << 16) { await host.stdout.write(pending); pending = ''; }
    }
    await host.stdout.write(pending);
  };
  const print = (lines: readonly string[]) => host.stdout.write(lines.map((line) => `${line}\n`).join(''));
  const shell: Shell = {
    seconds: () => (performance.now() - started) / 1000,
    screen, locale: preferences.locale, print, verbs: host.verbs,
    context: { signal: host.signal, ...(preferences.quiet ? {} : { onEvent: progress.onEvent }) },
    answer: async (answer, { full, brief, next, tellsFindings }) => {
      progress.stop();
      await loadCodes(answer.findings);
      if (preferences.json) await printJson(answer);
      else if (preferences.quiet) await print([brief(answer.body, screen)]);
      else {
        const findings = tellsFindings ? [] : answer.findings;
        const lines = blocks(
          full(answer.body, screen), renderFindings(findings, screen), findings.length > 1 ? [countLine(findings, screen)] : [],
          nextSteps(screen, next?.(answer.body)),
        );
        await print(lines);
      }
      return answer.exit;
    },
  };
  /** Shows why a command did not run; `after` is shown below (the options that there are). */
  const fail = async (error: unknown, command: string, after: (error: unknown, screen: Screen) => readonly string[] = () => []): Promise<number> => {
    progress.stop();
    const exit = host.signal.aborted ? EXIT_OF_SIGNAL[String(host.signal.reason)] ?? 130 : 2;
    const findings = findingsOf(error, host.signal);
    if (host.environment['TEMPER_DEBUG']) await host.stderr.write(`${error instanceof Error ? stackOf(error) : String(error)}\n`);
    await loadCodes(findings);
    if (preferences.json) await printJson({ schema: `temper.${command}/1`, exit, findings, body: {} });
    else await host.stderr.write(`${[...renderFindings(findings, errorScreen), ...resumeLines(findings, words, errorScreen), ...after(error, errorScreen)].join('\n')}\n`);
    return exit;
  };
  return { shell, fail };
}

/** Findings of whatever was thrown. */
function findingsOf(error: unknown, signal: AbortSignal): readonly Finding[] {
  if (isTemperError(error)) return error.findings;
  if (signal.aborted) return [finding(STOPPED, { signal: String(signal.reason) }, { path: '.' })];
  return [finding(INTERNAL_ERROR, { message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }, { path: '.' })];
}

function stackOf(error: Error): string {
  return [error.stack ?? error.message, ...(error.cause instanceof Error ? [stackOf(error.cause)] : [])].join('\ncaused by: ');
}

/** Codes come with the rooms that raise them; a finding of a worker or a plan may be of one that is not loaded here. */
async function loadCodes(findings: readonly Finding[]): Promise<void> {
  if (findings.some((one) => lookUpCode(one.code) === undefined)) await import('./catalogue.ts');
}
