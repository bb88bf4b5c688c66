"""normlab's networks as PyTorch modules, for fixtures and races.

The state_dict of each module has the names and shapes of the parameter files that
`normlab run --save-parameters FILE` writes; docs/parameters.md lists them.
"""
import json
import struct

import numpy
import torch
from torch import nn
from torch.nn import functional as F

from torch_recurrence import recurrence

NORMS = ("none", "batch", "layer", "rms", "group", "instance", "weight", "dyt")
BEFORE, AFTER = "before_activation", "after_activation"  # norm.position
ACTIVATIONS = {
    "identity": lambda x: x,
    "relu": torch.relu,
    "relu in place": torch.relu_,
    "tanh": torch.tanh,
    "gelu": lambda x: F.gelu(x, approximate="tanh"),
}


def write_safetensors(path, tensors, metadata=None):
    """Writes {name: array}: 8 bytes of header length, a JSON header, the numbers.

    Floating-point numbers become 32-bit floats, integers (num_batches_tracked) 64-bit integers.
    """
    header = {"__metadata__": metadata} if metadata else {}
    data = bytearray()
    for name, tensor in tensors.items():
        values = numpy.asarray(tensor)
        kind, dtype = ("<i8", "I64") if values.dtype.kind == "i" else ("<f4", "F32")
        begin = len(data)
        data += values.astype(kind).tobytes()
        header[name] = {"dtype": dtype, "shape": list(values.shape), "data_offsets": [begin, len(data)]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def read_safetensors(path):
    """{name: tensor} of a file of 32-bit floats."""
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        values = numpy.frombuffer(content[begin:end], dtype="<f4").reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return tensors


class RmsNorm(nn.Module):
    """x / sqrt(mean of x^2 over all but the first dimension + epsilon), a gain for each channel."""

    def __init__(self, channels, epsilon=1e-5):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.epsilon = epsilon

    def forward(self, x):
        square = x.square().mean(dim=tuple(range(1, x.dim())), keepdim=True)
        normalized = x * torch.rsqrt(square + self.epsilon)
        if self.weight is None:
            return normalized
        return normalized * self.weight.view(-1, *[1] * (x.dim() - 2))


class DynamicTanh(nn.Module):
    """weight tanh(alpha x) + bias with one alpha for the layer (Zhu et al. 2025, arXiv:2503.10622)."""

    def __init__(self, channels, alpha=0.5):
        super().__init__()
        self.alpha = nn.Parameter(torch.full((1,), alpha))
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        over_channels = (-1,) + (1,) * (x.dim() - 2)
        y = torch.tanh(self.alpha * x)
        if self.weight is not None:
            y = y * self.weight.view(over_channels)
        return y if self.bias is None else y + self.bias.view(over_channels)


def normalization(norm, channels, image, affine=True, **settings):
    """The normalization of vectors (B, channels) or images (B, channels, H, W).

    affine as in norm.affine: True, "gain" (no bias) or False (neither gain nor bias).
    """
    module = whole_normalization(norm, channels, image, **settings)
    for name in {"gain": ("bias",), False: ("weight", "bias")}.get(affine, ()):
        module.register_parameter(name, None)
    return module


def whole_normalization(norm, channels, image, groups=8, epsilon=1e-5, momentum=0.1, alpha=0.5):
    """The same with all that it can learn."""
    if norm == "batch":
        return (nn.BatchNorm2d if image else nn.BatchNorm1d)(channels, epsilon, momentum)
    if norm == "layer":
        return nn.GroupNorm(1, channels, epsilon) if image else nn.LayerNorm(channels, epsilon)
    if norm == "rms":
        return RmsNorm(channels, epsilon)
    if norm == "dyt":
        return DynamicTanh(channels, alpha)
    if norm == "group":
        return nn.GroupNorm(groups, channels, epsilon)
    if norm == "instance" and image:
        return nn.GroupNorm(channels, channels, epsilon)
    return nn.Identity()


def has_bias(norm, image, position):
    """Whether the layer before the normalization keeps its bias; position as in norm.position."""
    plain = norm in ("none", "weight") or (norm == "instance" and not image)
    return plain or position == AFTER


def normalize_and_activate(x, block):
    """What a block makes of its layer's summed inputs."""
    if block.position == AFTER:
        return block.norm(block.activation(x))
    return block.activation(block.norm(x))


class DenseBlock(nn.Module):
    def __init__(self, inputs, outputs, norm, activation, position=BEFORE, **settings):
        super().__init__()
        linear = nn.Linear(inputs, outputs, bias=has_bias(norm, False, position))
        self.linear = nn.utils.weight_norm(linear) if norm == "weight" else linear
        self.norm = normalization(norm, outputs, image=False, **settings)
        self.activation, self.position = ACTIVATIONS[activation], position

    def forward(self, x):
        return normalize_and_activate(self.linear(x), self)


class ConvolutionBlock(nn.Module):
    def __init__(self, inputs, outputs, norm, activation, position=BEFORE, **settings):
        super().__init__()
        convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=has_bias(norm, True, position))
        self.convolution = nn.utils.weight_norm(convolution) if norm == "weight" else convolution
        self.norm = normalization(norm, outputs, image=True, **settings)
        self.activation, self.position = ACTIVATIONS[activation], position

    def forward(self, x):
        return normalize_and_activate(self.convolution(x), self)


class Mlp(nn.Module):
    """Images (B, H, W) to logits (B, classes)."""

    def __init__(self, norm, inputs=784, hidden=(256, 256), classes=10, activation="relu", **settings):
        super().__init__()
        sizes = [inputs, *hidden]
        self.hidden = nn.Sequential(
            *(DenseBlock(a, b, norm, activation, **settings) for a, b in zip(sizes, sizes[1:]))
        )
        self.output = nn.Linear(sizes[-1], classes)

    def forward(self, images):
        return self.output(self.hidden(images.flatten(1)))


class Cnn(nn.Module):
    """Images (B, H, W) to logits (B, classes)."""

    def __init__(
        self, norm, size=28, blocks=((32,), (64,)), dense=(128,), classes=10, activation="relu", **settings
    ):
        super().__init__()
        channels = 1
        stages = []
        for block in blocks:
            sizes = [channels, *block]
            stages.append(
                nn.Sequential(
                    *(ConvolutionBlock(a, b, norm, activation, **settings) for a, b in zip(sizes, sizes[1:]))
                )
            )
            channels = block[-1]
            size //= 2
        self.blocks = nn.ModuleList(stages)
        sizes = [channels * size * size, *dense]
        self.dense = nn.Sequential(
            *(DenseBlock(a, b, norm, activation, **settings) for a, b in zip(sizes, sizes[1:]))
        )
        self.output = nn.Linear(sizes[-1], classes)

    def forward(self, images):
        x = images.unsqueeze(1)
        for block in self.blocks:
            x = F.max_pool2d(block(x), 2)
        return self.output(self.dense(x.flatten(1)))


class RecurrentClassifier(nn.Module):
    """Images (B, H, W), read as sequences of rows, to logits (B, classes) of the last hidden state."""

    def __init__(
        self,
        cell,
        norm,
        size=28,
        hidden=128,
        classes=10,
        layers=1,
        bidirectional=False,
        **settings,
    ):
        super().__init__()
        self.recurrent = recurrence(cell, norm, size, hidden, size, layers, bidirectional, **settings)
        self.output = nn.Linear(hidden * (2 if bidirectional else 1), classes)
        self.bidirectional, self.hidden = bidirectional, hidden

    def forward(self, images):
        y, _ = self.recurrent(images.transpose(0, 1))
        if not self.bidirectional:
            return self.output(y[-1])
        return self.output(torch.cat([y[-1, :, : self.hidden], y[0, :, self.hidden :]], dim=-1))


class CharacterModel(nn.Module):
    """Characters (T, B) to logits (T * B, vocabulary) of the character that follows each, and the state."""

    def __init__(self, cell, norm, vocabulary, embedding=64, hidden=128, window=64, layers=1, **settings):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, embedding)
        self.recurrent = recurrence(cell, norm, embedding, hidden, window, layers, **settings)
        self.output = nn.Linear(hidden, vocabulary)

    def forward(self, characters, state=None):
        y, state = self.recurrent(self.embedding(characters), state)
        return self.output(y.flatten(0, 1)), state
