/**
 * @module
 * Names that run code, reach the network or the disk, or lead to anything else: modules in whole, or single names of a
 * module that is otherwise harmless. Collected from picklescan, fickling, modelscan and published bypasses
 * (reference/formats.md §8.2–8.6). A list of this kind is never complete: what is on no list at all is `unknown`.
 */

/** Modules in which every name is dangerous, with everything below them. */
export const DANGEROUS_MODULES: ReadonlySet<string> = /* @__PURE__ */ new Set([
  // Code, processes, the interpreter itself.
  'os', 'posix', 'nt', 'sys', 'subprocess', '_posixsubprocess', '_winapi', 'pty', 'commands', 'multiprocessing', 'runpy', 'code', 'codeop', 'marshal', 'importlib', '_frozen_importlib',
  '_frozen_importlib_external', '_imp', 'imp', 'zipimport', 'pkgutil', 'pydoc', 'pdb', 'bdb', 'cmd', 'trace', 'timeit', 'profile', 'cProfile', '_lsprof', 'doctest', 'unittest', 'test', 'inspect',
  'site', 'gc', 'atexit', 'signal', '_signal', 'threading', '_thread', 'dummy_threading', 'concurrent', 'sched', 'venv', 'ensurepip', 'pip', 'setuptools', 'pkg_resources', 'distutils', 'compileall',
  'py_compile', 'ctypes', '_ctypes', 'cffi', 'mmap', '_interpreters', '_xxsubinterpreters', 'interpreters', '_testcapi', '_osx_support', '_aix_support', '_pyrepl', 'pyrepl', 'idlelib', 'lib2to3', 'antigravity', 'this',
  'pipes', 'pexpect', 'sh', 'fabric', 'invoke', 'paramiko', 'winreg', '_winreg', 'msvcrt', 'crypt', 'spwd', 'grp', 'pwd', 'resource', 'syslog', 'faulthandler', 'tracemalloc', 'turtle', 'tkinter', 'curses', 'readline', 'rlcompleter',
  // Deserialisers: a payload inside a payload.
  'pickle', '_pickle', 'cPickle', 'pickletools', 'dill', 'cloudpickle', 'joblib', 'jsonpickle', 'shelve', 'dbm', 'yaml', 'ruamel',
  // Files, archives, databases.
  'shutil', 'tempfile', 'glob', 'fileinput', 'filecmp', 'linecache', 'difflib', 'zipfile', 'tarfile', 'sqlite3', '_sqlite3', 'platform',
  // Networks.
  'socket', '_socket', 'ssl', '_ssl', 'socketserver', 'http', 'httplib', 'urllib', 'urllib2', 'urllib3', 'requests', 'httpx', 'aiohttp', 'asyncio', '_asyncio', 'select', 'selectors', 'smtplib', 'smtpd', 'imaplib', 'poplib', 'ftplib', 'telnetlib',
  'nntplib', 'xmlrpc', 'webbrowser', 'wsgiref', 'cgi', 'cgitb', 'asyncore', 'asynchat', 'websockets', 'boto3', 'botocore',
  // Indirection and scanners that a payload switches off.
  'operator', '_operator', 'functools', '_functools', 'types', 'picklescan', 'fickling', 'modelscan',
  // torch and numpy.
  'torch.hub', 'torch.jit', 'torch._dynamo', 'torch._inductor', 'torch.compiler', 'torch.package', 'torch.utils.cpp_extension', 'torch.utils._config_module', 'torch.utils.bottleneck', 'torch.utils.collect_env',
  'torch.utils.data.datapipes', 'torch.fx', 'torch.distributed.rpc', 'torch.distributed.elastic', 'torch.distributed.run', 'torch.distributed.launch', 'torch.utils.model_zoo', 'torch.testing', 'torch.onnx', 'torch.export', 'torch._export',
  'torch.utils.benchmark', 'torch.multiprocessing', 'torch.ops', 'torch.classes', 'torch.library', 'torch._ops', 'torch._classes', 'torch.profiler',
  'numpy.f2py', 'numpy.distutils', 'numpy.testing', 'numpy.ctypeslib', 'numpy.lib.npyio', 'numpy.lib._npyio_impl',
]);

/** Single names, by module. */
export const DANGEROUS_NAMES: ReadonlyMap<string, ReadonlySet<string>> = /* @__PURE__ */ new Map(Object.entries({
  torch: ['load', 'save', 'compile', 'classes', 'ops', 'import_ir_module'],
  'torch.serialization': ['load', 'save', '_load', '_legacy_load', 'add_safe_globals', '_open_file', 'register_package'],
  'torch.storage': ['_load_from_bytes'],
  numpy: ['load', 'save', 'loadtxt', 'fromfile', 'memmap', 'savetxt', 'genfromtxt', 'fromregex'],
  io: ['open', 'FileIO', 'open_code', 'OpenWrapper'], _io: ['open', 'FileIO', 'open_code', 'OpenWrapper'],
  logging: ['FileHandler', 'config'], 'logging.config': ['dictConfig', 'fileConfig', 'listen'], 'logging.handlers': ['SocketHandler', 'HTTPHandler', 'SMTPHandler', 'SysLogHandler'],
  uuid: ['_get_command_stdout', '_popen', 'getnode', '_ip_getnode', '_ifconfig_getter'],
  codecs: ['open', 'decode', 'encode'], zlib: ['decompress'],
  copyreg: ['__newobj__', '__newobj_ex__', 'dispatch_table', 'pickle', 'constructor', 'add_extension', 'remove_extension'],
  itertools: ['starmap', 'accumulate'], string: ['Formatter'], weakref: ['finalize'], contextlib: ['ExitStack', 'AsyncExitStack'], ast: ['literal_eval', 'parse'], typing: ['get_type_hints', '_eval_type', 'ForwardRef'],
  dataclasses: ['make_dataclass'],
  'transformers.dynamic_module_utils': ['get_class_from_dynamic_module', 'get_class_in_module'], 'transformers.utils.hub': ['cached_file'],
} satisfies Record<string, string[]>).map(([module, names]) => [module, new Set(names)]));

/** Names of a dangerous module that are harmless after all: arithmetic that flags are pickled with, and plain containers. */
export const EXCEPTIONS: ReadonlySet<string> = /* @__PURE__ */ new Set(['operator', '_operator'].flatMap((module) =>
  ['or_', 'and_', 'xor', 'add', 'sub', 'mul', 'neg', 'invert', 'not_', 'eq', 'ne', 'lt', 'le', 'gt', 'ge'].map((name) => `${module}.${name}`)));

/**
 * Functions of `builtins` that compute and nothing else. Every other name there that is no plain type is dangerous:
 * eval, exec, compile, getattr, open, __import__ …
 */
export const PURE_BUILTINS: ReadonlySet<string> = /* @__PURE__ */ new Set(['abs', 'all', 'any', 'ascii', 'bin', 'chr', 'divmod', 'enumerate', 'format', 'hash', 'hex', 'id', 'isinstance', 'issubclass', 'iter', 'len',
  'max', 'memoryview', 'min', 'next', 'oct', 'ord', 'pow', 'repr', 'reversed', 'round', 'sorted', 'sum', 'zip', 'property', 'staticmethod', 'classmethod', 'super', 'type', 'None', 'True', 'False']);
