/**
 * @module
 * Tables without borders: columns two spaces apart, numbers to the right, the widest text column cut when a row would
 * not fit on the screen.
 */
import { paint, type Screen, type Style } from './screen.ts';
import { displayWidth, pad, truncate } from './width.ts';

/** One cell: a text, or a text with its style. */
export type Cell = string | { readonly text: string; readonly style: Style };

/** A line across all columns: texts one after the other, whatever the columns are. */
export interface Span { readonly span: readonly Cell[] }

/** One row. */
export type Row = readonly Cell[] | Span;

/** One column. */
export interface Column {
  /** Heading; none of the columns has one: no heading line. */
  readonly title?: string;
  readonly align?: 'left' | 'right';
  /** May be cut to fit. From the middle for names, so that both ends stay. */
  readonly cut?: 'end' | 'middle';
}

/** Narrower than this a cut column says nothing any more. */
const LEAST_COLUMNS = 8;
const GAP = '  ';

const isSpan = (row: Row): row is Span => 'span' in row;

const textOf = (cell: Cell | undefined) => (cell === undefined ? '' : typeof cell === 'string' ? cell : cell.text);
const styleOf = (cell: Cell | undefined) => (cell === undefined || typeof cell === 'string' ? undefined : cell.style);

/** Lines of a table, each beginning with `indent`. */
export function table(screen: Screen, columns: readonly Column[], rows: readonly Row[], indent = ''): string[] {
  if (rows.length === 0) return [];
  const widths = columns.map((column, i) => {
    let width = displayWidth(column.title ?? '');
    for (const row of rows) if (!isSpan(row)) width = Math.max(width, displayWidth(textOf(row[i])));
    return width;
  });
  fit(columns, widths, screen.columns - indent.length);
  const line = (cells: readonly Cell[], heading?: Style) => {
    const parts = columns.map((column, i) => {
      const text = truncate(textOf(cells[i]), widths[i]!, column.cut === 'middle');
      const style = heading ?? styleOf(cells[i]);
      const last = i === columns.length - 1 && column.align !== 'right';
      return (last ? paint(screen, style, text)
        : pad(paint(screen, style, text), widths[i]!, column.align === 'right' ? 'right' : 'left'));
    });
    return (indent + parts.join(GAP)).trimEnd();
  };
  const titled = columns.some((column) => column.title !== undefined);
  return [...(titled ? [line(columns.map((column) => column.title ?? ''), 'faint')] : []), ...rows.map((row) => (isSpan(row) ? indent + spanLine(screen, row, screen.columns - indent.length) : line(row)))];
}

function spanLine(screen: Screen, { span }: Span, room: number): string {
  const parts: string[] = [];
  for (const cell of span) {
    const text = truncate(textOf(cell), Math.max(0, room), parts.length === 0);
    if (text === '') continue;
    parts.push(paint(screen, styleOf(cell), text));
    room -= displayWidth(text) + GAP.length;
  }
  return parts.join(GAP);
}

/** Narrows columns that may be cut, the widest first and no further than the next, until a row fits. */
function fit(columns: readonly Column[], widths: number[], room: number): void {
  for (let total = widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1)); total > room; total--) {
    let widest = -1;
    for (let i = 0; i < columns.length; i++) {
      if (columns[i]!.cut !== undefined && widths[i]! > LEAST_COLUMNS && (widest < 0 || widths[i]! > widths[widest]!)) widest = i;
    }
    if (widest < 0) return;
    widths[widest]!--;
  }
}
