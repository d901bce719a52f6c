/**
 * @module
 * A LoRA adapter in GGUF, by the rules of its only loader (llama.cpp, src/llama-adapter.cpp).
 */
import type { Text } from '../../findings/index.ts';
import type { Notes } from '../notes.ts';
import { GGUF_LORA } from './codes.ts';
import type { GgufHeader } from './header.ts';

/** Whether a file says that it is a LoRA adapter. */
export const isLora = ({ values }: GgufHeader): boolean => values.get('adapter.type') === 'lora' || values.get('general.type') === 'adapter';

/** Notes what the loader would refuse or take for something else. */
export function checkLora({ values, tensors }: GgufHeader, notes: Notes): void {
  const bad = (problem: Text, severity: 'error' | 'warning' = 'error', tensor?: string) =>
    notes.add(GGUF_LORA, { problem }, { severity, ...(tensor === undefined ? {} : { tensor }) });
  if (values.get('general.type') !== 'adapter') bad({ en: 'general.type is not "adapter"', zh: 'general.type 不是 "adapter"' });
  if (values.get('adapter.type') !== 'lora') bad({ en: 'adapter.type is not "lora"', zh: 'adapter.type 不是 "lora"' });
  if (typeof values.get('general.architecture') !== 'string') bad({ en: 'general.architecture is missing', zh: '缺少 general.architecture' });
  const alpha = values.get('adapter.lora.alpha');
  if (alpha === undefined) bad({ en: 'adapter.lora.alpha is missing; llama.cpp then scales by the user\'s factor alone', zh: '缺少 adapter.lora.alpha；llama.cpp 将只按用户给的系数缩放' }, 'warning');
  else if (typeof alpha !== 'number' || !Number.isFinite(alpha)) bad({ en: 'adapter.lora.alpha is no number', zh: 'adapter.lora.alpha 不是数' });
  const names = new Set(tensors.map(({ name }) => name));
  for (const name of names) {
    const other = name.endsWith('.lora_a') ? name.replace(/a$/, 'b') : name.endsWith('.lora_b') ? name.replace(/b$/, 'a') : undefined;
    if (other === undefined) {
      if (!name.endsWith('_norm.weight')) bad({ en: `${name} is neither lora_a nor lora_b`, zh: `${name} 既不是 lora_a 也不是 lora_b` }, 'error', name);
    } else if (!names.has(other)) bad({ en: `${other} is missing`, zh: `缺少 ${other}` }, 'error', other);
  }
}
