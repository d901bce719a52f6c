/** @module Codes of opening a directory that other rules say better, or that are no fault of the directory. */

/** Two formats are compared by the twins rule; a training folder without weights by the rules about training. */
export const FALSE_ALARMS: ReadonlySet<string> = new Set(['two-weight-files', 'no-weights', 'state-dict-unwrapped']);
