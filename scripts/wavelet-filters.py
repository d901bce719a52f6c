"""Writes src/adapters/methods/wavelet-filters.ts from the tables that PEFT uses (0.18 and newer).

Run by hand where peft is installed: python scripts/wavelet-filters.py > src/adapters/methods/wavelet-filters.ts
"""
import sys

import peft
from peft.tuners.waveft.constants import WAVELET_REDUCTIONS
from peft.tuners.waveft.wavelet import _WAVELET_COEFFS, Wavelet

print(f"""/**
 * @module
 * Low-pass reconstruction filters of wavelets as PEFT {peft.__version__} has them (from PyWavelets; coiflets times √2), by
 * scripts/wavelet-filters.py. What else a filter bank has follows from them. Of PEFT's families only those whose transform
 * gives back the size of the weight are here: the others it cannot merge either.
 */

/** By PEFT's name for the family. */
export const WAVELET_FILTERS: ReadonlyMap<string, readonly number[]> = new Map(Object.entries({{""")
for name in _WAVELET_COEFFS:
    low, high = Wavelet(name).rec_lo, Wavelet(name).rec_hi
    assert all(high[i] == (-1) ** i * low[len(low) - 1 - i] for i in range(len(low)))
    if WAVELET_REDUCTIONS[name] != (len(low) - 2, len(low) - 2):
        print("left out:", name, len(low), WAVELET_REDUCTIONS[name], file=sys.stderr)
        continue
    print(f"  {name}: [{', '.join(repr(x) for x in low)}],")
print("}));")
