/** @module Low rank approximations of matrices that are expressions. */
export * from './factorise.ts';
export * from './jacobi.ts';
export * from './orthonormal.ts';
export * from './signs.ts';
