import { gzipSync } from 'node:zlib';
import vm from 'node:vm';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { DOORS, roomOf } from './layering.ts';
import { filesBelow, ROOT } from './modules.ts';

const core = filesBelow('src').filter((file) => file.endsWith('.ts') && !DOORS.has(roomOf(file)));

/** The named modules as one script for a browser; esbuild fails on every import that a browser does not have. */
async function bundle(files: readonly string[], minify: boolean): Promise<string> {
  const { outputFiles, warnings } = await build({
    stdin: { contents: files.map((file, index) => `export * as m${index} from './${file}';`).join('\n'), resolveDir: ROOT },
    bundle: true, write: false, minify, platform: 'browser', format: 'iife', globalName: 'temper', target: 'es2022', logLevel: 'silent',
  });
  expect(warnings).toEqual([]);
  return outputFiles[0]!.text;
}

/** What a page and a worker have, and nothing of Node. */
const browser = () => ({
  TextDecoder, TextEncoder, URL, Blob, AbortController, AbortSignal, ReadableStream, WritableStream, DecompressionStream, CompressionStream,
  WebAssembly, crypto, fetch, performance, queueMicrotask, setTimeout, clearTimeout, structuredClone, atob, btoa,
});

describe('the core in a browser', () => {
  it('bundles and loads, every module of it', async () => {
    const context = vm.createContext(browser());
    vm.runInContext(`${await bundle(core, false)}\nglobalThis.loaded = Object.keys(temper).length;`, context);
    expect(context['loaded']).toBe(core.length);
  });

  it('is one entry', async () => {
    const text = await bundle(['src/index.ts'], true);
    console.log(`browser bundle of src/index.ts: ${(text.length / 1000).toFixed(1)} kB, ${(gzipSync(text).length / 1000).toFixed(1)} kB gzipped`);
    const context = vm.createContext(browser());
    vm.runInContext(`${text}\nglobalThis.names = Object.keys(temper.m0);`, context);
    expect(context['names']).toContain('TemperError');
  });

  it('would fail on a module of Node', async () => {
    await expect(bundle(['src/node/files.ts'], false)).rejects.toThrow(/Could not resolve "node:/);
  });
});
