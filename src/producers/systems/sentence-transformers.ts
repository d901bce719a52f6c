/** @module sentence-transformers: `modules.json` says which folders make an encoder. Both forms, of releases up to 5 and of 6. */
import { rule } from '../roles.ts';
import type { System } from '../system.ts';
import { textIn, type FolderView } from '../view.ts';
import { isModuleFolder } from './transformers.ts';
import { withVersion } from './trainer.ts';

const MODULES = 'modules.json', CONFIG = 'config_sentence_transformers.json';

const hasModules = async (here: FolderView): Promise<boolean> => /"type"\s*:\s*"sentence_transformers\./.test(here.has(MODULES) ? await here.text(MODULES) : '');

/** sentence-transformers. */
export const sentenceTransformers: System = {
  name: 'sentence-transformers',
  layer: 'program',
  roles: [
    rule(/^config\.json$/, 'pooling-config', 'inference', (here) => isModuleFolder(here) && /_Pooling$/.test(here.name)),
    rule(/^\w*config\.json$/, 'module-config', 'inference', isModuleFolder),
    rule(/^(?:model\.safetensors|pytorch_model\.bin)$/, 'module-weights', 'inference', isModuleFolder),
  ],
  kinds: async (here) => (await hasModules(here) ? ['sentence-transformers'] : []),
  wrote: async ({ folders }) => {
    for (const here of folders) {
      if (!here.kinds.has('sentence-transformers')) continue;
      const versions = (await here.json(CONFIG))?.get('__version__');
      return withVersion(versions instanceof Map ? textIn(versions, 'sentence_transformers') : undefined, { en: MODULES, zh: MODULES });
    }
    return undefined;
  },
};
