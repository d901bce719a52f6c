/** @module What stands against a directory: rules, and what runs them. */
export { CheckContext, type CheckHost, type CheckOptions, type RunningHash } from './context.ts';
export { PROFILES, type Profile } from './profiles.ts';
export { Report, type Rule } from './rule.ts';
export { FILE_RULES, RULES } from './rules/index.ts';
export { runRules } from './run.ts';
