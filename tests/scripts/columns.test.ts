import { expect, it } from 'vitest';
import { beside } from '../../scripts/columns.mjs';

it('puts two texts side by side, a Chinese character being two columns wide', () => {
  expect(beside(['base', '床前，', 'abc'], ['merged', '月'])).toEqual(['base   │ merged', '───────┼───────', '床前， │ 月', 'abc    │']);
});
