"""PyTorch's side of scripts/bench_torch.py: the steps of `normlab bench steps` in every way that may be fast.

A way is a combination of: eager execution, TorchScript, or torch.compile where it exists; Adam as it
comes, with foreach or fused; for images the channels first or last. All of them train the same network from
the same numbers.
"""
import inspect
import itertools
import os
import statistics
import sys
import time

import torch
from torch.nn import functional as F

from torch_models import Cnn, Mlp, RecurrentClassifier
from torch_recurrence import LayerNormLstm, LoopLstm, NormalizedRecurrence, recurrence

IMAGES, SIDE, CLASSES = 3584, 28, 10  # of the synthetic data set, as many as `normlab bench` takes
LARGEST_GRADIENT_NORM = 1.0  # to which gradients of recurrent models are clipped
WARMUP_STEPS = 5  # TorchScript compiles in the first four
CHOOSING_SECONDS = 0.2  # for each way, in each of two rounds
LEAST_STEPS = 7  # of a turn, however long they take: as `normlab bench` has it
LARGEST_DISAGREEMENT = 0.01  # between the gradients of ways, which may round differently


def executors():
    """What may run a module: {name: function of the module}."""
    ways = {"eager": lambda module: module, "scripted": torch.jit.script}
    if hasattr(torch, "compile"):
        ways["compiled"] = torch.compile
    return ways


def adam(parameters, **implementation):
    # A learning rate of zero, as in `normlab bench`: the numbers of every step are alike.
    return torch.optim.Adam(parameters, lr=0.0, **implementation)


def adam_implementations():
    """Those that this version of PyTorch has for tensors on the processor: {name: arguments}."""
    implementations = {"Adam": {}}
    for name in "foreach", "fused":
        if name not in inspect.signature(torch.optim.Adam).parameters:
            continue
        parameter = torch.zeros(1, requires_grad=True)
        parameter.grad = torch.zeros(1)
        try:
            adam([parameter], **{name: True}).step()
        except RuntimeError:  # only on other devices
            continue
        implementations[f"{name} Adam"] = {name: True}
    return implementations


class ModelStep:
    """Batch assembly, forward, loss, backward, clipping for recurrent models, Adam."""

    def __init__(self, module, batch, executor, implementation, memory_format, clip):
        self.batch, self.clip, self.next = batch, clip, 0
        self.pixels = torch.randint(256, (IMAGES, SIDE, SIDE), dtype=torch.uint8)
        self.labels = torch.randint(CLASSES, (IMAGES,))
        self.order = torch.randperm(IMAGES)
        module = module.to(memory_format=memory_format)
        self.parameters = list(module.parameters())
        self.optimizer = adam(self.parameters, **implementation)
        self.module = executor(module)

    def __call__(self):
        first = self.next * self.batch % (IMAGES - self.batch + 1)
        self.next += 1
        chosen = self.order[first : first + self.batch]
        images = self.pixels[chosen].float().div_(255)
        loss = F.cross_entropy(self.module(images), self.labels[chosen])
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if self.clip:
            torch.nn.utils.clip_grad_norm_(self.parameters, LARGEST_GRADIENT_NORM)
        self.optimizer.step()
        loss.item()


class LayerStep:
    """Forward and backward of one recurrent layer; the output's gradient is one, the input wants none."""

    def __init__(self, layer, steps, batch, inputs, hidden, executor):
        self.parameters = list(layer.parameters())
        self.x = torch.randn(steps, batch, inputs)
        self.dy = torch.ones(steps, batch, hidden)
        self.layer = executor(torch.nn.Sequential(layer))  # TorchScript takes nn.LSTM within a module only

    def __call__(self):
        for parameter in self.parameters:
            parameter.grad = None
        y, _ = self.layer(self.x)
        y.backward(self.dy)


def recurrent_layer(cell, norm, inputs, hidden):
    if (cell, norm) == ("lstm", "layer"):
        return LayerNormLstm(inputs, hidden)
    return recurrence(cell, norm, inputs, hidden)


def build_module(case):
    """Of a whole model. ReLU works in place, as users of PyTorch write it to save memory traffic."""
    if case.model == "mlp":
        return Mlp(case.norm, hidden=case.hidden, activation="relu in place")
    if case.model == "cnn":
        return Cnn(case.norm, activation="relu in place")
    module = RecurrentClassifier(case.model, case.norm, hidden=case.hidden[0])
    module.recurrent = recurrent_layer(case.model, case.norm, SIDE, case.hidden[0])
    return module


def layer_ways(case):
    """Yields names and steps."""
    layers = {"": recurrent_layer}
    if (case.cell, case.norm) == ("lstm", "none"):
        layers[" loop"] = lambda _cell, _norm, inputs, hidden: LoopLstm(inputs, hidden)
    for (executor_name, executor), (layer_name, make) in itertools.product(executors().items(), layers.items()):
        torch.manual_seed(1)
        layer = make(case.cell, case.norm, case.inputs, case.hidden[0])
        yield executor_name + layer_name, LayerStep(layer, case.steps, case.batch, case.inputs, case.hidden[0], executor)


def model_ways(case):
    formats = {"": torch.contiguous_format}
    if case.model == "cnn":
        formats[", channels last"] = torch.channels_last
    for executor_name, executor in executors().items():
        for adam_name, implementation in adam_implementations().items():
            for format_name, memory_format in formats.items():
                torch.manual_seed(1)
                clip = case.model not in ("mlp", "cnn")
                yield f"{executor_name}, {adam_name}{format_name}", ModelStep(
                    build_module(case), case.batch, executor, implementation, memory_format, clip
                )


class Contender:
    """The fastest of the ways to take a case's step."""

    def __init__(self, case):
        self.case = case
        ways = self._working(dict(layer_ways(case) if case.is_layer else model_ways(case)))
        self._require_agreement(list(ways.values()))
        self.way_seconds = self._times(ways)
        self.way = min(self.way_seconds, key=self.way_seconds.get)
        self.step = ways[self.way]

    def turn(self, seconds):
        """The median step time, and the fraction of the core that others took."""
        step_times(self.step, 0, 2)  # into the caches again
        wall, worked = time.perf_counter(), time.process_time()
        median = statistics.median(step_times(self.step, seconds, LEAST_STEPS))
        wall, worked = time.perf_counter() - wall, time.process_time() - worked
        return median, max(0.0, 1 - worked / wall)

    def _working(self, ways):
        """Warmed up. torch.compile fails without a C++ compiler; the race goes on without it."""
        working = {}
        for way, step in ways.items():
            try:
                step_times(step, 0, WARMUP_STEPS)
            except Exception as error:
                if not way.startswith("compiled"):
                    raise
                print(f"warning: {self.case.name}, {way}: {str(error).splitlines()[0]}", file=sys.stderr)
                continue
            working[way] = step
        return working

    def _require_agreement(self, steps):
        first, *others = (gradients(step) for step in steps)
        for other in others:
            distance = float((first - other).norm() / first.norm())
            if not distance < LARGEST_DISAGREEMENT:
                sys.exit(f"bench_torch: {self.case.name}: the ways' gradients are {distance:.2g} apart")

    @staticmethod
    def _times(ways):
        """The better median of two rounds, so that what disturbs one does not choose."""
        medians = {way: [] for way in ways}
        for _ in range(2):
            for way, step in ways.items():
                medians[way].append(statistics.median(step_times(step, CHOOSING_SECONDS, 3)))
        return {way: min(seconds) for way, seconds in medians.items()}


def gradients(step):
    step()
    return torch.cat([parameter.grad.flatten() for parameter in step.parameters])


def step_times(step, seconds, least):
    """Seconds of each of at least `least` steps, and of as many more as fit into `seconds`."""
    times = []
    begin = now = time.perf_counter()
    while len(times) < least or now - begin < seconds:
        step()
        before, now = now, time.perf_counter()
        times.append(now - before)
    return times


def require_same_lstm():
    """LayerNormLstm must be the NormalizedRecurrence that normlab is tested against."""
    torch.manual_seed(1)
    reference, fast = NormalizedRecurrence("lstm", "layer", 5, 7).double(), LayerNormLstm(5, 7).double()
    for parameter in reference.parameters():
        torch.nn.init.uniform_(parameter, 0.5, 1.5)
    fast.load_state_dict(reference.state_dict())
    x = torch.randn(9, 3, 5, dtype=torch.float64)
    if not torch.allclose(fast(x)[0], reference(x)[0], rtol=1e-9):
        sys.exit("bench_torch: LayerNormLstm of torch_recurrence.py is another network than NormalizedRecurrence")


def prepare():
    """PyTorch as normlab runs: on one thread, with denormal numbers flushed to zero."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    require_same_lstm()


def blas_library():
    """The file that PyTorch's matrix products come from, as far as the system tells."""
    with open("/proc/self/maps") as maps:
        names = {line.split()[-1] for line in maps if "blas" in line.lower() or "mkl" in line.lower()}
    return min(names, default="built into PyTorch")


def product_speed():
    """In operations a second; a multiply-add is two."""
    a, b = torch.randn(128, 784), torch.randn(784, 1000)
    return 2 * a.numel() * b.shape[1] / min(step_times(lambda: a @ b, 0.1, 5))


def describe():
    """What PyTorch's speed depends on."""
    prefixes = ("ATEN_", "OPENBLAS_", "MKL_", "DNNL_", "ONEDNN_", "MALLOC_", "LD_PRELOAD")
    capability = next((line for line in torch.__config__.show().split("\n") if "capability" in line), "")
    return {
        "version": torch.__version__,
        "simd": capability.split(":")[-1].strip(),
        "blas": blas_library(),
        "product_operations_per_second": product_speed(),
        "environment_variables": {
            name: value for name, value in sorted(os.environ.items()) if name.startswith(prefixes)
        },
    }
