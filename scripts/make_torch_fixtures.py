#!/usr/bin/python3
"""Writes what PyTorch computes into tests/data_files/, for the tests to compare with.

    scripts/make_torch_fixtures.py [FOLDER]

Needs python3-torch (1.13 or later). Everything is computed in double precision from inputs that are 32-bit
floats, and stored as 32-bit floats. The same PyTorch gives the same files. Each file holds cases; tensor
"CASE/QUANTITY" belongs to a case, and the file's metadata gives each case's settings as JSON.
"""
import json
import pathlib
import sys
import zlib

import numpy
import torch
from torch.nn import functional as F

from torch_models import ACTIVATIONS, Cnn, Mlp, RecurrentClassifier, recurrence, write_safetensors


def draw(name, shape, mean=0.0, deviation=1.0):
    """Normal numbers that depend on the name alone, exactly representable as 32-bit floats."""
    random = numpy.random.RandomState(zlib.crc32(name.encode()))
    values = mean + deviation * random.standard_normal(shape)
    return torch.from_numpy(values.astype(numpy.float32).astype(numpy.float64))


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
        for norm in "none", "batch", "layer", "rms", "group", "instance":
            if (norm, geometry) != ("instance", "vectors"):
                normalization_case(fixture, norm, geometry)
        normalization_case(fixture, "batch", geometry, training=False)
    for activation in "relu", "tanh", "gelu":
        for norm in "none", "batch", "layer", "rms":
            normalization_case(fixture, norm, "vectors", activation)
        for norm in "group", "instance":
            normalization_case(fixture, norm, "images", activation)
    normalization_case(fixture, "batch", "images", epsilon=1e-2, momentum=0.3)
    for norm in "layer", "rms", "group", "instance":
        normalization_case(fixture, norm, "images", epsilon=1e-2, groups=2)
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


def draw_parameters(case, module):
    """Every parameter and running statistic of the module, drawn and stored under its name."""
    for name, tensor in module.state_dict(keep_vars=True).items():
        mean = 2.0 if "running_var" in name else 1.0 if "gain" in name or name.endswith("_g") else 0.0
        tensor.data = case.draw(name, tensor.shape, mean, deviation=0.3).detach()


def recurrent_case(fixture, cell, norm, variant=""):
    """variant: "", "evaluation", "bidirectional", or "carried" (the second of two windows)."""
    steps, batch, inputs, hidden = 4, 6, 3, 5
    case = fixture.case(
        ".".join(filter(None, [cell, norm, variant])),
        cell=cell,
        norm=norm,
        hidden=hidden,
        epsilon=1e-5,
        momentum=0.1,
        training=variant != "evaluation",
        bidirectional=variant == "bidirectional",
        carried=variant == "carried",
    )
    module = recurrence(cell, norm, inputs, hidden, steps, bidirectional=variant == "bidirectional")
    draw_parameters(case, module)
    module.train(variant != "evaluation")
    state = None
    if variant == "carried":
        _, state = module(case.draw("previous_x", (steps, batch, inputs)).detach())
        state = tuple(s.detach() for s in state) if cell == "lstm" else state.detach()
    x = case.draw("x", (steps, batch, inputs))
    y, _ = module(x, state)
    if variant == "evaluation":
        case.put("y", y)
        return
    case.backward(y, {"x": x, **dict(module.named_parameters())})
    for name, buffer in module.named_buffers():
        case.put("after/" + name, buffer)


def recurrent_layers():
    fixture = Fixture()
    for cell in "rnn", "lstm", "gru":
        for norm in "none", "batch", "layer", "rms", "weight":
            recurrent_case(fixture, cell, norm)
        recurrent_case(fixture, cell, "batch", "evaluation")
        for norm in "none", "batch", "layer":
            recurrent_case(fixture, cell, norm, "bidirectional")
            recurrent_case(fixture, cell, norm, "carried")
    return fixture


def softmax_cross_entropies():
    fixture = Fixture()
    for name, rows, classes, deviation in (
        ("ordinary", 7, 10, 1),
        ("saturated", 7, 10, 40),
        ("two_classes", 5, 2, 2),
        ("vocabulary", 3, 97, 3),
    ):
        case = fixture.case(name)
        logits = case.draw("logits", (rows, classes), deviation=deviation)
        labels = torch.arange(rows) * 3 % classes
        case.put("labels", labels.double())
        loss = F.cross_entropy(logits, labels)
        loss.backward()
        case.put("loss", loss)
        case.put("gradient/logits", logits.grad)
    return fixture


def optimizer_case(fixture, kind, weight_decay, clip):
    learning_rates = [0.03, 0.02, 0.02, 0.05, 0.01, 0.01]
    name = kind + (".decay" if weight_decay else "") + (".clip" if clip else "")
    settings = {"kind": kind, "weight_decay": weight_decay, "clip_gradient_norm": clip}
    case = fixture.case(name, learning_rates=learning_rates, **settings)
    tensors = {
        "weight": case.draw("weight", (6, 7)),
        "gain": case.draw("gain", (7,), mean=1, deviation=0.3),
        "bias": case.draw("bias", (5,)),
    }
    groups = [
        {"params": [tensors["weight"]], "weight_decay": weight_decay},
        {"params": [tensors["gain"], tensors["bias"]], "weight_decay": 0},
    ]
    optimizer = {
        "sgd": lambda: torch.optim.SGD(groups, lr=1),
        "momentum": lambda: torch.optim.SGD(groups, lr=1, momentum=0.9),
        "nesterov": lambda: torch.optim.SGD(groups, lr=1, momentum=0.9, nesterov=True),
        "adam": lambda: torch.optim.Adam(groups),
        "adamw": lambda: torch.optim.AdamW(groups),
    }[kind]()
    for step, learning_rate in enumerate(learning_rates):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate
        for name, tensor in tensors.items():
            tensor.grad = case.draw(f"step{step}/gradient/{name}", tensor.shape).detach().clone()
        if clip:
            torch.nn.utils.clip_grad_norm_(list(tensors.values()), clip)
        optimizer.step()
        for name, tensor in tensors.items():
            case.put(f"step{step}/{name}", tensor)
    moments = {"momentum_buffer": "first", "exp_avg": "first", "exp_avg_sq": "second"}
    for name, tensor in tensors.items():
        for key, moment in moments.items():
            if optimizer.state[tensor].get(key) is not None:
                case.put(f"moments/{moment}/{name}", optimizer.state[tensor][key])


def optimizers():
    fixture = Fixture()
    for kind in "sgd", "momentum", "nesterov", "adam", "adamw":
        optimizer_case(fixture, kind, 0.0, 0.0)
        optimizer_case(fixture, kind, 0.1, 0.0)
        optimizer_case(fixture, kind, 0.1, 4.0)  # the norm of a step's gradients is about 7
    return fixture


def convolutions():
    fixture = Fixture()
    for kernel, stride, pool, shape, outputs in (
        (3, 1, True, (2, 1, 8, 9), 4),
        (3, 1, True, (3, 5, 6, 6), 11),
        (1, 1, False, (2, 4, 3, 5), 6),
        (5, 2, False, (2, 3, 9, 8), 5),
    ):
        padding = (kernel - 1) // 2
        name = f"{kernel}x{kernel}.{shape[1]}_to_{outputs}" + (".pool" if pool else "")
        case = fixture.case(name, stride=stride, padding=padding, pool=pool)
        leaves = {
            "x": case.draw("x", shape, layout=images_channels_last),
            "weight": case.draw("weight", (outputs, shape[1], kernel, kernel), deviation=0.3),
            "bias": case.draw("bias", (outputs,)),
        }
        y = torch.relu(F.conv2d(leaves["x"], leaves["weight"], leaves["bias"], stride, padding))
        case.backward(F.max_pool2d(y, 2) if pool else y, leaves, images_channels_last)
    return fixture


TRAJECTORY_STEPS = 50
# A trajectory can be followed only where training is not chaotic: a layer-normalized LSTM at a learning rate
# of 0.1 turns a change of 1e-8 in its parameters into one of 1e-2 in its loss within 30 steps, in double
# precision too. The rates below learn as fast as they can while PyTorch's own single precision stays within
# ALLOWED_CHAOS of its double.
SGD_LEARNING_RATE = {"lstm_none": 0.6, "lstm_batch": 0.2, "lstm_layer": 0.02, "cnn_none": 0.4}
OTHER_SGD_LEARNING_RATE = 0.1
ADAM_LEARNING_RATE = 0.003
ALLOWED_CHAOS = {"sgd": 1e-5, "adam": 1e-4}  # a tenth of what the tests allow


def trajectory_model(kind, norm):
    if kind == "mlp":
        return Mlp(norm, inputs=64, hidden=(24, 24))
    if kind == "lstm":
        return RecurrentClassifier("lstm", norm, size=8, hidden=16)
    return Cnn(norm, size=8, blocks=((6,), (8,)), dense=(16,))


def draw_initial_parameters(case_name, module, norm):
    """Weights and plain biases uniform in +-1/sqrt(fan-in); what a normalization has stays as it starts."""
    for name, tensor in module.named_parameters():
        normalizes = "norm" in name or "gain" in name
        plain_bias = norm == "none" or name == "output.bias"
        if normalizes or ("bias" in name and not plain_bias):
            continue
        random = numpy.random.RandomState(zlib.crc32(f"{case_name}/{name}".encode()))
        fan_in = tensor[0].numel() if tensor.dim() > 1 else 16
        values = random.uniform(-1, 1, tensor.shape) / numpy.sqrt(fan_in)
        tensor.data = torch.from_numpy(values.astype(numpy.float32)).to(tensor.dtype)


def make_batches(batches=5, batch=16):
    """Noisy copies of ten class patterns, (batches, batch, 8, 8), and their labels."""
    labels = torch.arange(batches * batch).view(batches, batch) * 7 % 10
    patterns = draw("patterns", (10, 8, 8), mean=0.5, deviation=0.5)
    noise = draw("noise", (batches, batch, 8, 8), deviation=0.6)
    images = (patterns[labels] + noise).to(torch.float32).double()
    return images, labels


def losses(module, optimizer, images, labels):
    result = []
    for step in range(TRAJECTORY_STEPS):
        index = step % len(labels)
        dtype = next(module.parameters()).dtype
        loss = F.cross_entropy(module(images[index].to(dtype)), labels[index])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        result.append(loss.item())
    return torch.tensor(result, dtype=torch.float64)


def trajectory(kind, norm, state, optimizer, rate, images, labels):
    """The losses in double precision, and how far those in single precision are from them at most."""
    runs = []
    for dtype in torch.float64, torch.float32:
        module = trajectory_model(kind, norm).to(dtype)
        module.load_state_dict(state)
        rule = torch.optim.SGD if optimizer == "sgd" else torch.optim.Adam
        runs.append(losses(module, rule(module.parameters(), lr=rate), images, labels))
    exact, single = runs
    return exact, ((single - exact).abs() / exact.abs()).max().item()


def trajectories(folder):
    """Losses of whole training runs; the initial parameters go to a file for each network."""
    fixture = Fixture()
    images, labels = make_batches()
    data = fixture.case("data")
    data.put("images", images)
    data.put("labels", labels.double())
    for kind in "mlp", "lstm", "cnn":
        for norm in "none", "batch", "layer":
            name = f"{kind}_{norm}"
            initial = trajectory_model(kind, norm)
            draw_initial_parameters(name, initial, norm)
            state = initial.state_dict()
            write_safetensors(folder / f"torch_initial_{name}.safetensors", state)
            for optimizer in "sgd", "adam":
                rate = ADAM_LEARNING_RATE
                if optimizer == "sgd":
                    rate = SGD_LEARNING_RATE.get(name, OTHER_SGD_LEARNING_RATE)
                exact, off = trajectory(kind, norm, state, optimizer, rate, images, labels)
                settings = {"model": kind, "norm": norm, "optimizer": optimizer, "learning_rate": rate}
                fixture.case(f"{name}.{optimizer}", **settings).put("losses", exact)
                print(
                    f"{name:12} {optimizer:5} loss {exact[0]:.4f} to {exact[-1]:.4f};"
                    f" PyTorch's own single precision is off by {off:.1e}"
                )
                assert off < ALLOWED_CHAOS[optimizer]
    return fixture


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    torch.manual_seed(1)
    root = pathlib.Path(__file__).resolve().parent.parent
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "tests/data_files"
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in {
        "normalization": normalizations,
        "weight_norm": weight_norms,
        "recurrent": recurrent_layers,
        "softmax_cross_entropy": softmax_cross_entropies,
        "optimizer": optimizers,
        "convolution": convolutions,
        "trajectories": lambda: trajectories(folder),
    }.items():
        make().write(folder / f"torch_{name}.safetensors")


if __name__ == "__main__":
    main()
