/**
 * @module
 * Folders that are there to be merged into: what makes a model beside an adapter its base, and not another result.
 */
import type { FolderView } from './view.ts';

/** How programs call what a merge or an export has written. */
const RESULT = /merged|full_model|fused|^hf(?:[-_]|$)|_hf$/i;
/** What an adapter's own folder, or one that training wrote, has among its kinds. */
const TRAINED: readonly string[] = ['adapter', 'trainer-output', 'trainer-checkpoint', 'xtuner-export'];

/** Folders that are there to be merged into, and what lies in them: models beside an adapter that no training wrote. */
export function basesOf(inside: readonly FolderView[]): ReadonlySet<FolderView> {
  const bases = new Set<FolderView>(), holds = (kind: string) => inside.some((here) => here.kinds.has(kind));
  if (!holds('adapter') && !holds('xtuner-workdir')) return bases;
  for (const here of inside) {
    const isBase = here.parent !== undefined && here.kinds.has('full-model') && TRAINED.every((kind) => !here.kinds.has(kind)) && !RESULT.test(here.name)
      // Parts of an export lie beside its adapters; a work directory without adapters may hold anything.
      && !here.parent.kinds.has('xtuner-export') && (holds('adapter') || /base/i.test(here.name));
    if (isBase) for (const inner of here.all()) bases.add(inner);
  }
  return bases;
}
