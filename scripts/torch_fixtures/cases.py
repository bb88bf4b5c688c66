"""Fixtures of cases: named tensors with the settings that they were computed with."""

import json

from torch_fixtures.draws import draw
from torch_models import write_safetensors


def unchanged(x):
    return x


def rows_of_channels(x):
    """(B, C) to (B, 1, C), and (B, C, H, W) to (B, H W, C)."""
    return x.unsqueeze(1) if x.dim() == 2 else x.flatten(2).transpose(1, 2)


def images_channels_last(x):
    """(B, C, H, W) to (B, H, W, C)."""
    return x.permute(0, 2, 3, 1)


class Fixture:
    def __init__(self):
        self.tensors, self.settings = {}, {}

    def case(self, name, **settings):
        self.settings[name] = json.dumps(settings)
        return Case(self, name)

    def write(self, path):
        write_safetensors(path, self.tensors, self.settings)


class Case:
    def __init__(self, fixture, name):
        self.fixture, self.name = fixture, name

    def put(self, quantity, tensor, layout=unchanged):
        self.fixture.tensors[f"{self.name}/{quantity}"] = layout(tensor.detach().clone())
        return tensor

    def draw(self, quantity, shape, mean=0.0, deviation=1.0, layout=unchanged):
        tensor = draw(f"{self.name}/{quantity}", shape, mean, deviation)
        self.put(quantity, tensor, layout)
        return tensor.requires_grad_()

    def backward(self, y, leaves, layout=unchanged):
        """Stores y, a drawn dL/dy, and the gradients of the leaves; `layout` is of x and y."""
        self.put("y", y, layout)
        dy = draw(f"{self.name}/dy", y.shape)
        self.put("dy", dy, layout)
        y.backward(dy)
        for name, leaf in leaves.items():
            self.put("gradient/" + name, leaf.grad, layout if name == "x" else unchanged)
