/**
 * @module
 * The commands. Adding one is an entry here and a file in commands/.
 */
import type { Command } from './command.ts';
import { COMBINE_NAMES, HYPHENATED } from './names.ts';
import { ADAPTING, CHECKING, COMPUTING, CONVERTING, LORA_ALPHA, OUTPUT, ROUNDING, SAVE_FORMAT, STATES, STATE_PARTS, SURVIVAL, WRITING } from './options.ts';

/** Shells that completion exists for. */
export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;

/** What `base` can do. */
export const BASE_ACTIONS = ['show', 'audit', 'set', 'match', 'verify'] as const;

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'inspect',
    summary: { en: 'Say what a file or directory is, and what each file in it is for', zh: '说明一个文件或目录是什么，以及其中每个文件的用途' },
    description: {
      en: 'Recognises what a fine-tuning run left on disk: kinds, producer, the role of every file, which weights a loader really reads, adapters and their base; which folder is the result, why files are as large as they are, and what to run next. Reads headers only; executes nothing. The words are in docs/roles.md. "temper PATH" is short for it.',
      zh: '识别微调留在磁盘上的内容：类型、来源程序、每个文件的作用、加载器真正读取的权重、适配器及其基座；哪个目录才是结果、文件为何这么大、接下来运行什么。只读取文件头，不执行任何代码。用词见 docs/roles.md。“temper 路径”是它的简写。',
    },
    args: [{ name: 'PATH', help: { en: 'A file or a directory.', zh: '文件或目录。' } }],
    options: [
      { name: 'tensors', value: { kind: 'flag' }, group: 'report', help: { en: 'List the tensors.', zh: '列出张量。' } },
      {
        name: 'digest', value: { kind: 'flag' }, group: 'report',
        help: { en: 'With --tensors: SHA-256 of the values of each. Reads everything.', zh: '配合 --tensors：给出每个张量数值的 SHA-256。会读取全部内容。' },
      },
      ...COMPUTING.filter((option) => option.name === 'memory'),
    ],
    examples: [
      { line: 'temper inspect output/checkpoint-500', does: { en: 'What did the trainer leave here, and what is it good for?', zh: '训练程序在这里留下了什么，能做什么用？' } },
      { line: 'temper model.safetensors --tensors', does: { en: 'The tensors of one file', zh: '查看单个文件中的张量' } },
    ],
    load: () => import('./commands/inspect.ts'),
  },
  {
    name: 'check',
    summary: { en: 'Check that a directory is complete, sound and really trained', zh: '检查目录是否完整、正常、确实训练过' },
    description: {
      en: 'Index against shards, config against tensors, tokenizer against vocabulary, two formats against each other; NaN, zeros and hollow tensors; adapters, checkpoints, DeepSpeed and FSDP states, layouts of every known trainer. Folders inside are checked too. --profile adds what a purpose needs. Exit status 1 when there is an error.',
      zh: '索引与分片、配置与张量、分词器与词表、两种格式之间的对照；NaN、全零与空壳张量；适配器、检查点、DeepSpeed 与 FSDP 状态，以及各种已知训练程序的布局。其中的目录也会检查。--profile 加上某种用途的要求。有错误时退出状态为 1。',
    },
    args: [{ name: 'PATH', help: { en: 'A file or a directory.', zh: '文件或目录。' } }],
    options: CHECKING,
    examples: [
      { line: 'temper check output', does: { en: 'Is what training left in order?', zh: '训练留下的内容正常吗？' } },
      { line: 'temper check merged --profile deploy', does: { en: 'Is it ready for a serving engine?', zh: '可以交给推理引擎了吗？' } },
      { line: 'temper check output --updated embed_tokens,lm_head --base base', does: { en: 'Were embedding and head really trained?', zh: '词嵌入和输出头真的训练过吗？' } },
      { line: 'temper check merged --report sarif=temper.sarif --fail-on warning', does: { en: 'For a CI job', zh: '供 CI 使用' } },
    ],
    exits: [[1, { en: 'something is wrong with it', zh: '有问题' }]],
    load: () => import('./commands/check.ts'),
  },
  {
    name: 'scan',
    summary: { en: 'Say what loading a file would run, without running it', zh: '说明加载一个文件会执行什么，而不去执行' },
    description: {
      en: 'Reads every pickle of a file or a directory inertly, wherever it hides, and judges each class and function that it names: known data, known programs, unknown, dangerous. Says whether torch.load(weights_only=True) takes the file. Exit status 1 for unknown, dangerous, and damaged files.',
      zh: '以不执行的方式读取文件或目录中的每一个 pickle，无论它藏在哪里，并对其提到的每个类和函数作出判断：已知数据、已知程序、未知、危险。同时说明 torch.load(weights_only=True) 能否加载该文件。对未知、危险和损坏的文件，退出状态为 1。',
    },
    args: [{ name: 'PATH', help: { en: 'A file or a directory.', zh: '文件或目录。' } }],
    options: [
      {
        name: 'deep', value: { kind: 'flag' }, group: 'running',
        help: { en: 'Check every checksum and search every byte of broken containers, however large.', zh: '核对每一个校验和，并搜索损坏容器的每一个字节，无论多大。' },
      },
    ],
    examples: [
      { line: 'temper scan pytorch_model.bin', does: { en: 'Is this file safe to load?', zh: '这个文件可以放心加载吗？' } },
      { line: 'temper scan downloads --json', does: { en: 'Every file below a directory, for a script', zh: '扫描目录下的所有文件，供脚本使用' } },
    ],
    exits: [[1, { en: 'unknown, dangerous or damaged', zh: '未知、危险或已损坏' }]],
    load: () => import('./commands/scan.ts'),
  },
  {
    name: 'convert',
    summary: { en: 'Write the same tensors in another container, dtype or shards', zh: '以另一种容器、精度或分片写出相同的张量' },
    description: {
      en: 'Tensors that need no arithmetic are copied byte for byte, and everything is read again before the output appears. What makes the directory loadable is carried along, what stays behind is named. An output that ends in .safetensors, .bin, .pt or .pth is one file.',
      zh: '不需要运算的张量逐字节复制；输出在出现之前会被重新读取并核对。让目录可以加载的文件一并带上，未带上的会逐一列出。以 .safetensors、.bin、.pt 或 .pth 结尾的输出是单个文件。',
    },
    args: [{ name: 'IN', help: { en: 'A weights file or a directory.', zh: '权重文件或目录。' } }],
    options: [...CONVERTING, ...STATES, ...STATE_PARTS, ...WRITING, LORA_ALPHA, ...COMPUTING],
    examples: [
      { line: 'temper convert pytorch_model.bin -o model', does: { en: 'To safetensors, without executing the pickle', zh: '转为 safetensors，不执行 pickle' } },
      { line: 'temper convert model -o both --keep', does: { en: 'safetensors and .bin side by side', zh: 'safetensors 与 .bin 并排放置' } },
      { line: 'temper convert llama-8b -o llama-8b-bf16 --dtype bfloat16 --max-shard-size 5GB', does: { en: 'Another dtype, files of at most 5 GB', zh: '改变精度，每个文件不超过 5 GB' } },
      { line: 'temper convert output/checkpoint-500 --tag global_step500 -o model', does: { en: 'The model in a DeepSpeed state: what zero_to_fp32.py gives, without torch', zh: '取出 DeepSpeed 状态中的模型：结果同 zero_to_fp32.py，无需 torch' } },
      { line: 'temper convert iter_768.pth --save-format xtuner -o parts', does: { en: 'An XTuner checkpoint divided into its adapters and projector', zh: '把 XTuner 检查点拆分为各适配器与投影器' } },
      { line: 'temper convert llama-2-13b --to huggingface -o llama-hf', does: { en: 'consolidated.NN.pth into a model of transformers; --to llama-pth goes back', zh: '把 consolidated.NN.pth 转为 transformers 模型；--to llama-pth 则反向' } },
      { line: 'temper convert adapter --to gguf-lora --base llama-8b -o adapter.gguf', does: { en: 'A LoRA for llama.cpp', zh: '供 llama.cpp 使用的 LoRA' } },
      { line: 'temper convert output/checkpoint-500 --as-adapter -o adapter', does: { en: 'The LoRA in it, in float32', zh: '取出其中的 LoRA，精度为 float32' } },
    ],
    load: () => import('./commands/convert.ts'),
  },
  {
    name: 'merge',
    summary: { en: 'Merge adapters into their base: one directory that can be deployed', zh: '将适配器合并进基座：得到一个可部署的目录' },
    description: {
      en: 'Every element is the exact value of base + adapter, rounded once. An adapter tensor that finds no home in the base, or a configuration that is not understood, is refused before a byte is written. BASE is a path, or a hub id that is in the Hugging Face cache.',
      zh: '每个元素都是“基座 + 适配器”的精确值，只舍入一次。适配器中若有张量在基座里找不到归宿，或配置无法理解，会在写入之前拒绝。BASE 可以是路径，也可以是 Hugging Face 缓存中的模型 id。',
    },
    args: [
      { name: 'BASE', option: 'base', help: { en: 'The model that was fine-tuned.', zh: '被微调的模型。' } },
      { name: 'ADAPTER', option: 'adapter', many: true, help: { en: 'Adapters, merged in this order.', zh: '适配器，按此顺序合并。' } },
    ],
    options: [
      ...WRITING,
      { name: 'plan', placeholder: 'FILE', value: { kind: 'text' }, path: true, group: 'input', help: { en: 'Run exactly this plan; with --dry-run, write the plan there.', zh: '严格执行该计划；与 --dry-run 同用时，将计划写入该文件。' } },
      ...ADAPTING, ...STATES, ROUNDING, SURVIVAL,
      {
        name: 'verify', value: { kind: 'flag' }, negatable: true, group: 'running', fallback: { en: 'on', zh: '开启' },
        help: { en: 'Read the result again and compare it before it appears.', zh: '在输出出现之前，重新读取结果并核对。' },
      },
      ...COMPUTING,
    ],
    examples: [
      { line: 'temper merge Qwen/Qwen2.5-7B-Instruct output/checkpoint-500 -o qwen-merged', does: { en: 'Base from the Hugging Face cache, adapter from the trainer', zh: '基座取自 Hugging Face 缓存，适配器取自训练输出' } },
      { line: 'temper merge base adapter -o merged --dry-run', does: { en: 'What would be done, from which tensors, at what cost', zh: '查看将要做什么、用到哪些张量、开销多大' } },
    ],
    load: () => import('./commands/merge.ts'),
  },
  {
    name: 'assemble',
    summary: { en: 'Put the parts of a multimodal model and their bases into one directory', zh: '把多模态模型的各部分及其基座组装成一个目录' },
    description: {
      en: 'Takes the parts that XTuner leaves (llm_adapter, visual_encoder_adapter, projector) and the bases they belong to. An adapter whose base is given is merged; a part without base keeps its name and is carried over as it is. Tokenizer, processor and remote code come along, and every weight is written as safetensors.',
      zh: '接收 XTuner 留下的各部分（llm_adapter、visual_encoder_adapter、projector）及其所属基座。给出基座的适配器会被合并；没有基座的部分保留原名、原样带入。分词器、处理器和远程代码一并带上，所有权重都写成 safetensors。',
    },
    args: [{ name: 'TREE', help: { en: 'The directory that holds the parts.', zh: '包含各部分的目录。' } }],
    options: [
      {
        name: 'base', placeholder: 'ROLE=PATH', value: { kind: 'text' }, repeatable: true, path: true, group: 'input',
        help: { en: 'A base and what it is: llm=PATH, visual_encoder=PATH. A path, or a hub id in the Hugging Face cache.', zh: '基座及其角色：llm=路径、visual_encoder=路径。可以是路径，或 Hugging Face 缓存中的模型 id。' },
      },
      SAVE_FORMAT, LORA_ALPHA,
      { name: 'revision', placeholder: 'REV', value: { kind: 'text' }, group: 'input', fallback: 'main', help: { en: 'Revision of bases that are taken from the Hugging Face cache.', zh: '取自 Hugging Face 缓存的基座的修订版本。' } },
      ...WRITING, ...COMPUTING,
    ],
    examples: [
      { line: 'temper assemble iter_768_xtuner --base llm=internlm2-chat-7b -o deploy', does: { en: 'Merge the language model, carry the rest over', zh: '合并语言模型，其余部分原样带入' } },
      { line: 'temper assemble iter_768_xtuner --base llm=vicuna-7b --base visual_encoder=clip-vit-large -o deploy', does: { en: 'Merge both adapters', zh: '合并两个适配器' } },
    ],
    load: () => import('./commands/assemble.ts'),
  },
  {
    name: 'verify',
    summary: { en: 'Prove that a merged model holds base + adapter, whoever merged it', zh: '证明合并后的模型确实等于基座 + 适配器，无论由谁合并' },
    description: {
      en: 'Compares every tensor of MERGED with what it must be and says in one sentence whether the merge worked: merged, not merged, merged twice, wrong scale, wrong base …',
      zh: '将 MERGED 的每个张量与其应有的值比较，并用一句话说明合并是否成功：已合并、未合并、合并了两次、缩放错误、基座错误……',
    },
    args: [
      { name: 'BASE', option: 'base', help: { en: 'The model that was fine-tuned.', zh: '被微调的模型。' } },
      { name: 'ADAPTER', option: 'adapter', many: true, help: { en: 'Adapters, in the order in which they were merged.', zh: '适配器，按合并时的顺序。' } },
      { name: 'MERGED', help: { en: 'The model to judge.', zh: '待判定的模型。' } },
    ],
    options: [...ADAPTING, ...STATES, ...COMPUTING],
    examples: [
      { line: 'temper verify base adapter merged', does: { en: 'Did the merge work?', zh: '合并成功了吗？' } },
      { line: 'temper verify base adapter merged --json', does: { en: 'The same for a CI job', zh: '供 CI 使用' } },
    ],
    exits: [[1, { en: 'the merged model is not base + adapter', zh: '合并后的模型不等于基座 + 适配器' }]],
    load: () => import('./commands/verify.ts'),
  },
  {
    name: 'diff',
    summary: { en: 'Say which tensors of two models differ, by how much, and of what rank', zh: '说明两个模型有哪些张量不同、差多少、改变的秩是多少' },
    description: {
      en: 'Compares values: other shards, containers, a tied head, or experts stored one by one instead of together are no difference. A tensor stored in another dtype is told apart from one with other values. The rank of a change counts what stands out from the rounding of the stored weights, up to 64; for large matrices from a sample of rows and columns. Exit status 1 when anything differs.',
      zh: '比较的是数值：分片、容器、绑定的输出头、专家逐个存放还是合并存放都不算差异。仅精度不同的张量与数值不同的张量会区分开。改变的秩只统计高于存储舍入误差的部分，最多数到 64；大矩阵根据行列抽样得出。有任何差异时退出状态为 1。',
    },
    args: [
      { name: 'A', help: { en: 'A model, an adapter or a weights file: the one before.', zh: '模型、适配器或权重文件：改变之前的一方。' } },
      { name: 'B', help: { en: 'The one after.', zh: '改变之后的一方。' } },
    ],
    options: [
      { name: 'rank', value: { kind: 'flag' }, negatable: true, group: 'report', fallback: { en: 'on', zh: '开启' }, help: { en: 'Work out the rank of every change.', zh: '计算每处改变的秩。' } },
      ...COMPUTING.filter((option) => option.name === 'memory'),
    ],
    examples: [
      { line: 'temper diff base tuned', does: { en: 'What did the fine-tuning change?', zh: '微调改变了什么？' } },
      { line: 'temper diff merged-by-temper merged-by-another-tool --json', does: { en: 'Do two tools give the same weights? For a script', zh: '两个工具得到的权重是否一致？供脚本使用' } },
    ],
    exits: [[1, { en: 'the two differ', zh: '两者不同' }]],
    load: () => import('./commands/diff.ts'),
  },
  {
    name: 'extract',
    summary: { en: 'Make a LoRA adapter out of a full fine-tune', zh: '从全参数微调的结果中提取 LoRA 适配器' },
    description: {
      en: 'Every linear weight that changed becomes two factors of the difference, found by a randomised singular value decomposition with a fixed seed: the same bytes on every machine. Embeddings, norms and whatever else changed are carried whole (modules_to_save). What the factors lose is measured on the result and said per module. PEFT loads the adapter.',
      zh: '每个改变过的线性权重，其差值用固定种子的随机奇异值分解变为两个因子：在任何机器上字节都相同。词嵌入、归一化层等其他改变完整携带（modules_to_save）。因子损失多少会在结果上实测，并逐模块说明。PEFT 可直接加载该适配器。',
    },
    args: [
      { name: 'BASE', help: { en: 'The model before fine-tuning.', zh: '微调之前的模型。' } },
      { name: 'TUNED', help: { en: 'The model after it.', zh: '微调之后的模型。' } },
    ],
    options: [
      { name: 'revision', placeholder: 'REV', value: { kind: 'text' }, group: 'input', fallback: 'main', help: { en: 'Revision of a base that is a hub id.', zh: '基座为 Hub 模型 id 时的版本。' } },
      {
        name: 'target-modules', aliases: ['lora-target', 'target'], placeholder: 'NAMES', value: { kind: 'text' }, repeatable: true, group: 'input', fallback: { en: 'every linear layer but the head', zh: '除输出头外的全部线性层' },
        help: { en: 'Modules to make factors for: q_proj,v_proj. Other linear layers are left out, and it is said.', zh: '要提取因子的模块：q_proj,v_proj。其他线性层不会放入，并会说明。' },
      },
      OUTPUT, ...WRITING.filter(({ name }) => name === 'force' || name === 'digest'),
      { name: 'rank', aliases: ['r', 'lora-rank', 'max-rank'], placeholder: 'N', value: { kind: 'count', least: 1 }, group: 'numbers', fallback: '16', help: { en: 'Rank of the factors; with --energy, the largest.', zh: '因子的秩；与 --energy 同用时为上限。' } },
      { name: 'energy', placeholder: 'SHARE', value: { kind: 'number' }, group: 'numbers', help: { en: 'As many ranks per module as hold this share of its change: 0.99.', zh: '每个模块取足以保留其改变的这一比例的秩：0.99。' } },
      { name: 'full-tensors', value: { kind: 'flag' }, negatable: true, group: 'numbers', fallback: { en: 'on', zh: '开启' }, help: { en: 'Carry embeddings, norms and biases that changed.', zh: '携带改变过的词嵌入、归一化层和偏置。' } },
      ...WRITING.filter(({ name }) => name === 'dtype').map((option) => ({ ...option, fallback: 'float32', help: { en: 'Dtype of the factors: float32, float16, bfloat16.', zh: '因子的精度：float32、float16、bfloat16。' } })),
      ...WRITING.filter(({ name }) => name === 'sync'), ...COMPUTING,
    ],
    examples: [
      { line: 'temper extract base tuned -o adapter --rank 32', does: { en: 'An adapter of rank 32', zh: '得到秩为 32 的适配器' } },
      { line: 'temper extract base tuned -o adapter --energy 0.99', does: { en: 'As many ranks as hold 99 % of the change', zh: '取足以保留 99% 改变的秩' } },
    ],
    load: () => import('./commands/extract.ts'),
  },
  {
    name: 'base',
    summary: { en: 'Show, correct and prove which base an adapter belongs to', zh: '查看、修正并证明适配器属于哪个基座' },
    description: {
      en: 'show PATH: where base_model_name_or_path of every adapter below points and how it came to say that. audit PATH: the same, with everything in the tree that says otherwise. set PATH VALUE: change that one field, in one adapter or a tree; every other byte is kept, and a backup. match ADAPTER BASE…: which of several bases it belongs to, by names, shapes and content. verify BASE ADAPTER: whether this base fits, and how to load the two; --record writes a fingerprint beside the adapter, and merges onto other weights are refused from then on.',
      zh: 'show 路径：每个适配器的 base_model_name_or_path 指向哪里、为何如此。audit 路径：同上，并列出目录树中所有与之矛盾之处。set 路径 值：只改这一个字段（单个适配器或整棵目录树），其余字节不变并保留备份。match 适配器 基座…：按名称、形状和内容判断属于哪个基座。verify 基座 适配器：该基座是否吻合，以及如何一起加载；--record 会在适配器旁写入指纹，此后合并到其他权重会被拒绝。',
    },
    args: [
      { name: 'ACTION', choices: BASE_ACTIONS, help: { en: 'show, audit, set, match or verify.', zh: 'show、audit、set、match 或 verify。' } },
      { name: 'PATH', many: true, help: { en: 'What the action works on, see above.', zh: '操作对象，见上文。' } },
    ],
    options: [
      { name: 'revision', placeholder: 'REV', value: { kind: 'text' }, group: 'input', help: { en: 'set: the revision of the base to write too. verify: the one in the Hugging Face cache.', zh: 'set：同时写入的基座版本。verify：Hugging Face 缓存中的版本。' } },
      { name: 'relative', value: { kind: 'flag' }, group: 'output', help: { en: 'set: write a path as seen from the adapter.', zh: 'set：写成相对于适配器的路径。' } },
      { name: 'readme', value: { kind: 'flag' }, group: 'output', help: { en: 'set: change base_model in the front matter of README.md too.', zh: 'set：同时修改 README.md 文件头中的 base_model。' } },
      { name: 'record', value: { kind: 'flag' }, group: 'output', help: { en: 'verify: write the fingerprint of a base that fits beside the adapter (temper-base.json).', zh: 'verify：把吻合的基座的指纹写在适配器旁（temper-base.json）。' } },
      { name: 'dry-run', value: { kind: 'flag' }, group: 'running', help: { en: 'set: show what would change; write nothing.', zh: 'set：只显示将要修改的内容，不写入。' } },
    ],
    examples: [
      { line: 'temper base show output', does: { en: 'Where does base_model_name_or_path point?', zh: 'base_model_name_or_path 指向哪里？' } },
      { line: 'temper base set output/adapter Qwen/Qwen2.5-7B-Instruct', does: { en: 'Correct it', zh: '修正它' } },
      { line: 'temper base match output/adapter models', does: { en: 'Which of these models is its base?', zh: '这些模型中哪个是它的基座？' } },
      { line: 'temper base verify qwen output/adapter --record', does: { en: 'Does it fit? Remember this base', zh: '是否吻合？并记住这个基座' } },
    ],
    exits: [[1, { en: 'verify: the base does not fit', zh: 'verify：基座不吻合' }]],
    load: () => import('./commands/base.ts'),
  },
  {
    name: 'combine',
    summary: { en: 'Combine several adapters of one base into one adapter', zh: '将同一基座的多个适配器组合成一个适配器' },
    description: {
      en: 'The ways of PEFT\'s add_weighted_adapter. cat is exact: the weighted sum of the deltas, at the sum of the ranks. svd is the best approximation of that sum at a rank. linear, ties, dare_* and magnitude_prune work on the factors, as in PEFT; with _svd on the deltas. Where PEFT scales wrongly (rsLoRA, older releases with svd or negative weights), the intended result is written.',
      zh: '与 PEFT 的 add_weighted_adapter 相同的各种方式。cat 是精确的：增量的加权和，秩为各秩之和。svd 是该和在给定秩下的最佳近似。linear、ties、dare_* 与 magnitude_prune 与 PEFT 一样作用于因子；带 _svd 的作用于增量。PEFT 缩放有误之处（rsLoRA、旧版的 svd 与负权重），写出的是本意应有的结果。',
    },
    args: [{ name: 'ADAPTER', many: true, help: { en: 'Two or more adapters of one base.', zh: '同一基座的两个或更多适配器。' } }],
    options: [
      OUTPUT, ...WRITING.filter(({ name }) => name === 'force' || name === 'digest'),
      { name: 'weights', aliases: ['adapter-weights'], placeholder: 'W,W', value: { kind: 'text' }, repeatable: true, group: 'numbers', fallback: { en: '1 each', zh: '各为 1' }, help: { en: 'A weight per adapter; may be negative: --weights=0.7,-0.3', zh: '每个适配器一个权重；可为负：--weights=0.7,-0.3' } },
      {
        name: 'method', aliases: ['combination-type', 'merge-method'], placeholder: 'METHOD', value: { kind: 'choice', choices: COMBINE_NAMES, also: HYPHENATED }, group: 'numbers', fallback: 'cat',
        help: { en: 'cat, linear, svd, ties, dare_linear, dare_ties, magnitude_prune, and the last four with _svd.', zh: 'cat、linear、svd、ties、dare_linear、dare_ties、magnitude_prune，后四种另有 _svd 形式。' },
      },
      { name: 'density', placeholder: 'SHARE', value: { kind: 'number' }, group: 'numbers', help: { en: 'Share of the elements that ties, dare and magnitude_prune keep.', zh: 'ties、dare 与 magnitude_prune 保留的元素比例。' } },
      { name: 'rank', aliases: ['svd-rank'], placeholder: 'N', value: { kind: 'count', least: 1 }, group: 'numbers', fallback: { en: 'the largest of the adapters', zh: '各适配器中最大的秩' }, help: { en: 'Rank of svd and the methods with _svd.', zh: 'svd 及各 _svd 方法的秩。' } },
      { name: 'majority-sign-method', placeholder: 'HOW', value: { kind: 'choice', choices: ['total', 'frequency'] }, group: 'numbers', fallback: 'total', help: { en: 'How ties elects a sign: by the sum of the values, or of their signs.', zh: 'ties 如何选定符号：按数值之和，或按符号之和。' } },
      { name: 'seed', placeholder: 'N', value: { kind: 'count', least: 0 }, group: 'numbers', fallback: '0', help: { en: 'Seed of dare\'s random drops, drawn as torch draws them.', zh: 'dare 随机丢弃的种子，按 torch 的方式取数。' } },
      ...WRITING.filter(({ name }) => name === 'dtype').map((option) => ({ ...option, fallback: 'float32', help: { en: 'Dtype of the factors: float32, float16, bfloat16.', zh: '因子的精度：float32、float16、bfloat16。' } })),
      ...WRITING.filter(({ name }) => name === 'sync'), ...COMPUTING,
    ],
    examples: [
      { line: 'temper combine style facts -o both --weights 0.7,0.3', does: { en: 'The exact weighted sum', zh: '精确的加权和' } },
      { line: 'temper combine style facts -o both --method ties --density 0.5', does: { en: 'As PEFT\'s TIES', zh: '与 PEFT 的 TIES 相同' } },
    ],
    load: () => import('./commands/combine.ts'),
  },
  {
    name: 'explain',
    summary: { en: 'Explain a code from a report, or list all of them', zh: '解释报告中的代码，或列出全部代码' },
    args: [{ name: 'CODE', optional: true, help: { en: 'The word in brackets, error[CODE].', zh: '方括号中的词，错误[代码]。' } }],
    options: [],
    examples: [
      { line: 'temper explain unmatched-tensor', does: { en: 'What it means, why it matters, what to do', zh: '含义、原因与处理办法' } },
      { line: 'temper explain', does: { en: 'Every code, a line each', zh: '全部代码，每个一行' } },
    ],
    load: () => import('./commands/explain.ts'),
  },
  {
    name: 'doctor',
    summary: { en: 'Check whether Temper can work on this machine', zh: '检查 Temper 能否在这台机器上工作' },
    args: [],
    options: [],
    examples: [{ line: 'temper doctor --json', does: { en: 'For a bug report', zh: '用于反馈问题' } }],
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'completion',
    summary: { en: 'Print a completion script for a shell', zh: '打印某个 shell 的补全脚本' },
    args: [{ name: 'SHELL', choices: SHELLS, help: { en: 'bash, zsh, fish or powershell.', zh: 'bash、zsh、fish 或 powershell。' } }],
    options: [],
    examples: [
      { line: 'temper completion bash >> ~/.bashrc', does: { en: 'bash', zh: 'bash' } },
      { line: 'temper completion zsh > "${fpath[1]}/_temper"', does: { en: 'zsh', zh: 'zsh' } },
      { line: 'temper completion fish > ~/.config/fish/completions/temper.fish', does: { en: 'fish', zh: 'fish' } },
      { line: 'temper completion powershell >> $PROFILE', does: { en: 'PowerShell', zh: 'PowerShell' } },
    ],
    load: () => import('./commands/completion.ts'),
  },
];

/** What can be asked of the program itself, without a command. */
export const ROOT: Command = {
  name: '', summary: { en: 'The program itself', zh: '程序本身' }, args: [], examples: [],
  options: [{ name: 'version', short: 'V', value: { kind: 'flag' }, group: 'report', help: { en: 'Show the version.', zh: '显示版本。' } }],
  load: () => { throw new Error('the root is no command'); },
};

/** The command of this name, or undefined. */
export function findCommand(name: string): Command | undefined {
  return COMMANDS.find((command) => command.name === name || command.aliases?.includes(name));
}
