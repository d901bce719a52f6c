/** @module torch.distributed.checkpoint and FSDP: `.metadata` and `__R_0.distcp`, or all ranks' weights in one `.bin`. */
import { DCP_METADATA_NAME } from '../../containers/dcp/index.ts';
import { rule } from '../roles.ts';
import type { System } from '../system.ts';
import type { FolderView } from '../view.ts';

const SHARD = /\.distcp$/, WHOLE = /^pytorch_model_fsdp(?:_\d+)?(?:_rank\d+)?\.bin$/;
/** What accelerate and Trainer call a sharded model beside their own files. */
const MODEL_FOLDER = /^pytorch_model_fsdp(?:_\d+)?$/;

/** Whether a distributed checkpoint holds a model, and not only the states of an optimizer. */
async function holdsModel(here: FolderView): Promise<boolean> {
  if (!here.has(DCP_METADATA_NAME) && here.matching(SHARD).length === 0) return false;
  const names = await here.dcpNames();
  if (names === undefined || names.length === 0) return !/^optim/.test(here.name);
  return names.some((name) => !/^(?:optimizer|optim|state|param_groups)\b/.test(name));
}

/** torch.distributed.checkpoint. */
export const distributed: System = {
  name: 'torch.distributed.checkpoint',
  layer: 'library',
  roles: [
    rule(/^\.metadata$/, 'dcp-metadata', 'resume'),
    rule(SHARD, 'dcp-shard', 'resume'),
    rule(WHOLE, 'fsdp-weights', 'resume'),
  ],
  kinds: async (here) => (await holdsModel(here) || here.matching(WHOLE).length > 0
    || here.folders.some((inner) => MODEL_FOLDER.test(inner.name) && inner.kinds.has('fsdp')) ? ['fsdp'] : []),
  wrote: async ({ folders }) => {
    const inParts = folders.some((here) => here.has(DCP_METADATA_NAME) || here.matching(SHARD).length > 0);
    const byFsdp = folders.some((here) => here.matching(WHOLE).length > 0 || MODEL_FOLDER.test(here.name));
    if (!inParts && !byFsdp) return undefined;
    return { ...(byFsdp ? { name: 'FSDP' } : {}), why: inParts ? { en: 'a checkpoint in parts of its ranks', zh: '检查点由各 rank 的分片组成' } : { en: 'the weights of all ranks in one file', zh: '各 rank 的权重合在一个文件中' } };
  },
};
