/** @module Files of torch.save, byte for byte as torch 2.13 writes them. */
export { layoutLegacy } from './legacy.ts';
export { layoutTorchZip, type Segment, type TorchZipLayout } from './layout.ts';
export { pickleStateDict, rowMajor, type SavedStateDict, type SavedStorage, type SavedTensor } from './state-dict.ts';
