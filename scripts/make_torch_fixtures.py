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

import torch_training
from torch_models import (
    ACTIVATIONS,
    AFTER,
    BEFORE,
    CharacterModel,
    Cnn,
    Mlp,
    RecurrentClassifier,
    recurrence,
    write_safetensors,
)


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


def draw_parameters(case, module):
    """Every parameter and running statistic of the module, drawn and stored under its name."""
    for name, tensor in module.state_dict(keep_vars=True).items():
        mean = 2.0 if "running_var" in name else 1.0 if "gain" in name or name.endswith("_g") else 0.0
        tensor.data = case.draw(name, tensor.shape, mean, deviation=0.3).detach()


def recurrent_case(fixture, cell, norm, variant="", hidden=5, **settings):
    """variant: "", "evaluation", "bidirectional", or "carried" (the second of two windows)."""
    steps, batch, inputs = 4, 6, 3
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
        **settings,
    )
    bidirectional = variant == "bidirectional"
    module = recurrence(cell, norm, inputs, hidden, steps, bidirectional=bidirectional, **settings)
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
        recurrent_case(fixture, cell, "group", hidden=8, groups=2)
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


def trajectory_model(kind, norm, position):
    if kind == "mlp":
        return Mlp(norm, inputs=64, hidden=(24, 24), position=position)
    if kind == "lstm":
        return RecurrentClassifier("lstm", norm, size=8, hidden=16)
    return Cnn(norm, size=8, blocks=((6,), (8,)), dense=(16,), position=position)


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


def trajectory(make_model, state, optimizer, rate, images, labels):
    """The losses in double precision, and how far those in single precision are from them at most."""
    runs = []
    for dtype in torch.float64, torch.float32:
        module = make_model().to(dtype)
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
            trajectories_of(fixture, folder, kind, norm, BEFORE, images, labels)
    # Not the cnn with batch norm: channels that a rectifier kept silent make it chaotic.
    for kind, norm in ("mlp", "batch"), ("mlp", "layer"), ("cnn", "layer"):
        trajectories_of(fixture, folder, kind, norm, AFTER, images, labels)
    return fixture


def trajectories_of(fixture, folder, kind, norm, position, images, labels):
    name = f"{kind}_{norm}" + ("" if position == BEFORE else "_" + position)
    make_model = lambda: trajectory_model(kind, norm, position)  # noqa: E731
    initial = make_model()
    draw_initial_parameters(name, initial, norm, position)
    state = initial.state_dict()
    write_safetensors(folder / f"torch_initial_{name}.safetensors", state)
    for optimizer in "sgd", "adam":
        rate = ADAM_LEARNING_RATE
        if optimizer == "sgd":
            rate = SGD_LEARNING_RATE.get(name, OTHER_SGD_LEARNING_RATE)
        exact, off = trajectory(make_model, state, optimizer, rate, images, labels)
        settings = {"model": kind, "norm": norm, "optimizer": optimizer, "learning_rate": rate}
        fixture.case(f"{name}.{optimizer}", **settings).put("losses", exact)
        print(
            f"{name:12} {optimizer:5} loss {exact[0]:.4f} to {exact[-1]:.4f};"
            f" PyTorch's own single precision is off by {off:.1e}"
        )
        assert off < ALLOWED_CHAOS[optimizer]


TRAINING_CHAOS = 2e-5  # as ALLOWED_CHAOS, of losses and gradient norms
IMAGE_RUNS = {
    # Names say what the rules of a run are; 5 steps are an epoch, the last of them on fewer images.
    "mlp.layer.adamw.clip.warmup.cosine": dict(
        optimizer="adamw", learning_rate=0.02, weight_decay=0.3, clip_gradient_norm=1.2,
        warmup_steps=4, schedule="cosine", final_factor=0.1, steps=24,
    ),
    "mlp.batch.nesterov.clip.warmup.step": dict(
        optimizer="nesterov", learning_rate=0.05, weight_decay=0.05, clip_gradient_norm=0.5,
        warmup_steps=3, schedule="step", step_epochs=1.4, factor=0.3, steps=20,
    ),
    "mlp.none.sgd.decay.cosine": dict(
        optimizer="sgd", learning_rate=0.3, weight_decay=0.02, clip_gradient_norm=0,
        warmup_steps=0, schedule="cosine", final_factor=0, steps=18,
    ),
}  # fmt: skip
TEXT_RUNS = {
    "lstm.layer.adamw.clip.warmup.cosine": dict(
        layers=1, optimizer="adamw", learning_rate=0.02, weight_decay=0.2, clip_gradient_norm=0.5,
        warmup_steps=3, schedule="cosine", final_factor=0.05, steps=17,
    ),
    "lstm.batch.adam": dict(
        layers=1, optimizer="adam", learning_rate=0.01, weight_decay=0, clip_gradient_norm=0,
        warmup_steps=0, schedule="cosine", final_factor=1, steps=15,
    ),
    "gru.none.sgd.clip": dict(
        layers=2, optimizer="sgd", learning_rate=0.8, weight_decay=0, clip_gradient_norm=0.16,
        warmup_steps=0, schedule="step", step_epochs=1, factor=0.5, steps=15,
    ),
    "rnn.rms.nesterov.decay.warmup": dict(
        layers=1, optimizer="nesterov", learning_rate=0.05, weight_decay=0.01, clip_gradient_norm=0.7,
        warmup_steps=8, schedule="cosine", final_factor=0.2, steps=17,
    ),
}  # fmt: skip
TEXT_STREAMS, TEXT_WINDOW, TEXT_EMBEDDING = 4, 7, 5


def training_images(fixture):
    """(training, validation): 60 images of 6 x 6 bytes of 4 classes, the last 12 held out; 10 more to test."""
    case = fixture.case("images", validation_fraction=0.2, batch_size=10)
    patterns = draw("training patterns", (4, 6, 6), mean=128, deviation=60)
    parts = []
    for part, count in ("train", 60), ("test", 10):
        labels = torch.arange(count) * 5 % 4
        noise = draw(f"training noise of {part}", (count, 6, 6), deviation=60)
        images = (patterns[labels] + noise).clamp(0, 255).round()
        parts.append((case.put(part + "_images", images), case.put(part + "_labels", labels.double()).long()))
    (images, labels), test = parts
    return (
        torch_training.Images(images[:48], labels[:48], 10),
        torch_training.Images(images[48:], labels[48:], 12),
        torch_training.Images(*test, 10),
    )


def training_text(fixture):
    """The parts of a text of 11 letters, each of which has three that may follow it."""
    random = numpy.random.RandomState(zlib.crc32(b"training text"))
    letters = [0]
    for _ in range(319):
        letters.append((3 * letters[-1] + random.choice([1, 2, 5])) % 11)
    ids = torch.tensor(letters)
    case = fixture.case("text", validation_fraction=0.1, batch_size=TEXT_STREAMS, window=TEXT_WINDOW,
                        embedding=TEXT_EMBEDDING)  # fmt: skip
    case.put("letters", ids.double())
    train, validation, test = ids[:256], ids[256:288], ids[288:]
    streams = (len(validation) - 1) // TEXT_WINDOW
    return (
        torch_training.Text(train, TEXT_STREAMS, TEXT_WINDOW),
        torch_training.Text(validation, streams, TEXT_WINDOW),
        torch_training.Text(test, streams, TEXT_WINDOW),
    )


def training_run(fixture, name, make_module, parts, settings):
    """One run in double precision; single precision must follow it, or no other program could."""
    kind, norm = name.split(".")[:2]
    train, validation, test = parts
    case = fixture.case(name, model=kind, norm=norm, **settings)
    initial = make_module(kind, norm)
    draw_initial_parameters("training " + name, initial, norm)
    for key, tensor in initial.state_dict().items():
        if "num_batches" not in key:
            case.put("initial/" + key, tensor)
    results = []
    for dtype in torch.float64, torch.float32:
        module = make_module(kind, norm).to(dtype)
        module.load_state_dict(initial.state_dict())
        results.append(torch_training.train(module, train, validation, settings))
        if dtype == torch.float64:
            for key, tensor in module.state_dict().items():
                if "num_batches" not in key:
                    case.put("final/" + key, tensor)
            case.put("test", torch.tensor(torch_training.evaluate(module, test)))
    exact, single = results
    for key, tensor in exact.items():
        case.put(key, tensor)
    off = max(((single[key] - exact[key]).abs() / exact[key].abs()).max().item()
              for key in ("loss", "gradient_norm", "validation_loss"))  # fmt: skip
    print(f"{name}: loss {exact['loss'][0]:.4f} to {exact['loss'][-1]:.4f}; gradients"
          f" {exact['gradient_norm'].min():.2f} to {exact['gradient_norm'].max():.2f};"
          f" PyTorch's own single precision is off by {off:.1e}")  # fmt: skip
    assert off < TRAINING_CHAOS


def trainings():
    """Whole runs: losses, gradient norms, learning rates, evaluations and the parameters at the end."""
    fixture = Fixture()
    images, text = training_images(fixture), training_text(fixture)
    for name, settings in IMAGE_RUNS.items():
        training_run(fixture, name, lambda _, norm: Mlp(norm, 36, (12, 8), 4), images, settings)
    for name, settings in TEXT_RUNS.items():
        layers = settings["layers"]
        make = lambda kind, norm: CharacterModel(  # noqa: E731
            kind, norm, 11, TEXT_EMBEDDING, hidden=8, window=TEXT_WINDOW, layers=layers
        )
        training_run(fixture, name, make, text, settings)
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
        "training": trainings,
    }.items():
        make().write(folder / f"torch_{name}.safetensors")


if __name__ == "__main__":
    main()
