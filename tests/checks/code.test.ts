/** Code that looks for files that are not written any more, trusts pickles, or sets options that do nothing. */
import { describe, expect, it } from 'vitest';
import { memoryFolder } from '../../src/bytes/index.ts';
import { checkCode } from '../../src/checks/code.ts';

const check = async (files: Readonly<Record<string, string>>) => {
  const { findings } = await checkCode(memoryFolder('code', new Map(Object.entries(files).map(([path, text]) => [path, new TextEncoder().encode(text)]))));
  return findings.map(({ code, path, parameters }) => `${code} ${path}:${Number(parameters['line'])}`);
};

describe('code', () => {
  it.each([
    ['a name that is written into it', 'import os\nf = os.path.join(d, "adapter_model.bin")\n', ['code-fixed-file-name a.py:2']],
    ['a name with an alternative', 'f = "adapter_model.safetensors" if new else "adapter_model.bin"\n', []],
    ['a load without weights_only', 'x = torch.load(f, map_location="cpu")\n', ['code-unsafe-load a.py:1']],
    ['a load with it, on another line', 'x = torch.load(\n    f,\n    weights_only=True,\n)\n', []],
    ['a load in a comment', '# torch.load(f)\n', []],
    ['options without effect', 'model.save_pretrained(d, safe_serialization=False)\nargs = TrainingArguments(save_safetensors=False)\n', ['code-option-without-effect a.py:1', 'code-option-without-effect a.py:2']],
    ['the option that does something', 'model.save_pretrained(d, safe_serialization=True)\n', []],
  ])('%s', async (_what, text, found) => {
    expect(await check({ 'a.py': text })).toEqual(found);
  });

  it('is looked for in scripts and notebooks, not in other people\'s packages', async () => {
    const line = 'cp pytorch_model.bin x\n';
    expect(await check({ 'run.sh': line, 'b.ipynb': '{"source": ["torch.load(f)"]}', 'node_modules/x/a.py': line, 'site-packages/a.py': line, 'README.md': line, 'zero_to_fp32.py': line }))
      .toEqual(['code-unsafe-load b.ipynb:1', 'code-fixed-file-name run.sh:1']);
  });
});
