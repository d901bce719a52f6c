/**
 * @module
 * Element types of GGUF (ggml.h, `enum ggml_type`): blocks of elements and their bytes.
 */
import type { DType } from '../../tensors/index.ts';

/** What is known of a ggml type. */
export interface GgmlType {
  readonly name: string;
  /** Elements in a block; rows are whole blocks. */
  readonly elements: number;
  /** Bytes of a block. */
  readonly bytes: number;
  /** Ours, for types whose elements stand alone. */
  readonly dtype?: DType;
}

const block = (name: string, elements: number, bytes: number): GgmlType => ({ name, elements, bytes });
const plain = (name: string, bytes: number, dtype: DType): GgmlType => ({ name, elements: 1, bytes, dtype });

/** By number. Numbers that are missing were removed from ggml. */
export const GGML_TYPES: ReadonlyMap<number, GgmlType> = /* @__PURE__ */ new Map([
  [0, plain('F32', 4, 'F32')], [1, plain('F16', 2, 'F16')],
  [2, block('Q4_0', 32, 18)], [3, block('Q4_1', 32, 20)], [6, block('Q5_0', 32, 22)], [7, block('Q5_1', 32, 24)],
  [8, block('Q8_0', 32, 34)], [9, block('Q8_1', 32, 36)], [10, block('Q2_K', 256, 84)], [11, block('Q3_K', 256, 110)],
  [12, block('Q4_K', 256, 144)], [13, block('Q5_K', 256, 176)], [14, block('Q6_K', 256, 210)], [15, block('Q8_K', 256, 292)],
  [16, block('IQ2_XXS', 256, 66)], [17, block('IQ2_XS', 256, 74)], [18, block('IQ3_XXS', 256, 98)], [19, block('IQ1_S', 256, 50)],
  [20, block('IQ4_NL', 32, 18)], [21, block('IQ3_S', 256, 110)], [22, block('IQ2_S', 256, 82)], [23, block('IQ4_XS', 256, 136)],
  [24, plain('I8', 1, 'I8')], [25, plain('I16', 2, 'I16')], [26, plain('I32', 4, 'I32')], [27, plain('I64', 8, 'I64')], [28, plain('F64', 8, 'F64')],
  [29, block('IQ1_M', 256, 56)], [30, plain('BF16', 2, 'BF16')], [34, block('TQ1_0', 256, 54)], [35, block('TQ2_0', 256, 66)],
  [39, block('MXFP4', 32, 17)], [40, block('NVFP4', 64, 36)], [41, block('Q1_0', 128, 18)], [42, block('Q2_0', 64, 18)],
]);
