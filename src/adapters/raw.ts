/**
 * @module
 * Signs that keys are those of a model in memory (`torch.save(model.state_dict())`, DeepSpeed, FSDP, Lightning) rather
 * than what PEFT saves (peft.md §1.3, last rule): they are read all the same, and it is said.
 */
import { finding, type Finding, type Text } from '../findings/index.ts';
import { RAW_KEYS, SEVERAL_ADAPTER_NAMES } from './codes.ts';
import { PEFT_PREFIX, type ParsedKey } from './keys.ts';

/** Collects the signs, key by key. */
export class RawSigns {
  readonly #names = new Set<string>();
  readonly #wrappers = new Set<string>();
  #bare = 0;

  see({ key, prefixes, wrappers }: ParsedKey): void {
    if ('name' in key && key.name !== undefined) this.#names.add(key.name);
    for (const wrapper of wrappers) this.#wrappers.add(wrapper);
    if (key.kind === 'part' && prefixes === 0) this.#bare++;
  }

  findings(): Finding[] {
    if (this.#names.size > 1) return [finding(SEVERAL_ADAPTER_NAMES, { names: [...this.#names].join(', ') }, { path: '.' })];
    const list = (names: Set<string>) => [...names].join(', ');
    const signs: Text[] = [
      ...(this.#names.size === 0 ? [] : [{ en: `the adapter's name (${list(this.#names)}) stands in them`, zh: `键名中含有适配器名称（${list(this.#names)}）` }]),
      ...(this.#wrappers.size === 0 ? [] : [{ en: `they go through wrappers of training (${list(this.#wrappers)})`, zh: `键名经过训练包装层（${list(this.#wrappers)}）` }]),
      ...(this.#bare === 0 ? [] : [{ en: `${PEFT_PREFIX} is missing before ${this.#bare} of them`, zh: `其中 ${this.#bare} 个缺少前缀 ${PEFT_PREFIX}` }]),
    ];
    if (signs.length === 0) return [];
    return [finding(RAW_KEYS, { signs: { en: signs.map(({ en }) => en).join('; '), zh: signs.map(({ zh }) => zh).join('；') } }, { path: '.' })];
  }
}
