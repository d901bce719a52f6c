/** Words and addresses that have no place in the project. */

/** Each with the reason that is shown. Written so that this file does not contain what it looks for. */
const BANNED: readonly (readonly [RegExp, string])[] = [
  [new RegExp(String.raw`(?<![.\w])${'sess'}ions?(?!\w)`, 'i'), 'says how the work was done, not what the project does'],
  [new RegExp('clau' + 'de|anthro' + 'pic|chat' + 'gpt|copi' + 'lot', 'i'), 'names a tool that is no part of the project'],
  [new RegExp(String.raw`\bAI[ -](assist|agent|generat)`, 'i'), 'says how the work was done, not what the project does'],
  [new RegExp(String.raw`co-author` + 'ed-by', 'i'), 'belongs into no file'],
  [/(?<![\w.~$}-])\/(?:work|root)\//, 'is a path of one machine'],
  [new RegExp(String.raw`\b(?:TO` + String.raw`DO|FIX` + String.raw`ME|X` + String.raw`XX)\b`), 'is a promise nobody keeps: do it, or say what is not done'],
];

/** Lines of `text` with a banned word, as `file:line: …`. */
export function wordProblems(file: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) => BANNED.flatMap(([pattern, why]) => {
    const found = pattern.exec(line);
    return found ? [`${file}:${index + 1}: "${found[0]}" ${why}`] : [];
  }));
}

/** Addresses of a package registry in a lock file: they would be asked, whatever registry the user has. */
export function lockProblems(lock: { packages: Record<string, { resolved?: string }> }): string[] {
  return Object.entries(lock.packages).flatMap(([place, { resolved }]) => (resolved === undefined ? [] : [`${place}: resolved ${resolved}`]));
}
