/**
 * @module
 * G19: files are still those that a manifest lists: SHA256SUMS and its kind, or temper.json. Error under the profile manifest.
 */
import { MANIFEST } from '../../engine/manifest.ts';
import { defineCode } from '../../findings/index.ts';
import { BLOCK_BYTES } from '../stream.ts';
import type { CheckContext } from '../context.ts';
import { text } from '../members.ts';
import { join, resolveWithin } from '../paths.ts';
import type { Report, Rule } from '../rule.ts';

/** Another content. */
export const MANIFEST_MISMATCH = defineCode({
  code: 'manifest-mismatch',
  severity: 'error',
  message: { en: '{file} is not the file that {manifest} lists: {what} differs', zh: '{file} 不是 {manifest} 所列的文件：{what} 不同' },
  why: { en: 'It was changed after the manifest was written, or damaged on the way here.', zh: '它在清单写出之后被改动，或在传输中损坏。' },
  fix: { en: 'Copy the file again from its source; if it was changed on purpose, write the manifest anew.', zh: '请从来源重新复制；如果是有意改动，请重新生成清单。' },
});

/** A file that is gone. */
export const MANIFEST_FILE_MISSING = defineCode({
  code: 'manifest-file-missing',
  severity: 'error',
  message: { en: '{manifest} lists {file}, which is not there', zh: '{manifest} 列出了 {file}，但它不存在' },
  why: { en: 'The directory is not complete.', zh: '该目录不完整。' },
  fix: { en: 'Copy the file from its source.', zh: '请从来源复制该文件。' },
});

/** No manifest at all. */
export const MANIFEST_ABSENT = defineCode({
  code: 'manifest-absent',
  severity: 'warning',
  message: { en: '{folder} has no manifest to check against', zh: '{folder} 没有可供核对的清单' },
  why: { en: 'Nothing says what the files should be.', zh: '没有任何记录说明文件应当是什么。' },
  fix: { en: 'Write one: sha256sum * > SHA256SUMS; temper convert and merge write temper.json (--digest adds SHA-256 of every file).', zh: '生成一个：sha256sum * > SHA256SUMS；temper convert 和 merge 会写出 temper.json（--digest 会加入每个文件的 SHA-256）。' },
});

const SUMS = /^(?:sha256sums?(?:\.txt)?|checksums?\.sha256|.*\.sha256)$/i;

/** A file and what a manifest says of it. */
interface Line { readonly path: string; readonly bytes?: number; readonly sha256?: string }

/** The rule. */
export const manifest: Rule = {
  name: 'manifest',
  profiles: ['manifest'],
  codes: [MANIFEST_MISMATCH, MANIFEST_FILE_MISSING, MANIFEST_ABSENT],
  fixtures: { fires: 'deploy-g19-manifest-mismatch', silent: 'deploy-healthy' },
  async check(context, report) {
    let found = false;
    for (const directory of context.directories()) {
      for (const { path, name } of directory.files) {
        const lines = name === MANIFEST ? await temperLines(context, path) : SUMS.test(name) ? sumLines(await context.text(path) ?? '') : undefined;
        if (lines === undefined) continue;
        found = true;
        for (const line of lines) await judge(context, directory.path, path, line, report);
      }
    }
    if (!found) report.add(MANIFEST_ABSENT, { folder: '.' }, { path: '', profile: 'manifest', severity: 'info' });
  },
};

async function judge(context: CheckContext, directory: string, manifestPath: string, { path, bytes, sha256 }: Line, report: Report): Promise<void> {
  const full = resolveWithin(directory, path), file = full === undefined ? undefined : context.tree.files.get(full), place = { path: full ?? join(directory, path), profile: 'manifest' };
  if (file === undefined) return report.add(MANIFEST_FILE_MISSING, { manifest: manifestPath, file: path }, place);
  if (bytes !== undefined && bytes !== file.bytes) return report.add(MANIFEST_MISMATCH, { file: file.path, manifest: manifestPath, what: { en: 'its size', zh: '大小' } }, { ...place, found: file.bytes, expected: bytes });
  const digest = sha256 === undefined ? undefined : await digestOf(context, file.path);
  if (digest !== undefined && digest !== sha256!.toLowerCase()) report.add(MANIFEST_MISMATCH, { file: file.path, manifest: manifestPath, what: 'SHA-256' }, { ...place, found: digest, expected: sha256!.toLowerCase() });
}

/** Lines of `sha256sum`: digest, two marks, name. */
function sumLines(content: string): Line[] {
  return [...content.matchAll(/^\\?([0-9a-fA-F]{64}) [ *](.+?)\r?$/gm)].map(([, sha256, path]) => ({ sha256: sha256!, path: path! }));
}

async function temperLines(context: CheckContext, path: string): Promise<Line[] | undefined> {
  const document = await context.object(path), outputs = document?.get('outputs');
  if (!Array.isArray(outputs) || text(document, 'schema') !== 'temper.manifest/1') return undefined;
  return outputs.flatMap((one) => {
    const name = one instanceof Map ? text(one, 'path') : undefined, bytes = one instanceof Map ? one.get('bytes') : undefined, sha256 = one instanceof Map ? text(one, 'sha256') : undefined;
    return name === undefined ? [] : [{ path: name, ...(typeof bytes === 'number' ? { bytes } : {}), ...(sha256 === undefined ? {} : { sha256 }) }];
  });
}

/** SHA-256 of a whole file; undefined where the machine offers none. */
async function digestOf(context: CheckContext, path: string): Promise<string | undefined> {
  const hash = context.options.host?.sha256?.();
  if (hash === undefined) return undefined;
  const source = await context.folder.open(path);
  try {
    const buffer = new Uint8Array(Math.min(BLOCK_BYTES, source.size || 1));
    for (let at = 0; at < source.size;) {
      context.options.signal?.throwIfAborted();
      const count = await source.read(at, buffer.subarray(0, Math.min(buffer.length, source.size - at)));
      if (count <= 0) break;
      hash.update(buffer.subarray(0, count));
      context.options.onBytes?.(count, path);
      at += count;
    }
    return hash.hex();
  } finally {
    await source.close();
  }
}
