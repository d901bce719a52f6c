/** @module Codes of the scan. */
import { defineCode } from '../../findings/index.ts';

/** A name that runs code. */
export const SCAN_DANGEROUS = defineCode({
  code: 'scan-dangerous',
  severity: 'error',
  message: { en: '{file}: loading it would use {name} (byte {offset})', zh: '{file}：加载时会用到 {name}（第 {offset} 字节）' },
  why: {
    en: 'That function can run commands, reach files or the network, or load further code. Weights never need it.',
    zh: '该函数可以执行命令、访问文件或网络，或加载更多代码。权重文件从不需要它。',
  },
  fix: {
    en: 'Do not load this file. Its tensors can be taken out without running it: temper convert {file} -o OUT',
    zh: '不要加载该文件。可以在不执行它的情况下取出张量：temper convert {file} -o OUT',
  },
});

/** A name on no list. */
export const SCAN_UNKNOWN = defineCode({
  code: 'scan-unknown',
  severity: 'warning',
  message: { en: '{file}: loading it would use {name}, which is on no list (byte {offset})', zh: '{file}：加载时会用到 {name}，它不在任何名单上（第 {offset} 字节）' },
  why: { en: 'It may be a class of the program that wrote the file, or anything else; only its source can tell.', zh: '它可能是写出该文件的程序中的类，也可能是任何东西；只有其源代码能说明。' },
  fix: {
    en: 'Look at where {name} comes from before you load the file; its tensors can be taken out without running it: temper convert {file} -o OUT',
    zh: '加载前请查看 {name} 的来源；可以在不执行它的情况下取出张量：temper convert {file} -o OUT',
  },
});

/** Objects of known programs. */
export const SCAN_FRAMEWORK = defineCode({
  code: 'scan-framework',
  severity: 'info',
  message: { en: '{file}: holds objects of known programs ({names})', zh: '{file}：含有已知程序的对象（{names}）' },
  why: { en: 'They are set up from plain data; torch.load needs weights_only=False for them.', zh: '它们由普通数据构成；torch.load 需要 weights_only=False 才能加载。' },
  fix: { en: 'Nothing to do; temper reads them without running them.', zh: '无需处理；temper 读取它们时不会执行。' },
});

/** A payload inside a payload that goes on and on. */
export const SCAN_NESTED = defineCode({
  code: 'scan-nested',
  severity: 'error',
  message: { en: '{file}: pickles are packed into each other more than {levels} levels deep', zh: '{file}：pickle 相互嵌套超过 {levels} 层' },
  why: { en: 'No program writes that; it is made to tire scanners.', zh: '没有程序会这样写；这是为了拖垮扫描器。' },
  fix: { en: 'Do not load this file.', zh: '不要加载该文件。' },
});

/** Something that looks like a pickle where none belongs. */
export const SCAN_HIDDEN = defineCode({
  code: 'scan-hidden',
  severity: 'warning',
  message: { en: '{file}: {what} at byte {offset} looks like a {kind}', zh: '{file}：第 {offset} 字节处的{what}看起来像是{kind}' },
  why: { en: 'torch does not load it from there, but another program may.', zh: 'torch 不会从那里加载它，但其他程序可能会。' },
  fix: { en: 'Find out who wrote this file before you use it.', zh: '使用之前先弄清该文件由谁写出。' },
});

/** A format that a scan cannot look into. */
export const SCAN_OPAQUE = defineCode({
  code: 'scan-opaque',
  severity: 'error',
  message: { en: '{file} is {kind}; no scan can vouch for it', zh: '{file} 是{kind}；扫描无法为其担保' },
  why: { en: 'Loaders of weights do not read it as it is, and what is packed in it stays unseen.', zh: '权重加载器不会直接读取它，其中打包的内容无从查看。' },
  fix: { en: 'If it is an archive, unpack it and scan what comes out: temper scan DIR', zh: '如果是压缩包，请解包后扫描其内容：temper scan DIR' },
});

/** The search stopped early. */
export const SCAN_PARTIAL = defineCode({
  code: 'scan-partial',
  severity: 'error',
  message: { en: '{file}: only {searched} of {bytes} bytes were searched for hidden pickles', zh: '{file}：{bytes} 字节中只有 {searched} 字节被搜索过是否藏有 pickle' },
  why: { en: 'The container is broken, so nothing says where pickles would be.', zh: '容器已损坏，无从得知 pickle 会在哪里。' },
  fix: { en: 'Search everything with: temper scan --deep {file}', zh: '搜索全部内容：temper scan --deep {file}' },
});

/** More bytes behind the end of a pickle. */
export const SCAN_TRAILING = defineCode({
  code: 'scan-trailing',
  severity: 'warning',
  message: { en: '{file}: {bytes} bytes follow the end of a pickle at byte {offset}', zh: '{file}：第 {offset} 字节处的 pickle 结束之后还有 {bytes} 字节' },
  why: { en: 'torch ignores them; programs that read several pickles from one file do not.', zh: 'torch 会忽略它们；从一个文件读取多个 pickle 的程序则不会。' },
  fix: { en: 'Find out who wrote this file before you load it.', zh: '加载之前先弄清该文件由谁写出。' },
});

/** A value in a configuration. */
export const SCAN_CONFIG = defineCode({
  code: 'scan-config',
  severity: 'warning',
  message: { en: '{file}: {key} {problem}', zh: '{file}：{key} {problem}' },
  why: { en: 'A program that loads this directory believes its configuration.', zh: '加载该目录的程序会相信其中的配置。' },
  fix: { en: 'Compare the configuration with the one of the base model.', zh: '请与基座模型的配置对照。' },
});

/** An entry that must not be opened. */
export const SCAN_UNUSABLE = defineCode({
  code: 'scan-unusable',
  severity: 'error',
  message: { en: '{file} is not opened: {reason}', zh: '不打开 {file}：{reason}' },
  why: { en: 'A loader that follows it reads something that does not belong to the checkpoint.', zh: '跟随它的加载器会读到不属于该检查点的内容。' },
  fix: { en: 'Replace it by the file itself, or remove it.', zh: '请换成文件本身，或删除它。' },
});
