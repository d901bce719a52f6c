/**
 * @module
 * A Python configuration file as data: the assignments at its top level, as far as they are literals, `dict(…)` calls and
 * names assigned before. Parsed, never executed; everything else (imports, calls, arithmetic) stays as the text that it is.
 */
import { refuse } from '../../findings/index.ts';
import { CONFIG_TEXT } from './codes.ts';

/** What is no literal: a class, a call, an expression. */
export class PyText {
  readonly text: string;
  constructor(text: string) { this.text = text; }
}

/** A value. Keys of dicts are kept when they are text or numbers. */
export type PyConfigValue = null | boolean | number | string | PyText | readonly PyConfigValue[] | ReadonlyMap<string, PyConfigValue>;

/** Largest text that is read: dumped configurations have some kilobytes, data sets written into them included. */
export const CONFIG_TEXT_MAX: number = 4 * 1024 * 1024;
/** Deepest nesting; a training configuration has less than ten levels. */
const DEPTH_MAX = 100;

const TOKEN = /(?<space>[ \t\r\f]+|\\\r?\n|#[^\n]*)|(?<newline>\n)|(?<string>(?:[rRbBuU]|[fF][rR]?|[rR][fF]|[bB][rR]|[rR][bB])?(?:'''(?:\\[^]|[^\\])*?'''|"""(?:\\[^]|[^\\])*?"""|'(?:\\[^]|[^'\\\n])*'|"(?:\\[^]|[^"\\\n])*"))|(?<number>(?:0[xX][\da-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?))|(?<name>[\p{L}_][\p{L}\p{N}_]*)|(?<mark>\*\*|\/\/|->|:=|[=!<>]=|[^])/uy;

interface Token { readonly kind: 'newline' | 'string' | 'number' | 'name' | 'mark'; readonly text: string; readonly offset: number; readonly indent: boolean }

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let indent = false, lineStart = true;
  TOKEN.lastIndex = 0;
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const { groups = {} } = TOKEN.exec(text)!;
    if (groups['space'] !== undefined) { if (lineStart && /^[ \t]/.test(groups['space'])) indent = true; continue; }
    const kind = (['newline', 'string', 'number', 'name', 'mark'] as const).find((name) => groups[name] !== undefined)!;
    tokens.push({ kind, text: groups[kind]!, offset: at, indent: lineStart && indent });
    lineStart = kind === 'newline';
    if (lineStart) indent = false;
  }
  return tokens;
}

const OPEN = '([{', CLOSE = ')]}';
const WORDS: ReadonlyMap<string, null | boolean> = new Map([['None', null], ['True', true], ['False', false]]);

/** The variables of a configuration text. `label` is for messages. */
export function parsePythonConfig(text: string, label: string): ReadonlyMap<string, PyConfigValue> {
  if (text.length > CONFIG_TEXT_MAX) refuse(CONFIG_TEXT, { file: label, problem: { en: `it has ${text.length} characters`, zh: `长达 ${text.length} 个字符` } }, { path: label });
  return new Parser(text, tokenize(text), label).run();
}

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly #label: string;
  readonly #variables = new Map<string, PyConfigValue>();
  #at = 0;

  constructor(text: string, tokens: readonly Token[], label: string) {
    this.#text = text;
    this.#tokens = tokens;
    this.#label = label;
  }

  run(): ReadonlyMap<string, PyConfigValue> {
    while (this.#at < this.#tokens.length) {
      const name = this.#tokens[this.#at]!, equals = this.#tokens[this.#at + 1];
      if (name.kind === 'name' && !name.indent && equals?.text === '=') {
        this.#at += 2;
        this.#variables.set(name.text, this.#value(0));
      }
      this.#skipLine();
    }
    return this.#variables;
  }

  /** To the end of the logical line: newlines inside brackets do not end it. */
  #skipLine(): void {
    let depth = 0;
    for (; this.#at < this.#tokens.length; this.#at++) {
      const { kind, text } = this.#tokens[this.#at]!;
      if (kind === 'newline' && depth === 0) { this.#at++; return; }
      if (kind === 'mark' && OPEN.includes(text)) depth++;
      if (kind === 'mark' && CLOSE.includes(text)) depth = Math.max(0, depth - 1);
    }
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  /** Inside brackets newlines mean nothing. */
  #blank(depth: number): void {
    if (depth > 0) while (this.#peek()?.kind === 'newline') this.#at++;
  }

  /** A value up to a comma, a closing bracket or, outside of brackets, the end of the line. */
  #value(depth: number): PyConfigValue {
    if (depth > DEPTH_MAX) refuse(CONFIG_TEXT, { file: this.#label, problem: { en: 'it is nested too deep', zh: '嵌套过深' } }, { path: this.#label, offset: this.#peek()?.offset ?? 0 });
    this.#blank(depth);
    const start = this.#at, value = this.#primary(depth);
    this.#blank(depth);
    if (value !== undefined && this.#ends(depth)) return value;
    // More follows: an expression, which is not worked out.
    this.#at = start;
    return this.#opaque(depth);
  }

  #ends(depth: number): boolean {
    const token = this.#peek();
    return token === undefined || (token.kind === 'newline' && depth === 0) || (token.kind === 'mark' && (CLOSE.includes(token.text) || token.text === ',' || token.text === ':' || token.text === ';'));
  }

  #opaque(depth: number): PyText {
    const from = this.#peek()?.offset ?? this.#text.length;
    for (let open = 0; this.#at < this.#tokens.length; this.#at++) {
      if (open === 0 && this.#ends(depth)) break;
      const { kind, text } = this.#tokens[this.#at]!;
      if (kind === 'mark' && OPEN.includes(text)) open++;
      if (kind === 'mark' && CLOSE.includes(text)) open--;
    }
    return new PyText(this.#text.slice(from, this.#peek()?.offset ?? this.#text.length).trim());
  }

  #primary(depth: number): PyConfigValue | undefined {
    const token = this.#peek();
    if (token === undefined) return undefined;
    this.#at++;
    switch (token.kind) {
      case 'newline': this.#at--; return undefined;
      case 'string': return this.#strings(token, depth);
      case 'number': return Number(token.text.replaceAll('_', ''));
      case 'name': return this.#name(token, depth);
      case 'mark': break;
    }
    if (token.text === '-' && this.#peek()?.kind === 'number') return -Number(this.#tokens[this.#at++]!.text.replaceAll('_', ''));
    if (token.text === '[') return this.#items(depth + 1).items;
    if (token.text === '(') {
      const { items, comma } = this.#items(depth + 1);
      return items.length === 1 && !comma ? items[0] : items;
    }
    return token.text === '{' ? this.#braces(depth + 1) : undefined;
  }

  /** Adjacent strings are one. Those that are put together at run time (f'…') are no literals. */
  #strings(first: Token, depth: number): PyConfigValue | undefined {
    const texts = [first.text];
    for (this.#blank(depth); this.#peek()?.kind === 'string'; this.#blank(depth)) texts.push(this.#tokens[this.#at++]!.text);
    if (texts.some((text) => /^[rR]?[fF]/.test(text))) return undefined;
    return texts.map(unquote).join('');
  }

  #name(token: Token, depth: number): PyConfigValue | undefined {
    const word = WORDS.get(token.text);
    if (word !== undefined) return word;
    const next = this.#peek();
    if (next?.text === '(' && (token.text === 'dict' || token.text === 'ConfigDict')) { this.#at++; return this.#keywords(depth + 1); }
    if (next?.text === '.' || next?.text === '(' || next?.text === '[') return undefined;
    return this.#variables.get(token.text) ?? (this.#variables.has(token.text) ? null : new PyText(token.text));
  }

  #items(depth: number): { items: PyConfigValue[]; comma: boolean } {
    const items: PyConfigValue[] = [];
    let comma = false;
    for (;;) {
      this.#blank(depth);
      const token = this.#peek();
      if (token === undefined) return { items, comma };
      // Another bracket closes it too: what is broken must end all the same.
      if (token.kind === 'mark' && CLOSE.includes(token.text)) { this.#at++; return { items, comma }; }
      items.push(this.#value(depth));
      comma = this.#comma(depth);
    }
  }

  /** Takes the mark between two items; whatever else stands there is passed by, so that a parse always ends. */
  #comma(depth: number): boolean {
    this.#blank(depth);
    const token = this.#peek();
    if (token?.kind === 'mark' && !CLOSE.includes(token.text)) { this.#at++; return token.text === ','; }
    return false;
  }

  /** `dict(a=1, **other)`. */
  #keywords(depth: number): PyConfigValue {
    const members = new Map<string, PyConfigValue>();
    for (;;) {
      this.#blank(depth);
      const token = this.#peek();
      if (token === undefined) return members;
      if (token.kind === 'mark' && CLOSE.includes(token.text)) { this.#at++; return members; }
      if (token.text === '**') {
        this.#at++;
        const other = this.#value(depth);
        if (other instanceof Map) for (const [key, value] of other as ReadonlyMap<string, PyConfigValue>) members.set(key, value);
      } else if (token.kind === 'name' && this.#tokens[this.#at + 1]?.text === '=') {
        this.#at += 2;
        members.set(token.text, this.#value(depth));
      } else this.#value(depth);
      this.#comma(depth);
    }
  }

  /** `{'a': 1}`, or a set, which is taken for a list. */
  #braces(depth: number): PyConfigValue {
    const members = new Map<string, PyConfigValue>(), items: PyConfigValue[] = [];
    for (;;) {
      this.#blank(depth);
      const token = this.#peek();
      if (token === undefined || (token.kind === 'mark' && CLOSE.includes(token.text))) { this.#at++; return items.length > 0 && members.size === 0 ? items : members; }
      const key = this.#value(depth);
      this.#blank(depth);
      if (this.#peek()?.text === ':') {
        this.#at++;
        const value = this.#value(depth);
        if (typeof key === 'string' || typeof key === 'number') members.set(String(key), value);
      } else items.push(key);
      this.#comma(depth);
    }
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '\'': '\'', '"': '"', '\n': '', 0: '\0', a: '\x07', b: '\b', f: '\f', v: '\v' };

/** The text of a string literal. */
function unquote(literal: string): string {
  const prefix = /^[a-zA-Z]*/.exec(literal)![0], body = literal.slice(prefix.length), quotes = /^(?:'''|""")/.test(body) ? 3 : 1;
  const inner = body.slice(quotes, body.length - quotes);
  if (/r/i.test(prefix)) return inner;
  return inner.replace(/\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([^]))/g, (whole, x: string | undefined, u: string | undefined, wide: string | undefined, one: string | undefined) => {
    const hex = x ?? u ?? wide;
    if (hex !== undefined) { const code = Number.parseInt(hex, 16); return code <= 0x10ffff ? String.fromCodePoint(code) : whole; }
    return ESCAPES[one!] ?? whole;
  });
}
