/** @module Files of torch.save: the zip since 1.6 and the stream before it. Nothing in them is ever executed. */
export * from './codes.ts';
export * from './dict.ts';
export * from './dtypes.ts';
export * from './file.ts';
export * from './legacy.ts';
export * from './listing.ts';
export * from './objects/known.ts';
export * from './pickle/index.ts';
export * from './rebuild.ts';
export * from './state-dict.ts';
export * from './storages.ts';
export * from './tensors.ts';
export * from './walk.ts';
export * from './write/index.ts';
export * from './zip.ts';
