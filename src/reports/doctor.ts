/**
 * @module
 * `temper doctor` for people: a table of check, result, recommendation, and one line that sums it up.
 */
import { printable, type Text } from '../findings/index.ts';
import type { DoctorBody, DoctorCheck } from './documents.ts';
import { blocks } from './parts.ts';
import { inLanguage, paint, type Screen, type Style } from './screen.ts';
import { pad, displayWidth } from './width.ts';
import { word } from './words.ts';
import { hanging } from './wrap.ts';

const TEXTS = {
  fine: { en: 'Temper {version} can work here.', zh: 'Temper {version} 可以在这台机器上工作。' },
  limited: { en: 'Temper {version} can work here, with the limits named above.', zh: 'Temper {version} 可以在这台机器上工作，但有上述限制。' },
  broken: { en: 'Temper {version} cannot work here: see above.', zh: 'Temper {version} 无法在这台机器上工作：见上。' },
} as const satisfies Record<string, Text>;

const SIGNS: Readonly<Record<DoctorCheck['status'], { sign: string; style: Style }>> = {
  ok: { sign: '✓', style: 'good' }, note: { sign: '·', style: 'faint' }, warning: { sign: '!', style: 'warning' }, error: { sign: '✗', style: 'error' },
};

/** The report. */
export function renderDoctor(body: DoctorBody, screen: Screen): string[] {
  const { language } = screen;
  const say = (words: DoctorCheck['value']) => printable(inLanguage(language, words));
  const width = Math.max(...body.checks.map((one) => displayWidth(say(one.title))));
  const lines: string[] = [];
  for (const check of body.checks) {
    const { sign, style } = SIGNS[check.status];
    lines.push(hanging(`${paint(screen, style, sign)} ${pad(say(check.title), width)}  `, say(check.value), screen.columns));
    if (check.recommendation !== undefined) {
      const label = `${word(language, 'recommendation')}${language === 'zh' ? '：' : ': '}`;
      lines.push(hanging(`${' '.repeat(width + 4)}${paint(screen, style, label)}`, say(check.recommendation), screen.columns));
    }
  }
  return blocks(lines, [doctorInOneLine(body, screen)]);
}

/** Whether it can work, in a sentence; for `--quiet` too. */
export function doctorInOneLine(body: DoctorBody, screen: Screen): string {
  const worst = body.checks.some((one) => one.status === 'error') ? TEXTS.broken : body.checks.some((one) => one.status === 'warning') ? TEXTS.limited : TEXTS.fine;
  return worst[screen.language].replace('{version}', body.version);
}
