/**
 * @module
 * One lane of the engine: it reads inputs, computes, and writes at final offsets, with memory of its own.
 */
import { readInto, REQUEST_BYTES_MAX, type ByteSink, type ByteSource, type MaybePromise } from '../bytes/index.ts';
import { bitsOf, elementCount } from '../tensors/index.ts';
import type { ChecksumOrder, ComputeOrder, CopyOrder, DigestOrder, Order, OrderResult } from './orders.ts';
import type { Program } from './program.ts';
import { Writer } from './writer.ts';

/** Hash that is fed piece by piece. */
export interface Hash { update(bytes: Uint8Array): void; hex(): string }

/** What a lane may touch. Sources and sinks are kept open by whoever gives them. */
export interface LaneResources {
  input(index: number): ByteSource;
  stage(index: number): ByteSource;
  /** Write access to output `index`: weight files first, then stages. */
  output(index: number): ByteSink;
  /** The same file to read again. */
  reread(index: number): ByteSource;
  sha256(): Hash;
  /** CRC-32 of bytes, continuing from an earlier one. */
  crc32(bytes: Uint8Array, crc: number): number;
  /** Whether two runs of the same length hold the same bytes. */
  same(a: Uint8Array, b: Uint8Array): boolean;
  /** Bytes a program may hold. */
  readonly memoryBytes: number;
}

/** Executes orders one after the other. */
export class Lane {
  readonly #resources: LaneResources;
  readonly #buffer = new Uint8Array(REQUEST_BYTES_MAX);
  #program: { key: string; program: Program } | undefined;

  constructor(resources: LaneResources) {
    this.#resources = resources;
  }

  execute(order: Order): Promise<OrderResult> {
    switch (order.kind) {
      case 'copy': return this.#copy(order);
      case 'compute': return this.#compute(order);
      case 'digest': return this.#digest(order);
      case 'checksum': return this.#checksum(order);
    }
  }

  async #copy(order: CopyOrder): Promise<OrderResult> {
    const { output, segments } = order, writer = new Writer(output, order, this.#resources), buffer = this.#buffer;
    // Small pieces that follow each other in the output (a ZeRO-3 tensor has one of every rank) are gathered for one write.
    let bytes = 0, at = 0, held = 0;
    const flush = (): MaybePromise<void> => { const full = buffer.subarray(0, held); held = 0; return writer.write(at, full); };
    for (const [input, offset, length, to] of segments) {
      const source = this.#resources.input(input);
      if (held > 0 && at + held !== to) await flush();
      for (let done = 0; done < length;) {
        if (held === 0) at = to + done;
        const part = buffer.subarray(held, Math.min(buffer.length, held + length - done));
        // One read may be short; a source that answers at once needs no turn of the event loop.
        const pending = source.read(offset + done, part);
        let count = typeof pending === 'number' ? pending : await pending;
        if (count <= 0) { await readInto(source, offset + done, part); count = part.length; }
        held += count;
        done += count;
        const written = held === buffer.length ? flush() : undefined;
        if (written instanceof Promise) await written;
      }
      bytes += length;
    }
    if (held > 0) await flush();
    return { bytes, computed: 0, recomputed: 0, ...writer.result };
  }

  async #compute(order: ComputeOrder): Promise<OrderResult> {
    const { output, key, expression, at, part, parts } = order;
    if (this.#program?.key !== key) {
      const { memoryBytes, input, stage } = this.#resources;
      // Loaded when something is computed: a lane that only copies is ready sooner.
      const { compile } = await import('./compute/index.ts');
      this.#program = { key, program: await compile(expression, { source: input, stage }, { memoryBytes }) };
    }
    const { program } = this.#program, writer = new Writer(output, order, this.#resources);
    const elements = elementCount(expression.shape), rowCount = Math.ceil(elements / program.granule);
    const begin = Math.floor(rowCount * part / parts) * program.granule;
    const end = Math.min(Math.floor(rowCount * (part + 1) / parts) * program.granule, elements);
    const before = { ...program.statistics };
    let bytes = 0;
    if (end > begin) {
      await program.run(begin, end, (offset, view) => { bytes += view.length; return writer.write(at + offset, view); });
    }
    const wanted = (end - begin) * bitsOf(expression.dtype) / 8;
    if (bytes !== wanted) throw new Error(`program for ${key} wrote ${bytes} bytes of ${wanted}`);
    if (part === parts - 1) this.#program = undefined;
    return { bytes, computed: program.statistics.computed - before.computed, recomputed: program.statistics.recomputed - before.recomputed, ...writer.result };
  }

  async #checksum({ output, ranges }: ChecksumOrder): Promise<OrderResult> {
    const source = this.#resources.reread(output), checksums: number[] = [];
    let bytes = 0;
    for (const [offset, length] of ranges) {
      let crc = 0;
      for (let done = 0; done < length;) {
        const part = this.#buffer.subarray(0, Math.min(this.#buffer.length, length - done));
        await readInto(source, offset + done, part);
        crc = this.#resources.crc32(part, crc);
        done += part.length;
      }
      checksums.push(crc);
      bytes += length;
    }
    return { bytes, computed: 0, recomputed: 0, checksums };
  }

  async #digest({ output, ranges }: DigestOrder): Promise<OrderResult> {
    const source = this.#resources.reread(output), whole = this.#resources.sha256();
    const sums: string[] = [];
    let next = 0, hash = this.#resources.sha256();
    for (let at = 0; at < source.size;) {
      // Never across the border of a range, so that every piece belongs to one range or none.
      const [start, length] = ranges[next] ?? [Infinity, 0];
      const inside = at >= start, border = inside ? start + length : start;
      const part = this.#buffer.subarray(0, Math.min(this.#buffer.length, source.size - at, border - at));
      if (part.length > 0) {
        await readInto(source, at, part);
        whole.update(part);
        if (inside) hash.update(part);
        at += part.length;
      }
      if (inside && at === start + length) { sums.push(hash.hex()); hash = this.#resources.sha256(); next++; }
    }
    for (; next < ranges.length; next++) sums.push(this.#resources.sha256().hex()); // empty tensors at the end
    return { bytes: source.size, computed: 0, recomputed: 0, sha256: whole.hex(), rangeSha256: sums };
  }
}

