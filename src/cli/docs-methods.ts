/**
 * @module
 * The page docs/methods.md: what `merge` makes of every method that PEFT writes, from the methods themselves; and of those it
 * refuses, why. English only, like the formulas.
 */
import { LORA_FIELDS } from '../adapters/fields.ts';
import { METHODS } from '../adapters/methods/index.ts';
import { ADAPTER_TYPES } from '../adapters/types.ts';

const INTRO = `W is the weight of the base as (out, in), W₀ the weight before any adapter (another one only when several adapters are merged
at once), s the scale. Every formula is evaluated in float64 and rounded once to the dtype of the base. "Bit for bit" means that
every element of the golden adapters is the nearest value of that dtype to a float64 reference computed by independent code; the
releases named are those whose own merges \`temper verify\` accepts. Which layers a method knows is what PEFT knows: linear layers
everywhere, Conv1D, embeddings and convolutions where its tensors fit them.`;

const ADD = `One file in \`src/adapters/methods/\` and one line in its \`index.ts\`. A method names its tensors and their sides in words
(\`'lora_A.weight': 'r in'\`), its config fields, its formula as an expression, and the facts that stand in this table; which layout
the base has, whether the sides agree, whether rank and config agree, and where unknown tensors and fields are refused is the same
for all (\`src/adapters/forms.ts\`, \`layout.ts\`, \`adapter.ts\`). What has to exist before the first tile goes through
\`context.stage\`; a function of whole arrays is a line in \`src/tensors/whole.ts\`, a function of one number one in
\`src/tensors/functions.ts\`. Carry a golden case in \`tests/fixtures/peft/\`; the tests find it.`;

const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
const code = (text: string): string => `\`${text}\``;

/** Markdown of the page. */
export function methodsPage(): string {
  const lines = [...METHODS.values()].flatMap(({ type, facts }) => facts.map(({ name, when, formula, needs, result, verified }) =>
    row([name, `${code(type)}${when === undefined ? '' : `, ${when}`}`, formula, needs ?? '–', result ?? 'bit for bit', verified.join(', ')])));
  const refused = [...ADAPTER_TYPES].flatMap(([type, rule]) => (rule.how === 'not-mergeable' ? [row([code(type), rule.reason.en])] : []));
  const options = [...LORA_FIELDS].flatMap(([field, rule]) => (rule.how === 'not-mergeable' ? [row([`${code('LORA')}, ${code(field)}`, rule.reason.en])] : []));
  return [
    '# Adapter methods', INTRO,
    [row(['method', '`peft_type`', 'W′', 'needs beside the adapter', 'result', 'verified against PEFT']), '|---|---|---|---|---|---|', ...lines].join('\n'),
    '## Refused', 'No weights do the same as these, so merging them would give another model:',
    [row(['`peft_type`', 'why']), '|---|---|', ...refused, ...options].join('\n'),
    '## How to add one', ADD,
  ].join('\n\n') + '\n';
}
