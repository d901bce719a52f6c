/**
 * @module
 * OFT: the inputs of a layer are turned block by block, W' = W·blockdiag(R)ᵗ; of an embedding the outputs, W' = W·blockdiag(R)
 * (Qiu et al. 2023; peft.md §2.6). R comes from a skew-symmetric Q, stored as its upper triangle: exactly by Cayley,
 * R = (I − Q)·(I + Q)⁻¹, or by a short series for its inverse. With `coft`, Q is first brought back into a ball; with
 * `block_share` one block turns all. Files of older PEFT, which call their blocks oft_r, are in oft-legacy.ts.
 */
import { finding, refuse, type Finding } from '../../findings/index.ts';
import { triangleSide, whole, type Expression } from '../../tensors/index.ts';
import { BAD_ADAPTER_CONFIG } from '../codes.ts';
import { flagField, numberField, textField, type AdapterConfig } from '../config.ts';
import { fieldTable, neutral, used } from '../fields.ts';
import { misfit, onInputs } from '../layout.ts';
import type { Form, Side } from '../forms.ts';
import { oneScale } from '../patterns.ts';
import { cayley, cayleyNeumann, inverse, project, turned } from './cayley.ts';
import { OFT_VERSION_UNCLEAR, OLD_OFT_FORMAT } from './codes.ts';
import { asStored, matrix, type Method, type ModuleContext } from './method.ts';
import { blockSide, LEGACY_FORMS, legacyWeight } from './oft-legacy.ts';

const FORMS = (config: AdapterConfig): readonly Form[] => {
  const holds = (side: Side): boolean => {
    const b = triangleSide(side('triangle')), n = side('blocks');
    return b !== undefined && b === blockSide(config, side('in'), { r: 0, side: 32 }) && n === (flagField(config, 'block_share') ? 1 : side('in') / b);
  };
  return [
    { parts: { 'oft_R.weight': 'blocks triangle' }, layout: onInputs(() => undefined), holds },
    {
      parts: { 'oft_embedding_R.weight': 'blocks triangle' }, holds,
      layout: (module, target, weight, hints) => (weight.length === 2 ? 'embedding' : misfit(module.parts.get('oft_embedding_R.weight')!, target, weight, hints)),
    },
  ];
};

/** Which formula the series follows: PEFT changed it in 0.18, and has written its version since then. */
function seriesOf(config: AdapterConfig): 'until 0.17' | 'since 0.18' | 'unclear' {
  const version = textField(config, 'peft_version');
  // A config that does not even name the series was not written by PEFT 0.16 or 0.17: today's default holds.
  if (version === undefined) return config.fields.get('use_cayley_neumann') === true ? 'until 0.17' : 'since 0.18';
  const [, major = '0', minor = '0', rest = ''] = /^(\d+)\.(\d+)([^@]*)/.exec(version) ?? [], number = Number(major) * 1000 + Number(minor);
  const development = /dev/.test(rest);
  if (number > 18 || (number === 18 && !development)) return 'since 0.18';
  return number === 18 || (number === 17 && development) ? 'unclear' : 'until 0.17';
}

const usesSeries = (config: AdapterConfig): boolean => flagField(config, 'use_cayley_neumann', true);

/** R of every block. */
function rotations({ config }: ModuleContext, v: Expression): { readonly R: Expression; readonly words: string } {
  const epsilon = numberField(config, 'eps', 6e-5), terms = numberField(config, 'num_cayley_neumann_terms', 5), blocks = v.shape[0]!;
  let Q: Expression = whole('skew', [v]);
  if (flagField(config, 'coft')) Q = project(Q, epsilon / Math.sqrt(blocks));
  if (!usesSeries(config)) return { R: cayley(Q), words: '(I−Q)(I+Q)⁻¹' };
  const old = seriesOf(config) === 'until 0.17';
  return { R: cayleyNeumann(Q, terms, old), words: `I + 2Q + … (${terms} terms${old ? ', as up to PEFT 0.17' : ''})` };
}

/** OFT. */
export const oft: Method = {
  type: 'OFT',
  facts: [
    { name: 'OFT', formula: 'W·blockdiag(R)ᵗ, R = I + 2Q + 2Q² + … + Qᵗ⁻¹ (embeddings: W·blockdiag(R))', needs: 'W', verified: ['0.18.1', '0.21.0'] },
    { name: 'OFT, exact', when: 'use_cayley_neumann: false', formula: 'the same, R = (I−Q)(I+Q)⁻¹', needs: 'W', verified: ['0.16.0', '0.17.1', '0.18.1', '0.21.0'] },
    { name: 'COFT, shared blocks', when: 'coft, block_share', formula: 'the same, Q brought back to ‖Q‖ ≤ eps/√n; one block for all inputs', needs: 'W', verified: ['0.16.0', '0.17.1', '0.18.1', '0.21.0'] },
    { name: 'OFT of PEFT 0.16 and 0.17', when: 'no peft_version', formula: 'the same, R = I + 2Q + 2Q² + … + 2Qᵗ⁻¹', needs: 'W', verified: ['0.16.0', '0.17.1'] },
    { name: 'OFT of PEFT 0.14 and 0.15', when: 'oft_r and oft_s in the file', formula: 's ∘ W·blockdiag(R)ᵗ, R = (I−Q)(I+Q)⁻¹', needs: 'W', verified: ['0.14.0', '0.15.2'] },
    { name: 'OFT up to PEFT 0.13', when: 'oft_r without oft_s', formula: 'blockdiag(R)ᵗ·W, R = (I−Q)(I+Q)⁻¹', needs: 'W', verified: ['0.7.1', '0.13.2'] },
  ],
  fields: fieldTable({
    r: used, oft_block_size: used, coft: used, eps: used, block_share: used, use_cayley_neumann: used, num_cayley_neumann_terms: used,
    module_dropout: neutral, fan_in_fan_out: neutral, rank_pattern: used, alpha_pattern: neutral,
  }),
  parts: new Set(['oft_R.weight', 'oft_embedding_R.weight', 'oft_r', 'oft_s']),
  // Blocks of a single input turn nothing, and have no triangle.
  mayShrinkToNothing: true,
  zeroAtStart: ['oft_R.weight', 'oft_embedding_R.weight', 'oft_r'],
  forms: (config, module) => [...FORMS(config), ...LEGACY_FORMS(config, module)],
  scales: () => oneScale(1),

  remarks(config, parts): readonly Finding[] {
    const terms = numberField(config, 'num_cayley_neumann_terms', 5);
    if (!Number.isSafeInteger(terms)) refuse(BAD_ADAPTER_CONFIG, { field: 'num_cayley_neumann_terms', value: terms, wanted: { en: 'an integer', zh: '整数' } }, { path: config.path });
    if (flagField(config, 'coft') && !(numberField(config, 'eps', 6e-5) > 0)) refuse(BAD_ADAPTER_CONFIG, { field: 'eps', value: numberField(config, 'eps', 6e-5), wanted: { en: 'a number above 0', zh: '大于 0 的数' } }, { path: config.path });
    const old = (en: string, zh: string, formula: string) => [finding(OLD_OFT_FORMAT, { written: { en, zh }, formula }, { path: config.path })];
    if (parts.has('oft_s')) return old('0.14 or 0.15 (oft_r and oft_s)', '0.14 或 0.15（oft_r 与 oft_s）', 's ∘ W·blockdiag(R)ᵗ');
    if (parts.has('oft_r')) return old('0.13 or older (oft_r without oft_s)', '0.13 或更早版本（只有 oft_r，没有 oft_s）', 'blockdiag(R)ᵗ·W');
    if (parts.size === 0 || !usesSeries(config)) return [];
    switch (seriesOf(config)) {
      case 'since 0.18': return [];
      case 'until 0.17': return old('0.16 or 0.17 (before 0.18, by peft_version)', '0.16 或 0.17（根据 peft_version 早于 0.18）', 'R = I + 2Q + 2Q² + … + 2Qᵗ⁻¹');
      case 'unclear': return [finding(OFT_VERSION_UNCLEAR, { version: textField(config, 'peft_version') ?? '' }, { path: config.path })];
    }
  },

  merge(context) {
    const legacy = legacyWeight(context);
    if (legacy !== undefined) return legacy;
    const embedding = context.part('oft_embedding_R.weight'), { R, words } = rotations(context, embedding ?? context.part('oft_R.weight')!);
    const blocks = context.stage(embedding === undefined ? inverse(R) : R, { en: 'rotations of an OFT module', zh: 'OFT 模块的旋转矩阵' });
    const weight = asStored(context, turned(matrix(context, context.weight), blocks));
    return { weight: context.rounded(weight), formula: `W·blockdiag(R)${embedding === undefined ? 'ᵗ' : ''}, R = ${words}` };
  },
};
