/**
 * @module
 * What a finding is made of: a permanent code with its texts in every language, and the parameters of one occurrence.
 *
 * A code is defined once, beside the rule that raises it. Findings carry parameters, not sentences, so the language is
 * chosen when a report is rendered, never when a problem is found.
 */

/** error: cannot load, or a wrong result. warning: loads, but is likely wrong or fragile. info: a note. */
export type Severity = 'error' | 'warning' | 'info';

/** Languages every text of Temper exists in. */
export type Language = 'en' | 'zh';

/** One text in every language. Placeholders are written `{name}`. */
export interface Text {
  readonly en: string;
  readonly zh: string;
}

/** Names of the `{placeholders}` of a template. */
export type Placeholders<T extends string> = T extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** A kind of finding: permanent code, default severity, and its texts. `message.en` declares the parameters. */
export interface Code<Message extends string = string> {
  /** Permanent, kebab-case, never translated. */
  readonly code: string;
  readonly severity: Severity;
  readonly message: { readonly en: Message; readonly zh: string };
  /** One line: why it matters. May use the message's placeholders, as may `fix`. */
  readonly why: Text;
  /** One line: the next step, a command where there is one. */
  readonly fix: Text;
  /** Markdown paragraphs for `temper explain CODE` and the docs page: evidence, history, versions. */
  readonly page?: Text;
}

/** A value of a placeholder. Prose is given in every language. */
export type ParameterValue = string | number | Text;

/** Values for the placeholders of a code's English message. */
export type Parameters<C extends Code> = C extends Code<infer Message>
  ? Readonly<Record<Placeholders<Message>, ParameterValue>>
  : never;

/** Where a finding was made and what it saw. */
export interface Place {
  /** Path relative to the directory that was given; `.` is that directory. */
  readonly path?: string;
  readonly tensor?: string;
  /** Byte offset in the file at `path`. */
  readonly offset?: number;
  /** The purpose under which this is a finding (`deploy`, `resume` …). */
  readonly profile?: string;
  readonly found?: string | number;
  readonly expected?: string | number;
  /** Overrides the code's own severity. */
  readonly severity?: Severity;
}

/** One result of a check. Plain data: survives structured clone and JSON. */
export interface Finding extends Place {
  readonly code: string;
  readonly severity: Severity;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
}

const catalogue = new Map<string, Code>();

/** Registers a code. Codes are permanent: defining one twice is a programming error. */
export function defineCode<const Message extends string>(code: Code<Message>): Code<Message> {
  if (catalogue.has(code.code)) throw new Error(`the code ${code.code} is defined twice`);
  catalogue.set(code.code, code);
  return code;
}

/** The definition of a code that has been loaded, or undefined. */
export function lookUpCode(code: string): Code | undefined {
  return catalogue.get(code);
}

/** Every code that has been loaded, by name. */
export function allCodes(): Code[] {
  return [...catalogue.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** Makes a finding of one occurrence. */
export function finding<M extends string>(
  code: Code<M>,
  parameters: Readonly<Record<Placeholders<M>, ParameterValue>>,
  place: Place = {},
): Finding {
  const { severity = code.severity, ...rest } = place;
  return { code: code.code, severity, ...rest, parameters };
}
