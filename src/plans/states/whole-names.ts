/**
 * @module
 * Names of a LLaVA model as one checkpoint: in transformers (`LlavaForConditionalGeneration`) and in LLaVA's own code.
 */

/** Layouts of a whole model. */
export type WholeFormat = 'official' | 'huggingface';

/** The name of a part's tensor in the whole; null when it is left out there, undefined when there is no name. */
type Rename = (part: 'llm' | 'visual_encoder' | 'projector', name: string) => string | null | undefined;

/** Buffers that every loader computes. */
const COMPUTED = /(?:^|\.)(?:rotary_emb\.inv_freq|position_ids)$/;

/** Layers of the projector: 0 and 2, an activation between them. */
const LAYER = /^model\.(\d+)\.(weight|bias)$/;

const projector = (name: string, layer: (at: number) => string | undefined): string | undefined => {
  const [, at, rest] = LAYER.exec(name) ?? [], own = at === undefined ? undefined : layer(Number(at));
  return own === undefined ? undefined : `${own}.${rest}`;
};

/** Both layouts. */
export const WHOLE_NAMES: Readonly<Record<WholeFormat, Rename>> = {
  huggingface: (part, name) => {
    if (COMPUTED.test(name)) return null;
    switch (part) {
      case 'llm': return /^(?:model|lm_head)\./.test(name) ? `language_model.${name}` : undefined;
      case 'visual_encoder': return name.startsWith('vision_model.') ? `vision_tower.${name}` : undefined;
      case 'projector': return projector(name, (at) => (at === 0 || at === 2 ? `multi_modal_projector.linear_${at / 2 + 1}` : undefined));
    }
  },
  official: (part, name) => {
    if (COMPUTED.test(name)) return null;
    switch (part) {
      case 'llm': return name;
      case 'visual_encoder': return name.startsWith('vision_model.') ? `model.vision_tower.vision_tower.${name}` : undefined;
      case 'projector': return projector(name, (at) => (at % 2 === 0 ? `model.mm_projector.${at}` : undefined));
    }
  },
};
