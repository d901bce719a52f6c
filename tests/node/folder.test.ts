/** Folders of a disk: nothing outside of them is read, whatever links say. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { listRecursively } from '../../src/bytes/index.ts';
import { openCheckpoint } from '../../src/checkpoints/index.ts';
import { isTemperError } from '../../src/findings/index.ts';
import { openFolder, openInput } from '../../src/node/folder.ts';
import { withTemporary } from '../hostile.ts';
import { weights } from '../checkpoints/support.ts';

const codeOf = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    if (isTemperError(error)) return error.code;
    throw error;
  }
  return 'no refusal';
};
/** Files and links (`-> target`) below a directory. */
function make(directory: string, tree: Record<string, string>): void {
  for (const [name, content] of Object.entries(tree)) {
    const full = path.join(directory, name);
    fs.mkdirSync(path.dirname(full), { recursive: true });
    if (content.startsWith('-> ')) fs.symlinkSync(content.slice(3), full);
    else fs.writeFileSync(full, content);
  }
}

describe('listing', () => {
  it('is in the order of UTF-8, with sizes and kinds', () => withTemporary(async (directory) => {
    make(directory, { b: '12', 'a/x': '1', '\uff5e': '', '😀': '', B: '' });
    const folder = openFolder(directory);
    expect(folder.list().map(({ path: name, kind, bytes }) => [name, kind, bytes])).toEqual([['B', 'file', 0], ['a', 'folder', 0], ['b', 'file', 2], ['\uff5e', 'file', 0], ['😀', 'file', 0]]);
    expect(folder.list()[2]!.modifiedMs).toBe(fs.statSync(path.join(directory, 'b')).mtimeMs);
    expect(folder.list('a').map((entry) => entry.path)).toEqual(['a/x']);
    expect((await listRecursively(folder)).map((entry) => entry.path)).toEqual(['B', 'a', 'a/x', 'b', '\uff5e', '😀']);
  }));

  it('names what must not be opened, and opening it refuses', () => withTemporary((directory) => {
    make(directory, {
      'outside/secret': 'x', 'outside/deep/y': 'y', 'in/real': 'r', 'in/good': '-> real', 'in/up': '-> ../outside/secret', 'in/folder': '-> ../outside/deep',
      'in/dangling': '-> nowhere', 'in/loop': '-> loop', 'in/device': '-> /dev/null', 'in/absolute': `-> ${directory}/outside/secret`, 'in/through': '-> ../in/../outside/secret',
    });
    const folder = openFolder(path.join(directory, 'in'));
    const entries = new Map(folder.list().map((entry) => [entry.path, entry]));
    expect(entries.get('good')).toMatchObject({ kind: 'file', bytes: 1, link: true });
    expect(entries.get('real')!.link).toBeUndefined();
    expect(new TextDecoder().decode((() => { const into = new Uint8Array(1); folder.open('good').read(0, into); return into; })())).toBe('r');
    const codes = { up: 'outside-folder', absolute: 'outside-folder', through: 'outside-folder', device: 'outside-folder', dangling: 'cannot-read', loop: 'cannot-read' };
    for (const [name, code] of Object.entries(codes)) {
      expect(entries.get(name)!.unusable, name).toBeDefined();
      expect(codeOf(() => folder.open(name)), name).toBe(code);
      expect(codeOf(() => folder.fileName(name)), name).toBe(code);
    }
    expect(entries.get('folder')!.unusable).toBeDefined();
    expect(codeOf(() => folder.list('folder'))).toBe('outside-folder');
    expect(codeOf(() => folder.open('folder/y'))).toBe('outside-folder');
  }));

  it.each(['..', '../outside/secret', '/etc/passwd', 'a/../../outside/secret', './a', 'a//x', 'a\0', 'a/..'])('refuses the path %j', (name) => withTemporary((directory) => {
    make(directory, { 'outside/secret': 'x', 'in/a': '' });
    expect(codeOf(() => openFolder(path.join(directory, 'in')).open(name))).toBe('outside-folder');
  }));

  it('does not follow links to folders when it goes down, so that a maze of them ends', () => withTemporary(async (directory) => {
    make(directory, { 'a/x': '1', 'a/b': '-> ../c', 'c/d': '-> ../a', 'c/e': '-> ..', latest: '-> a' });
    const folder = openFolder(directory);
    expect((await listRecursively(folder)).map((entry) => entry.path)).toEqual(['a', 'a/b', 'a/x', 'c', 'c/d', 'c/e', 'latest']);
    expect(folder.open('latest/x').size).toBe(1);
  }));

  it('is not fooled by a neighbour whose name begins alike', () => withTemporary((directory) => {
    make(directory, { 'model/x': '-> ../model-secret/x', 'model-secret/x': 's' });
    expect(codeOf(() => openFolder(path.join(directory, 'model')).open('x'))).toBe('outside-folder');
  }));
});

describe('a snapshot of the hub cache', () => {
  const tree = {
    'models--a--b/blobs/123': 'weights', 'models--a--c/blobs/456': 'others', 'models--a--b/refs/main': 'abc', 'secret': 's',
    'models--a--b/snapshots/abc/model.safetensors': '-> ../../blobs/123', 'models--a--b/snapshots/abc/unet/w': '-> ../../../blobs/123',
    'models--a--b/snapshots/abc/other': '-> ../../../models--a--c/blobs/456', 'models--a--b/snapshots/abc/secret': '-> ../../../secret',
    'models--a--b/snapshots/abc/ref': '-> ../../refs/main',
  };
  it('may link into the blobs of its own repository, and nowhere else', () => withTemporary((directory) => {
    make(directory, tree);
    const folder = openFolder(path.join(directory, 'models--a--b/snapshots/abc'));
    expect(folder.open('model.safetensors').size).toBe(7);
    expect(folder.fileName('unet/w')).toBe(fs.realpathSync(path.join(directory, 'models--a--b/blobs/123')));
    for (const name of ['other', 'secret', 'ref']) expect(codeOf(() => folder.open(name)), name).toBe('outside-folder');
    expect(openFolder(path.join(directory, 'models--a--b/snapshots/abc/unet')).open('w').size).toBe(7);
  }));

  it('may have its links as text, as some copies leave them', () => withTemporary((directory) => {
    const hash = 'a'.repeat(64), snapshot = 'm/snapshots/abc';
    make(directory, { [`m/blobs/${hash}`]: 'weights', [`${snapshot}/w`]: `../../blobs/${hash}`, [`${snapshot}/gone`]: `../../blobs/${'b'.repeat(64)}`,
      [`${snapshot}/other`]: `../../../blobs/${hash}`, [`blobs/${hash}`]: 'secret', 'plain/w': `../../blobs/${hash}`, [`${snapshot}/note`]: 'see ../../blobs/' });
    const folder = openFolder(path.join(directory, snapshot));
    expect([folder.open('w').size, folder.list().find((entry) => entry.path === 'w')!.bytes, folder.open('note').size]).toEqual([7, 7, 16]);
    expect([codeOf(() => folder.open('gone')), codeOf(() => folder.open('other'))]).toEqual(['cannot-read', 'outside-folder']);
    expect(openFolder(path.join(directory, 'plain')).open('w').size).toBe(76);
  }));

  it('stays one when it is reached through a link', () => withTemporary((directory) => {
    make(directory, { ...tree, mine: '-> models--a--b/snapshots/abc' });
    expect(openFolder(path.join(directory, 'mine')).open('model.safetensors').size).toBe(7);
  }));
});

describe('an input', () => {
  it('is a directory, or a file of one', () => withTemporary(async (directory) => {
    fs.mkdirSync(path.join(directory, 'm'));
    fs.writeFileSync(path.join(directory, 'm/x.safetensors'), weights(['a']));
    expect(openInput(path.join(directory, 'm')).file).toBeUndefined();
    const { folder, file } = openInput(path.join(directory, 'm/x.safetensors'));
    expect(file).toBe('x.safetensors');
    const checkpoint = await openCheckpoint(folder, { file: file! });
    expect([...checkpoint.tensors.keys()]).toEqual(['a']);
  }));

  it('may be a link to anywhere when it was named outright, but its neighbours may not', () => withTemporary((directory) => {
    make(directory, { 'data/w': '123', 'in/w': '-> ../data/w', 'in/v': '-> ../data/w' });
    const { folder, file } = openInput(path.join(directory, 'in/w'));
    expect(folder.open(file!).size).toBe(3);
    expect(codeOf(() => folder.open('v'))).toBe('outside-folder');
  }));

  it('that does not exist says how far the path does', () => withTemporary((directory) => {
    make(directory, { 'a/dangling': '-> nowhere', 'a/file': '' });
    const real = (name: string) => path.join(directory, name);
    const reason = (name: string) => {
      try {
        openInput(real(name));
      } catch (error) {
        if (isTemperError(error, 'cannot-read')) return (error.findings[0]!.parameters['reason'] as { en: string }).en;
      }
      return 'no refusal';
    };
    expect(reason('a/b/c')).toContain(`as far as ${real('a')}`);
    expect(reason('a/dangling')).toContain('a link to something that does not exist');
    expect(reason('a/file/x')).toContain(`as far as ${real('a/file')}`);
    expect(reason('a')).toBe('no refusal');
  }));
});
