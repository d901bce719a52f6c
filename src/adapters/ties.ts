/**
 * @module
 * Tied embeddings (peft.md §1.13, §5.5). The base stores one tensor for two names; an adapter may change both the same
 * way (then they stay one), or only one of them (then both are written and the flag in config.json follows).
 */
import { findEmbedding, findHead, tiedHeadName, tieFlag } from '../families/index.ts';
import { finding } from '../findings/index.ts';
import { cast, rows } from '../tensors/index.ts';
import type { Adapter } from './adapter.ts';
import { TIE_INCONSISTENT, UNTIED } from './codes.ts';
import { flagField } from './config.ts';
import { isTransposed, sameContent } from './content.ts';
import type { Model, Slot } from './model.ts';

/** Settles the tie after all adapters were applied. */
export async function settleTies(model: Model, adapters: readonly Adapter[]): Promise<void> {
  const embeddingName = findEmbedding(model.base.tensors.keys());
  const embedding = embeddingName === undefined ? undefined : model.slots.get(embeddingName);
  if (embedding === undefined || tieFlag(model.config) === false) return;
  const headName = findHead(model.slots), head = headName === undefined ? undefined : model.slots.get(headName);
  const stored = head?.base !== undefined;
  // A head of its own, and no word of a tie: nothing to settle.
  if (stored && tieFlag(model.config) !== true) return;

  // Trained rows belong to the one tensor, so to both names.
  if (head !== undefined && head.tokens === undefined) shareTokens(embedding, head);
  if (head === undefined) {
    const name = tiedHeadName(model.config);
    if (name === undefined || !partsFromHead(embedding)) return;
    const slot: Slot = { name, original: embedding.original, unmerged: embedding.original, value: embedding.original, kind: 'untouched', formula: 'W', from: [`base:${embedding.name}`], factors: [], why: untiedFrom(embedding.name) };
    shareTokens(embedding, slot);
    model.slots.set(name, slot);
    part(model, embedding, slot);
    return;
  }
  if (head.kind === 'untouched' && !partsFromHead(embedding)) return;
  if (await agree(embedding, head, adapters)) {
    if (stored) { Object.assign(head, { ...embedding, name: head.name, base: head.base }); return; }
    model.slots.delete(head.name);
    for (const name of head.from) if (!name.startsWith('base:')) model.dropped.push({ name, why: { en: `the same change as on ${embedding.name}, which stays tied`, zh: `与 ${embedding.name} 的改动相同，两者保持绑定` } });
    return;
  }
  if (adapters.some((adapter) => flagField(adapter.config, 'ensure_weight_tying')) && head.kind !== 'untouched') {
    model.findings.push(finding(TIE_INCONSISTENT, { head: head.name, embedding: embedding.name }, { tensor: head.name }));
  }
  part(model, embedding, head);
}

const untiedFrom = (name: string) => ({ en: `untied from ${name}`, zh: `与 ${name} 解除绑定` });

/** Whether the embedding changed in a way that the head of a tied model does not share. */
function partsFromHead(embedding: Slot): boolean {
  if (embedding.kind === 'untouched') return false;
  if (embedding.kind === 'delta') return true;
  // Rows alone, or a resized matrix that was stored whole without being trained apart.
  return embedding.replacement?.saved ?? false;
}

function shareTokens(embedding: Slot, head: Slot): void {
  for (const { indices, from } of embedding.tokens ?? []) {
    head.value = rows(head.value, indices, cast(head.value.dtype, from));
    head.tokens = [...head.tokens ?? [], { indices, from }];
    head.formula = embedding.formula;
  }
}

function part(model: Model, embedding: Slot, head: Slot): void {
  model.untied = { embedding: embedding.name, head: head.name };
  model.findings.push(finding(UNTIED, { head: head.name, embedding: embedding.name }, { tensor: head.name }));
}

/** Whether both names were given the same change by an adapter that meant to keep them tied. */
async function agree(embedding: Slot, head: Slot, adapters: readonly Adapter[]): Promise<boolean> {
  const adapter = adapters.length === 1 ? adapters[0]! : undefined;
  if (adapter === undefined || head.kind !== embedding.kind) return false;
  const ensured = flagField(adapter.config, 'ensure_weight_tying');
  const a = embedding.replacement, b = head.replacement;
  if ((a === undefined) !== (b === undefined)) return false;
  if (a !== undefined && b !== undefined) {
    if (!ensured && (a.saved || b.saved)) return false;
    if (!await sameContent(a.checkpoint, a.tensor, b.checkpoint, b.tensor)) return false;
  }
  if (embedding.kind !== 'delta') return true;
  if (!ensured) return false;
  // The factors of a tied head are transposed views of the embedding's (peft.md §1.13).
  const of = (ending: string) => adapter.modules.find((module) => module.parts.has(ending) && (ending.includes('embedding') || /(?:lm_head|embed_out)$/.test(module.path)))?.parts.get(ending);
  const eA = of('lora_embedding_A'), eB = of('lora_embedding_B'), hA = of('lora_A.weight'), hB = of('lora_B.weight');
  return eA !== undefined && eB !== undefined && hA !== undefined && hB !== undefined
    && await isTransposed(adapter.checkpoint, hA, eB) && isTransposed(adapter.checkpoint, hB, eA);
}
