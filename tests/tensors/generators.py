"""Known answers of torch's and numpy's generators, written to generators.json. Run by hand: python tests/tensors/generators.py

Needs torch and numpy; the versions that were used are in the file. Torch draws the same numbers since 1.5, numpy since 1.17.
With its plain kernels torch does the arithmetic that its source says; those for AVX fuse multiplications and additions. Normal
numbers in groups are taken from the kernels of this machine, in a process of their own.
"""
import json
import math
import os
import subprocess
import sys

GROUPS = len(sys.argv) > 1
if not GROUPS:
    os.environ["ATEN_CPU_CAPABILITY"] = "default"

import numpy
import torch

torch.set_num_threads(1)
SEEDS = [0, 1, 42, 777, 2**31 + 5, 2**32 + 42, 2**53 - 1]


def generator(seed):
    return torch.Generator("cpu").manual_seed(seed)


def bits(tensor):
    """Float32 numbers as their 32 bits."""
    return tensor.float().contiguous().view(torch.int32).flatten().tolist()


def kaiming(shape, seed):
    """What PEFT's VeRA makes of a shape (peft/tuners/vera/model.py)."""
    fan = shape[1] if len(shape) == 2 else shape[1] * math.prod(shape[2:])
    bound = math.sqrt(3.0) * (math.sqrt(2) / math.sqrt(fan))
    return bound, torch.empty(shape).uniform_(-bound, bound, generator=generator(seed))


def half(shape, seed):
    """What PEFT's RandLoRA makes of a shape: bfloat16, kaiming_uniform_(a=sqrt(5))."""
    tensor = torch.empty(shape, dtype=torch.bfloat16)
    torch.nn.init.kaiming_uniform_(tensor, a=math.sqrt(5), generator=generator(seed))
    return tensor


if GROUPS:
    print(json.dumps([{"seed": seed, "deviation": 0.5, "near": torch.normal(0.0, 0.5, (count,), generator=generator(seed)).tolist()} for seed in SEEDS for count in [16, 48, 61]]))
    sys.exit()

out = {"torch": torch.__version__, "numpy": numpy.__version__, "permutation": [], "uniform": [], "kaiming": [], "half": [], "normal": [], "choice": [], "shuffle": [], "bits64": []}
for seed in SEEDS:
    for n, count in [(1, 1), (2, 2), (24, 24), (640, 40), (70000, 30)]:
        out["permutation"].append({"seed": seed, "n": n, "count": count, "values": torch.randperm(n, generator=generator(seed))[:count].tolist()})
    out["uniform"].append({"seed": seed, "count": 700, "last": 40, "bits": bits(torch.rand(700, generator=generator(seed)))[-40:]})
    bound, values = kaiming((6, 37), seed)
    out["kaiming"].append({"seed": seed, "shape": [6, 37], "bound": bound, "bits": bits(values)})
    out["half"].append({"seed": seed, "shape": [4, 1, 13], "values": half((4, 1, 13), seed).float().flatten().tolist()})
    for count in [1, 2, 9, 15]:
        out["normal"].append({"seed": seed, "deviation": 0.5, "bits": bits(torch.normal(0.0, 0.5, (count,), generator=generator(seed)))})
    out["bits64"].append({"seed": str(seed), "values": [str(x) for x in numpy.random.default_rng(seed).integers(0, 2**64, 5, dtype=numpy.uint64)]})
    for n, size in [(5, 3), (40, 39), (256, 17), (20000, 3), (20000, 900)]:
        out["choice"].append({"seed": seed, "n": n, "size": size, "values": numpy.random.default_rng(seed).choice(n, size=size, replace=False).tolist()[:50]})
    data = numpy.arange(300)
    numpy.random.default_rng(seed).shuffle(data)
    out["shuffle"].append({"seed": seed, "n": 300, "values": data.tolist()})
out["bits64"].append({"seed": str(2**200 + 12345), "values": [str(x) for x in numpy.random.default_rng(2**200 + 12345).integers(0, 2**64, 5, dtype=numpy.uint64)]})

own = {name: value for name, value in os.environ.items() if name != "ATEN_CPU_CAPABILITY"}
out["normal"] += json.loads(subprocess.run([sys.executable, __file__, "groups"], check=True, capture_output=True, text=True, env=own).stdout)

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "generators.json"), "w") as file:
    json.dump(out, file, separators=(",", ":"))
    file.write("\n")
