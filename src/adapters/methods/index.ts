/** @module The methods that are built, as values: a new one is one file and one line here. */
import { lora } from './lora.ts';
import type { Method } from './method.ts';
import { trainableTokens } from './tokens.ts';

const METHODS: ReadonlyMap<string, Method> = new Map([lora, trainableTokens].map((method) => [method.type, method]));

/** The method of a peft_type, where it is built. */
export function methodOf(type: string): Method | undefined {
  return METHODS.get(type);
}

export type { Layout, Merged, Method, ModuleContext } from './method.ts';
