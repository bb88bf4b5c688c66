"""Numbers that depend on a name alone, exactly representable as 32-bit floats."""

import zlib

import numpy
import torch

from torch_models import AFTER, BEFORE


def draw(name, shape, mean=0.0, deviation=1.0):
    """Normal numbers that depend on the name alone, exactly representable as 32-bit floats."""
    random = numpy.random.RandomState(zlib.crc32(name.encode()))
    values = mean + deviation * random.standard_normal(shape)
    return torch.from_numpy(values.astype(numpy.float32).astype(numpy.float64))


def draw_initial_parameters(case_name, module, norm, position=BEFORE):
    """Weights and plain biases uniform in +-1/sqrt(fan-in); what a normalization has stays as it starts."""
    for name, tensor in module.named_parameters():
        normalizes = "norm" in name or "gain" in name
        plain_bias = norm == "none" or position == AFTER or name == "output.bias"
        if normalizes or ("bias" in name and not plain_bias):
            continue
        random = numpy.random.RandomState(zlib.crc32(f"{case_name}/{name}".encode()))
        fan_in = tensor[0].numel() if tensor.dim() > 1 else 16
        values = random.uniform(-1, 1, tensor.shape) / numpy.sqrt(fan_in)
        tensor.data = torch.from_numpy(values.astype(numpy.float32)).to(tensor.dtype)
