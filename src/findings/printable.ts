/**
 * @module
 * Names come from files that somebody else wrote. Control characters in them can move a terminal's cursor or hide text,
 * so everything that is shown goes through here first.
 */

/** C0, DEL, C1, line separators, bidirectional overrides and lone surrogates. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** `text` with everything that could disturb a terminal written as `\xNN` or `\uNNNN`. Newlines too. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
