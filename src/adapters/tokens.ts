/** @module Which rows `trainable_tokens_delta` replaces (peft.md §1.9). Despite its name it holds whole rows. */
import type { JsonValue } from '../containers/json.ts';
import { refuse } from '../findings/index.ts';
import { BAD_ADAPTER_CONFIG } from './codes.ts';
import { show, type AdapterConfig } from './config.ts';

/** Row indices for the embedding at `module`, in the order of the config. */
export function tokenIndices(config: AdapterConfig, type: string, module: string): readonly number[] {
  const field = type === 'TRAINABLE_TOKENS' ? 'token_indices' : 'trainable_token_indices';
  let value: JsonValue | undefined = config.fields.get(field);
  if (value instanceof Map) {
    const key = [...value.keys()].find((name) => module === name || module.endsWith(`.${name}`));
    value = key === undefined ? undefined : value.get(key);
  }
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'number' && Number.isInteger(item))) {
    refuse(BAD_ADAPTER_CONFIG, { field, value: show(value), wanted: `a list of row indices for ${module}` }, { path: config.path, tensor: module });
  }
  return value as number[];
}
