/**
 * @module
 * The commands worth running on a tree, each with its reason.
 */
import type { Text } from '../findings/index.ts';
import type { Result } from './result.ts';
import type { Tree, TreeDirectory } from './tree.ts';

/** A command worth running next, and why. */
export interface Advice { readonly command: string; readonly reason: Text }

/** An adapter and where its configuration says that its base is. */
export interface KnownBase { readonly path: string; readonly base: string | null }

/** A word as a shell takes it. */
export const quoted = (word: string): string => (/^[\w./~@:+-]+$/.test(word) ? word : `'${word.replaceAll('\'', '\'\\\'\'')}'`);

/** What to do with a tree that the user called `given`. `exists` says whether a path is there, as a command would find it. */
export function nextCommands(given: string, tree: Tree, result: Result | undefined, adapters: readonly KnownBase[], exists: (path: string) => boolean = () => false): Advice[] {
  const at = (path: string) => quoted(path === '' || path === '.' ? given : `${given.replace(/[/\\]+$/, '')}/${path}`);
  const advice: Advice[] = [], directories = [...tree.directories.values()], here = result === undefined ? undefined : tree.directories.get(result.path);
  const pointer = [...tree.files.values()].find((file) => file.format === 'lfs-pointer');
  if (pointer !== undefined) advice.push({ command: `git -C ${at(pointer.directory)} lfs pull`, reason: { en: `${pointer.path} is a Git LFS pointer: fetch the file itself`, zh: `${pointer.path} 只是 Git LFS 指针：取回文件本身` } });
  if (result !== undefined && here !== undefined) advice.push(...FOR_RESULT[result.kind](at(result.path), here, { tree, at, adapters, exists }));
  if (adapters.length > 1 && result === undefined) advice.push({ command: `temper base audit ${at('')}`, reason: { en: 'where these adapters say that their base is, and whether that is so', zh: '这些适配器各自声明的基座在哪里，是否属实' } });
  const strange = [...tree.files.values()].find(({ role, format }) => role === 'other' && (format === 'pickle' || format.startsWith('torch')));
  if (strange !== undefined) advice.push({ command: `temper scan ${at(strange.path)}`, reason: { en: 'nobody knows this file: what loading it would run, without running it', zh: '无法识别该文件：查看加载它会执行什么，而不去执行' } });
  if (advice.length === 0 && directories.some(({ kinds }) => kinds.length > 0)) advice.push({ command: `temper check ${at('')}`, reason: { en: 'what is missing here', zh: '这里缺少什么' } });
  return advice;
}

interface Around { readonly tree: Tree; readonly at: (path: string) => string; readonly adapters: readonly KnownBase[]; readonly exists: (path: string) => boolean }

/** The base to write into a command: the one folder of the tree that can be it, else what the configuration names: a path that exists, or a hub id. */
function baseOf(path: string, { tree, at, adapters, exists }: Around): string {
  const bases = [...tree.directories.values()].filter(({ servesAsBase, kinds }) => servesAsBase && kinds.includes('full-model'));
  if (bases.length === 1) return at(bases[0]!.path);
  const named = adapters.find((adapter) => adapter.path === (path === '' ? '.' : path))?.base ?? '';
  if (bases.length === 0 && named !== '' && exists(named)) return quoted(named);
  return /^[\w][\w.-]*\/[\w][\w.-]*$/.test(named) && bases.length === 0 ? named : 'BASE';
}

const FOR_RESULT: Readonly<Record<Result['kind'], (path: string, here: TreeDirectory, around: Around) => Advice[]>> = {
  model: (path, here) => [
    { command: `temper check ${path}`, reason: { en: 'whether it is complete, finite and consistent, and loads', zh: '是否完整、数值有限、前后一致，能否加载' } },
    ...here.weights!.some((name) => /\.(?:bin|pth?)$/.test(name)) ? [{ command: `temper convert ${path} -o OUT`, reason: { en: 'the same tensors as safetensors, without running the pickle', zh: '把相同的张量存为 safetensors，不执行 pickle' } }] : [],
  ],
  adapter: (path, here, around) => {
    const base = baseOf(here.path, around), alpha = here.files.some(({ role }) => role === 'adapter-config') ? '' : ' --lora-alpha N';
    return [
      { command: `temper check ${path} --base ${base}`, reason: { en: 'whether it is whole, was trained, and fits the base', zh: '是否完整、是否真正训练过、与基座是否匹配' } },
      { command: `temper merge ${base} ${path} -o merged${alpha}`, reason: { en: 'one deployable directory out of base and adapter', zh: '把基座与适配器合成一个可部署的目录' } },
    ];
  },
  parts: (path, here) => {
    const roles = [['llm_adapter', 'llm'], ['visual_encoder_adapter', 'visual_encoder']] as const;
    const bases = roles.filter(([folder]) => here.folders.includes(folder)).map(([, role]) => ` --base ${role}=PATH`).join('');
    return [{ command: `temper assemble ${path}${bases} -o OUT`, reason: { en: 'one directory out of the parts and their bases', zh: '把各部分与其基座组装成一个目录' } }];
  },
  state: (path) => [{ command: `temper convert ${path} -o OUT`, reason: { en: 'take the weights out of the state: pieces put together, names restored', zh: '从训练状态中取出权重：拼接各片，恢复名字' } }],
};
