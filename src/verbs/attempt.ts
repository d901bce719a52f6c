/**
 * @module
 * Looking on although something cannot be opened: what stands against it becomes a finding.
 */
import { isTemperError, type Finding } from '../findings/index.ts';

/** A finding of something in a sub-folder: readers call a file as it was opened, and a folder of theirs `.`. */
export const inFolder = (found: Finding, path: string): Finding => {
  if (path === '' || found.path === undefined || found.path === path || found.path.startsWith(`${path}/`)) return found;
  return { ...found, path: found.path === '.' ? path : `${path}/${found.path}` };
};

/** The result in a list, or an empty list and the refusal as a finding. */
export async function attempt<T>(findings: Finding[], path: string, look: () => Promise<T>): Promise<T[]> {
  try {
    return [await look()];
  } catch (error) {
    if (!isTemperError(error)) throw error;
    findings.push(...error.findings.map((found) => inFolder(found, path)));
    return [];
  }
}
