/**
 * @module
 * Tensors of a state on their way to a checkpoint: in the order in which they are added, each name once, aliases last.
 */
import { finding, refuse, type Finding } from '../../findings/index.ts';
import { byteCount, sourcesOf, type Expression } from '../../tensors/index.ts';
import type { Checkpoint, CheckpointTensor } from '../checkpoint.ts';
import { STATE_ADAPTER_INSIDE, STATE_FROZEN_ABSENT, STATE_STRUCTURE } from './codes.ts';
import type { StateFiles } from './files.ts';
import type { StateFacts } from './options.ts';

/** A name of PEFT's in a model in memory: the adapter's own name stands in it. */
const IN_MEMORY = /\.(?:lora_|hada_|lokr_|ia3_|oft_|vera_|modules_to_save\.)/;

/** Collects. */
export class StateTensors {
  readonly #files: StateFiles;
  readonly #findings: Finding[];
  readonly #label: string;
  readonly #tensors = new Map<string, CheckpointTensor>();
  readonly #aliases = new Map<string, string>();

  constructor(files: StateFiles, findings: Finding[], label: string) {
    this.#files = files;
    this.#findings = findings;
    this.#label = label;
  }

  add(name: string, expression: Expression): void {
    if (this.#tensors.has(name)) refuse(STATE_STRUCTURE, { file: this.#label, problem: { en: `${name} is there twice`, zh: `${name} 出现两次` } }, { path: '.', tensor: name });
    const [file = 0] = sourcesOf(expression), { dtype, shape } = expression;
    this.#tensors.set(name, { name, dtype, shape, expression, bytes: byteCount(dtype, shape), file });
  }

  /** Names that stand for others. They are followed when everything else is there. */
  alias(pairs: ReadonlyMap<string, string>): void {
    for (const [name, kept] of pairs) this.#aliases.set(name, kept);
  }

  note(found: Finding): void { this.#findings.push(found); }

  /** The checkpoint. */
  checkpoint(facts: StateFacts): Checkpoint {
    const again: string[] = [];
    for (const [name] of this.#aliases) {
      let kept: string | undefined = name;
      for (let steps = 0; kept !== undefined && !this.#tensors.has(kept); steps++) {
        if (steps > this.#aliases.size) refuse(STATE_STRUCTURE, { file: this.#label, problem: { en: `${name} is shared with itself in a circle`, zh: `${name} 循环地与自身共享` } }, { path: '.', tensor: name });
        kept = this.#aliases.get(kept);
      }
      // What it stands for may have been left out.
      if (kept === undefined || kept === name) continue;
      this.#tensors.set(name, { ...this.#tensors.get(kept)!, name });
      if (facts.trained?.has(kept)) again.push(name);
    }
    const state: StateFacts = again.length === 0 ? facts : { ...facts, trained: new Set([...facts.trained!, ...again]) };
    const names = [...this.#tensors.keys()], inside = names.find((name) => IN_MEMORY.test(name)), place = { path: state.tag === '' ? '.' : state.tag };
    const frozenAbsent = inside !== undefined && state.trained !== undefined && names.every((name) => state.trained!.has(name) || this.#aliases.has(name));
    if (frozenAbsent) this.note(finding(STATE_FROZEN_ABSENT, { folder: this.#label, count: names.length }, place));
    else if (inside !== undefined) this.note(finding(STATE_ADAPTER_INSIDE, { folder: this.#label, tensor: inside }, { ...place, tensor: inside }));
    return { folder: this.#files.folder, files: this.#files.files, tensors: this.#tensors, others: [], unused: [], findings: this.#findings, state };
  }
}
