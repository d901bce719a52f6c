/**
 * @module
 * Roots that differ between the modules in memory, which adapter keys follow, and the names in files, which keep the
 * original layout (peft.md §5.6). Vision-language models were regrouped in transformers 4.52; adapters and bases of
 * either side of that meet.
 */

/** Beginning of the adapter's path, beginning in the file; tried in order. */
export const RENAMED_ROOTS: readonly (readonly [string, string])[] = [
  // llava, gemma3, paligemma, mistral3, aya_vision, internvl, mllama …: regrouped in memory, the file as it was.
  ['model.language_model.', 'language_model.model.'],
  ['language_model.model.', 'model.language_model.'],
  // qwen2_vl, qwen2_5_vl: the language model lies at the root of the file.
  ['model.language_model.', 'model.'],
];
