/**
 * @module
 * Numbers as the people of this field write them: sizes in decimal GB like the Hub, parameters as 8.03B.
 */
import type { Language } from '../findings/index.ts';

/** Three significant digits: `8.03`, `16.1`, `135`. */
function threeDigits(value: number): string {
  if (value < 9.995) return value.toFixed(2);
  return value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}

function scaled(value: number, units: readonly string[], space: string): string {
  let unit = -1;
  while (unit < units.length - 1 && value >= 999.5) {
    value /= 1000;
    unit++;
  }
  return unit < 0 ? `${value}` : `${threeDigits(value)}${space}${units[unit]}`;
}

/** Bytes with a decimal unit: `512 B`, `16.1 GB`. */
export function formatBytes(bytes: number): string {
  return bytes < 999.5 ? `${Math.round(bytes)} B` : scaled(bytes, ['kB', 'MB', 'GB', 'TB', 'PB'], ' ');
}

/** A memory budget with a binary unit where it is a round one (`512 MiB`), else as `formatBytes`. */
export function formatMemory(bytes: number): string {
  const MiB = 2 ** 20;
  if (bytes > 0 && bytes % MiB === 0) return bytes % (1024 * MiB) === 0 ? `${bytes / (1024 * MiB)} GiB` : `${bytes / MiB} MiB`;
  return formatBytes(bytes);
}

/** A number of parameters: `512`, `124M`, `8.03B`. */
export function formatParameters(count: number): string {
  return scaled(count, ['K', 'M', 'B', 'T'], '');
}

/** A whole number with commas: `1,234,567`. */
export function formatCount(count: number): string {
  return Number.isInteger(count) ? String(count).replace(/\B(?=(\d{3})+$)/g, ',') : String(count);
}

/** A real number in at most `digits` significant digits, without trailing zeros: `0.5`, `2`, `1.41`, `3.2e-7`. */
export function formatNumber(value: number, digits = 4): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const magnitude = Math.abs(value);
  if (magnitude < 1e-4 || magnitude >= 1e9) return value.toExponential(digits - 1).replace(/\.?0+e/, 'e').replace('e+', 'e');
  return String(Number(value.toPrecision(digits)));
}

/** A share of 1 in percent. Never rounds something to nothing or to everything: `<0.01%`, `>99.99%`. */
export function formatShare(part: number, whole: number): string {
  if (whole === 0) return '0%';
  const percent = (100 * part) / whole;
  if (part > 0 && percent < 0.01) return '<0.01%';
  if (part < whole && percent > 99.99) return '>99.99%';
  return `${Number(percent.toPrecision(percent >= 10 ? 3 : 2))}%`;
}

/** A duration: `0.4 s`, `12 s`, `3 min 20 s`, `1 h 02 min`. */
export function formatDuration(seconds: number, language: Language): string {
  const [s, min, h] = language === 'zh' ? ['秒', '分', '小时'] : ['s', 'min', 'h'];
  const tens = Math.round(seconds * 10) / 10;
  if (tens < 10) return `${tens.toFixed(1)} ${s}`;
  const whole = Math.round(seconds), two = (n: number) => String(n).padStart(2, '0');
  if (whole < 60) return `${whole} ${s}`;
  if (whole < 3600) return `${Math.floor(whole / 60)} ${min} ${two(whole % 60)} ${s}`;
  return `${Math.floor(whole / 3600)} ${h} ${two(Math.floor(whole / 60) % 60)} ${min}`;
}
