/**
 * @module
 * A universal checkpoint (deepspeed/checkpoint/ds_to_universal.py): every trained parameter whole, in a directory of its
 * own name; buffers, frozen and shared parameters in copies of the model states.
 */
import type { Folder } from '../../bytes/index.ts';
import { finding, refuse, TemperError } from '../../findings/index.ts';
import { elementCount, reshape, type Expression } from '../../tensors/index.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { STATE_NO_MODEL, STATE_SIZES, STATE_STRUCTURE, STATE_TENSOR_MISSING } from './codes.ts';
import { StateFiles, type StateFile } from './files.ts';
import { readModelStates } from './model-states.ts';
import { sortTag } from './names.ts';
import type { StateOptions } from './options.ts';
import { inTag, ModelRanks } from './ranks.ts';
import { StateTensors } from './tensors.ts';
import { addBuffers, addFrozen } from './zero.ts';

/** Opens the universal checkpoint in directory `tag`. */
export async function openUniversal(folder: Folder, tag: string, options: StateOptions): Promise<Checkpoint> {
  const files = new StateFiles(folder);
  try {
    const sorted = sortTag(await files.names(tag)), label = tag === '' ? folder.label : `${folder.label}/${tag}`, ranked = new ModelRanks();
    for (const name of sorted.model === undefined ? sorted.models.map((one) => one.name) : [sorted.model]) ranked.add(readModelStates(await files.open(inTag(tag, name))));
    const { models } = ranked, [model] = models, zero = inTag(tag, 'zero');
    if (model?.groups === undefined) return refuse(STATE_NO_MODEL, { folder: label, ranks: '–' }, { path: tag === '' ? '.' : tag });
    const directories = new Set((await folder.list(zero)).filter(({ kind }) => kind === 'folder').map(({ path }) => path));
    const shapes = new Map(model.groups.flatMap((group) => [...group])), trained = new Map<string, Expression>();
    const missing = [...shapes.keys()].filter((name) => !directories.has(`${zero}/${name}`));
    if (missing.length > 0) throw new TemperError([finding(STATE_TENSOR_MISSING, { folder: label, count: missing.length, tensor: missing[0]! }, { path: `${zero}/${missing[0]!}`, tensor: missing[0]! })]);
    for (const [name, shape] of shapes) {
      const path = `${zero}/${name}/fp32.pt`, tensor = tensorOf(await files.open(path));
      if (tensor === undefined) return refuse(STATE_STRUCTURE, { file: path, problem: { en: 'it holds no tensor', zh: '其中没有张量' } }, { path, tensor: name });
      if (elementCount(tensor.shape) !== elementCount(shape)) {
        return refuse(STATE_SIZES, { file: path, problem: { en: `${name} has ${elementCount(tensor.shape)} elements, its shape [${shape.join(', ')}] has ${elementCount(shape)}`, zh: `${name} 有 ${elementCount(tensor.shape)} 个元素，而其形状 [${shape.join(', ')}] 有 ${elementCount(shape)} 个` } }, { path, tensor: name });
      }
      trained.set(name, reshape(shape, tensor));
    }
    const tensors = new StateTensors(files, [], label), stage = sorted.model === undefined ? 3 : 2;
    addBuffers(tensors, model, options.buffers ?? 'keep');
    if (!options.excludeFrozen) addFrozen(tensors, models, trained, stage, models.length);
    for (const [name, expression] of trained) tensors.add(name, expression);
    tensors.alias(new Map(models.flatMap(({ shared }) => [...shared])));
    return tensors.checkpoint({ kind: 'universal', tag, trained: new Set(trained.keys()) });
  } catch (error) {
    await files.close();
    throw error;
  }
}

/** `{param: tensor}` or the bare tensor. */
const tensorOf = (file: StateFile): Expression | undefined => (file.tensor('param') ?? file.tensor())?.expression;
