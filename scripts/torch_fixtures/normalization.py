"""Normalizations with the activation behind them, and weight norm."""

import torch
from torch.nn import functional as F

from torch_fixtures.cases import Fixture, images_channels_last, rows_of_channels, unchanged
from torch_models import ACTIVATIONS


def normalize(x, norm, tensors, settings):
    gain, bias = tensors.get("a.norm.weight"), tensors.get("a.norm.bias")
    epsilon = settings["epsilon"]
    over_channels = (-1,) + (1,) * (x.dim() - 2)
    if norm == "none":
        return x + tensors["a.linear.bias"].view(over_channels)
    if norm == "batch":
        running = tensors["a.norm.running_mean"], tensors["a.norm.running_var"]
        return F.batch_norm(x, *running, gain, bias, settings["training"], settings["momentum"], epsilon)
    if norm == "layer":
        normalized = F.layer_norm(x, x.shape[1:], eps=epsilon)
        return normalized * gain.view(over_channels) + bias.view(over_channels)
    if norm == "rms":
        square = x.square().mean(dim=tuple(range(1, x.dim())), keepdim=True)
        return x / torch.sqrt(square + epsilon) * gain.view(over_channels)
    if norm == "dyt":
        return torch.tanh(tensors["a.norm.alpha"] * x) * gain.view(over_channels) + bias.view(over_channels)
    if norm == "group":
        return F.group_norm(x, settings["groups"], gain, bias, epsilon)
    return F.instance_norm(x, weight=gain, bias=bias, eps=epsilon)


def normalization_case(fixture, norm, geometry, activation="identity", training=True, **changed):
    settings = {
        "norm": norm,
        "activation": activation,
        "training": training,
        "epsilon": 1e-5,
        "momentum": 0.1,
        "groups": 3,
        **changed,
    }
    shape = (5, 27) if geometry == "vectors" else (3, 6, 3, 5)
    channels = shape[1]
    name = ".".join(
        [norm, geometry, activation, *([] if training else ["evaluation"]), *(["settings"] if changed else [])]
    )
    case = fixture.case(name, **settings)
    x = case.draw("x", shape, mean=0.5, deviation=2, layout=rows_of_channels)
    tensors = {}
    if norm == "none":
        tensors["a.linear.bias"] = case.draw("a.linear.bias", (channels,))
    else:
        tensors["a.norm.weight"] = case.draw("a.norm.weight", (channels,), mean=1, deviation=0.3)
    if norm not in ("none", "rms"):
        tensors["a.norm.bias"] = case.draw("a.norm.bias", (channels,), deviation=0.3)
    if norm == "dyt":
        tensors["a.norm.alpha"] = case.draw("a.norm.alpha", (1,), mean=0.5, deviation=0.1)
    leaves = {"x": x, **tensors}
    if norm == "batch":
        for statistic, mean in ("running_mean", 0), ("running_var", 3):
            values = case.draw("a.norm." + statistic, (channels,), mean, deviation=0.3)
            tensors["a.norm." + statistic] = values.detach()
    y = ACTIVATIONS[activation](normalize(x, norm, tensors, settings))
    if not training:
        case.put("y", y, rows_of_channels)
        return
    case.backward(y, leaves, rows_of_channels)
    if norm == "batch":
        for statistic in "a.norm.running_mean", "a.norm.running_var":
            case.put("after/" + statistic, tensors[statistic])


def normalizations():
    fixture = Fixture()
    for geometry in "vectors", "images":
        for norm in "none", "batch", "layer", "rms", "group", "instance", "dyt":
            if (norm, geometry) != ("instance", "vectors"):
                normalization_case(fixture, norm, geometry)
        normalization_case(fixture, "batch", geometry, training=False)
    for activation in "relu", "tanh", "gelu":
        for norm in "none", "batch", "layer", "rms", "dyt":
            normalization_case(fixture, norm, "vectors", activation)
        for norm in "group", "instance":
            normalization_case(fixture, norm, "images", activation)
    normalization_case(fixture, "batch", "images", epsilon=1e-2, momentum=0.3)
    for norm in "layer", "rms", "group", "instance":
        normalization_case(fixture, norm, "images", epsilon=1e-2, groups=2)
    normalization_case(fixture, "dyt", "images", "gelu")
    return fixture


def weight_norms():
    fixture = Fixture()
    layers = {
        "linear": (torch.nn.Linear(13, 9), (6, 13)),
        "convolution": (torch.nn.Conv2d(3, 5, 3, padding=1), (2, 3, 6, 7)),
    }
    for kind, (layer, shape) in layers.items():
        case = fixture.case(kind)
        layout = images_channels_last if kind == "convolution" else unchanged
        layer = torch.nn.utils.weight_norm(layer)
        leaves = {"x": case.draw("x", shape, layout=layout)}
        for name, parameter in layer.named_parameters():
            full_name = f"a.{kind}.{name}"
            parameter.data = case.draw(full_name, parameter.shape, deviation=0.5).detach()
            leaves[full_name] = parameter
        case.backward(layer(leaves["x"]), leaves, layout)
    return fixture
