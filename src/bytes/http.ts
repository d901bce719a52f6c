/**
 * @module
 * A resource of a web server as a source: ranges of it, never all of it. For looking at the header of a model that is not
 * here. The server must answer ranges; the resource must stay the same while it is read.
 */
import { isTemperError, refuse, type Text } from '../findings/index.ts';
import { CANNOT_READ, REMOTE_CHANGED } from './codes.ts';
import type { ByteSource } from './source.ts';

/** Bytes asked for at once: requests cost a round trip, and headers are read in small pieces. */
const BLOCK_BYTES: number = 256 * 1024;
/** Bytes of the largest single request. */
const REQUEST_BYTES: number = 8 * 1024 * 1024;
/** Tries for an answer that did not come, or that says to come again. */
const TRIES = 4;
/** First wait between two tries, doubled every time. */
const WAIT_MS = 200;

/** How to ask. */
export interface HttpOptions {
  /** What messages call it; the last part of the path when absent. */
  readonly label?: string;
  /** Sent with every request: `authorization` for a private model. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Another `fetch` than the host's. */
  readonly fetch?: typeof fetch;
}

/** Opens a resource. Throws CANNOT_READ when it is absent or the server does not answer ranges. */
export async function httpSource(url: string | URL, options: HttpOptions = {}): Promise<ByteSource> {
  const address = new URL(url), label = options.label ?? (decodeURIComponent(address.pathname).split('/').at(-1) || address.host);
  const ask = options.fetch ?? fetch;
  const fail = (reason: Text): never => refuse(CANNOT_READ, { file: label, reason }, { path: label });

  /** The bytes from `start` on, at most `length`, and what the server says of the whole. */
  const request = async (start: number, length: number): Promise<{ bytes: Uint8Array; size: number; tag: string }> => {
    const response = await patiently(() => ask(address, {
      // Compressed bytes have other offsets.
      headers: { ...options.headers, range: `bytes=${start}-${start + length - 1}`, 'accept-encoding': 'identity' }, ...(options.signal === undefined ? {} : { signal: options.signal }),
    }), options.signal);
    if (response === undefined) return fail({ en: 'the server does not answer', zh: '服务器没有响应' });
    const total = /^bytes (?:\d+-\d+|\*)\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
    // Nothing lies behind the end of an empty resource.
    if (response.status === 416 && total !== undefined) return { bytes: new Uint8Array(0), size: Number(total), tag: tagOf(response) };
    if (response.status !== 206 || total === undefined) {
      await response.body?.cancel();
      return fail(response.status === 200 ? { en: 'the server does not answer ranges', zh: '服务器不支持按范围读取' } : { en: `the server answers ${response.status}`, zh: `服务器返回 ${response.status}` });
    }
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { bytes: bytes.length > length ? bytes.subarray(0, length) : bytes, size: Number(total), tag: tagOf(response) };
  };

  const first = await request(0, BLOCK_BYTES), { size, tag } = first;
  if (!Number.isSafeInteger(size)) fail({ en: 'its size is beyond 2^53', zh: '其大小超过 2^53' });
  let block = { start: 0, bytes: first.bytes };
  return {
    label, size,
    read: async (offset, into) => {
      if (offset >= size || into.length === 0) return 0;
      if (offset < block.start || offset >= block.start + block.bytes.length) {
        const length = Math.min(size - offset, Math.max(BLOCK_BYTES, Math.min(into.length, REQUEST_BYTES))), answer = await request(offset, length);
        if (answer.size !== size || answer.tag !== tag) refuse(REMOTE_CHANGED, { file: label }, { path: label, offset });
        block = { start: offset, bytes: answer.bytes };
      }
      const part = block.bytes.subarray(offset - block.start, offset - block.start + into.length);
      into.set(part);
      return part.length;
    },
    close: () => { block = { start: 0, bytes: new Uint8Array(0) }; },
  };
}

/** What tells one version of a resource from the next. */
const tagOf = ({ headers }: Response): string => headers.get('etag') ?? headers.get('last-modified') ?? '';

/** Answers that say to come again. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** The answer, or undefined when none came. */
async function patiently(ask: () => Promise<Response>, signal: AbortSignal | undefined): Promise<Response | undefined> {
  for (let tries = 1; ; tries++) {
    let answer: Response | undefined;
    try {
      answer = await ask();
      if (!PASSING.has(answer.status) || tries === TRIES) return answer;
      await answer.body?.cancel();
    } catch (error) {
      signal?.throwIfAborted();
      if (isTemperError(error) || tries === TRIES) return undefined;
    }
    await new Promise((done) => { setTimeout(done, WAIT_MS * 2 ** (tries - 1)); });
  }
}
