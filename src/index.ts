/**
 * @module
 * Temper's core: formats, adapters, plans, engine, proofs, and the verbs over abstract folders. Runs wherever JavaScript
 * does; the door to files of a machine is `temper-ml/node`.
 */
export * from './bytes/index.ts';
export * from './findings/index.ts';
export * from './tensors/index.ts';
export * from './containers/index.ts';
export * from './checkpoints/index.ts';
export { openAdapter, type Adapter, type AdapterOptions, type Rounding } from './adapters/index.ts';
export * from './plans/index.ts';
export * from './engine/index.ts';
export { compareTwins, type TwinOptions, type Twins, type TwinStatus, type TwinTensor } from './proofs/twins.ts';
export * from './verbs/index.ts';
export { VERSION } from './version.ts';
