/**
 * @module
 * Signs of a quantised base. Merging needs weights that can be added to.
 */

/** Names of tensors that only a quantised checkpoint has, and who writes them. */
const SIGNS: readonly (readonly [RegExp, string])[] = [
  [/\.qweight$/, 'GPTQ or AWQ, 4-bit'],
  [/\.weight\.(?:absmax|quant_map|nested_absmax|quant_state\.)/, 'bitsandbytes 4-bit'],
  [/\.weight\.quant_state\.bitsandbytes__/, 'bitsandbytes 4-bit'],
  [/\.SCB$/, 'bitsandbytes 8-bit'],
  [/\.weight_scale_inv$/, 'block-wise FP8'],
  [/\.weight_packed$/, 'compressed-tensors'],
  [/\.weight_scale$/, 'FP8 or int8 with scales'],
  [/_blocks$/, 'MXFP4'],
];

/** How quantization_config.quant_method is called by people. */
const METHOD_NAMES: Readonly<Record<string, string>> = {
  gptq: 'GPTQ', awq: 'AWQ', bitsandbytes: 'bitsandbytes (bnb)', fp8: 'FP8', mxfp4: 'MXFP4', aqlm: 'AQLM', eetq: 'EETQ', hqq: 'HQQ',
  'compressed-tensors': 'compressed-tensors', torchao: 'torchao', quanto: 'quanto',
};

/** The method and what shows it, or undefined for a plain checkpoint. */
export function findQuantization(names: Iterable<string>, config: ReadonlyMap<string, unknown> | undefined): { method: string; evidence: string } | undefined {
  for (const name of names) {
    const sign = SIGNS.find(([test]) => test.test(name));
    if (sign !== undefined) return { method: sign[1], evidence: name };
  }
  const own = config?.get('quantization_config');
  if (!(own instanceof Map)) return undefined;
  const word = own.get('quant_method'), method = typeof word === 'string' ? word : 'unknown';
  const bits = own.get('load_in_4bit') === true ? ' 4-bit' : own.get('load_in_8bit') === true ? ' 8-bit' : '';
  return { method: `${METHOD_NAMES[method] ?? method}${bits}`, evidence: `config.json: quantization_config.quant_method ${method}` };
}
