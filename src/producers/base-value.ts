/**
 * @module
 * What base_model_name_or_path says, and how it came to say that (producers.md §5.2): get_peft_model overwrites whatever
 * LoraConfig was given with the string that from_pretrained was given.
 */
import type { Text } from '../findings/index.ts';

/** Kinds of values. */
export type BaseValueClass =
  | 'hub-id' | 'hub-cache'
  | 'absolute-path' | 'absolute-path-existing' | 'relative-path' | 'relative-path-existing'
  | 'empty' | 'null';

/** A value, understood. */
export interface BaseValue {
  readonly value: string | null;
  readonly class: BaseValueClass;
  /** What a path into a hub cache stands for. */
  readonly standsFor?: { readonly id: string; readonly revision: string };
  /** Whether its name is that of a quantised copy, and of which kind. */
  readonly quantised?: string;
}

/** Where a snapshot lies in any hub cache. */
const SNAPSHOT = /(?:^|[\\/])models--([^\\/]+)[\\/]snapshots[\\/]([^\\/]+)[\\/]?$/;
/** Ids of the hub: `name` or `owner/name`. */
const HUB_ID = /^[\w][\w.-]*(?:\/[\w][\w.-]*)?$/;
/** Words that quantised copies carry in their names. */
const QUANTISED: readonly (readonly [RegExp, string])[] = [
  [/bnb[-_]?4bit|4bit[-_]?bnb|nf4/i, 'bnb-4bit'], [/bnb[-_]?8bit|int8/i, 'bnb-8bit'], [/gptq/i, 'GPTQ'], [/(?:^|[-_/.])awq/i, 'AWQ'], [/(?:^|[-_.])fp8(?:$|[-_.])/i, 'FP8'], [/gguf/i, 'GGUF'],
];

/** Understands a value. `exists` says of a path whether something is there: relative ones from where the adapter lies. */
export function readBaseValue(value: string | null | undefined, exists: (path: string) => boolean = () => false): BaseValue {
  if (value === null || value === undefined) return { value: null, class: 'null' };
  if (value.trim() === '') return { value, class: 'empty' };
  const name = value.replace(/[\\/]+$/, '').split(/[\\/]/).at(-1) ?? '', quantised = QUANTISED.find(([test]) => test.test(name))?.[1];
  return { value, ...classify(value, exists), ...(quantised === undefined ? {} : { quantised }) };
}

function classify(value: string, exists: (path: string) => boolean): Pick<BaseValue, 'class' | 'standsFor'> {
  const [, repository, revision] = SNAPSHOT.exec(value) ?? [];
  if (repository !== undefined && revision !== undefined) return { class: 'hub-cache', standsFor: { id: repository.replace('--', '/'), revision } };
  const absolute = /^(?:[\\/~]|[A-Za-z]:[\\/])/.test(value);
  if (absolute) return { class: exists(value) ? 'absolute-path-existing' : 'absolute-path' };
  if (exists(value)) return { class: 'relative-path-existing' };
  return { class: HUB_ID.test(value) ? 'hub-id' : 'relative-path' };
}

/** How a value of each class comes about. */
export const BASE_VALUE_ORIGINS: Readonly<Record<BaseValueClass, Text>> = {
  'hub-id': { en: 'the hub id that the base was loaded by', zh: '加载基座时使用的 hub id' },
  'hub-cache': { en: 'the base was loaded from a snapshot folder of the Hugging Face cache; other machines do not have that path', zh: '基座是从 Hugging Face 缓存的快照目录加载的；其他机器上没有这个路径' },
  'absolute-path': { en: 'the base was loaded from that path on the machine that trained', zh: '训练机器上从该路径加载了基座' },
  'absolute-path-existing': { en: 'the base was loaded from that path, which exists here', zh: '基座从该路径加载，本机上该路径存在' },
  'relative-path': { en: 'the base was loaded from a path relative to the directory that training was started in', zh: '基座从相对于训练启动目录的路径加载' },
  'relative-path-existing': { en: 'a path relative to the adapter, which exists here', zh: '相对于适配器的路径，本机上存在' },
  empty: { en: 'the base was built from a configuration, without a name; loaders that compare the value reject it', zh: '基座由配置构建、没有名称；会比较该值的加载器将拒绝它' },
  null: { en: 'the base was a module built by hand, or the field was removed', zh: '基座是手工构建的模块，或该字段已被删除' },
};

/** `base_model:` of a model card's front matter; several are a merge of models. Undefined where there is none. */
export function cardBaseModel(frontMatter: unknown): string | undefined {
  if (typeof frontMatter !== 'object' || frontMatter === null) return undefined;
  const value = (frontMatter as Record<string, unknown>)['base_model'], first: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return typeof first === 'string' && first !== '' ? first : undefined;
}

/** The text between the `---` lines that a model card begins with. */
export function frontMatterOf(card: string): string | undefined {
  return /^﻿?---[ \t]*\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n|$)/.exec(card)?.[1];
}
