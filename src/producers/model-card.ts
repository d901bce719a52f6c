/** @module The base that a model card names, in the YAML between the `---` lines that it begins with. */
import { parse } from 'yaml';
import { cardBaseModel, frontMatterOf } from './base-value.ts';

/** Front matter is short; a longer text is none. */
const FRONT_MATTER_MAX = 20_000;

/** `base_model:` of a card, where it names one; people write what they like there. */
export function baseOfCard(card: string): string | undefined {
  const front = frontMatterOf(card);
  if (front === undefined || front.length > FRONT_MATTER_MAX) return undefined;
  try { return cardBaseModel(parse(front, { schema: 'core' })); } catch { return undefined; }
}
