"""The network of a config as PyTorch's modules, drawn by PyTorch's random numbers from normlab's distributions."""
import torch
from torch import nn

from torch_models import CharacterModel, Cnn, Mlp, RecurrentClassifier
from torch_training import is_weight

RECURRENT = ("rnn", "lstm", "gru")
RECTIFIERS = ("relu", "gelu")


def unsupported(config):
    """What of a config this side cannot train, as a setting and its value, or None."""
    model, budget = config["model"], config["budget"]
    settings = {
        "initial_parameters": config.get("initial_parameters"),
        "model.dropout": model.get("dropout"),
        "model.input": model.get("input") if model.get("input") == "pixels" else None,
        "budget.seconds": budget.get("seconds"),
    }
    return next((f"{path} {value}" for path, value in settings.items() if value), None)


def build(config, data):
    model, norm = config["model"], dict(config["norm"])
    kind = norm.pop("name")
    if model["name"] in RECURRENT:
        norm.pop("position", None)
        sizes = dict(hidden=model["hidden_size"], layers=model["layers"], **norm)
        if config["dataset"]["name"] == "text":
            sizes.update(embedding=model["embedding"], window=model["window"])
            return CharacterModel(model["name"], kind, data.vocabulary, **sizes)
        sizes.update(classes=data.classes, bidirectional=model["bidirectional"])
        return RecurrentClassifier(model["name"], kind, data.side, **sizes)
    norm.update(activation=model["activation"], classes=data.classes)
    if model["name"] == "cnn":
        return Cnn(kind, data.side, model["blocks"], model["dense"], **norm)
    return Mlp(kind, data.side**2, model["hidden"], **norm)


def draw_weight(name, weight, config):
    """One weight, (out, in, …), as lib/normlab/nn/graph/parameters.h says."""
    scheme = config["init"]["name"]
    if "weight_hh" in name or "weight_ih" in name:
        draw = nn.init.orthogonal_ if "weight_hh" in name else nn.init.xavier_uniform_
        for gate in weight.split(config["model"]["hidden_size"]):
            draw(gate)
        return
    feeds_rectifier = name.startswith(("hidden.", "blocks.", "dense.")) and config["model"]["activation"] in RECTIFIERS
    if scheme == "he" or (scheme == "standard" and feeds_rectifier):
        nn.init.kaiming_normal_(weight, nonlinearity="relu")
    else:
        nn.init.xavier_uniform_(weight)


def initialize(module, config):
    """Draws all that is drawn. Under `torch` PyTorch's own modules have done so, but for the embedding."""
    as_torch, scale = config["init"]["name"] == "torch", config["init"]["scale"]
    parameters = dict(module.named_parameters())
    for name, parameter in parameters.items():
        if as_torch and name == "embedding.weight":
            nn.init.uniform_(parameter, -(parameter.shape[1] ** -0.5), parameter.shape[1] ** -0.5)
        elif not as_torch and is_weight(name, parameter):
            draw_weight(name, parameter, config)
        elif not as_torch and "bias" in name:
            nn.init.zeros_(parameter)
        if is_weight(name, parameter) or (as_torch and "bias" in name):
            parameter.mul_(scale)
    for name, gain in parameters.items():
        if name.endswith("_g"):  # weight norm starts as the weight that it stands for
            gain.copy_(torch.norm_except_dim(parameters[name[:-1] + "v"], 2, 0))


def make_network(config, data):
    module = build(config, data)
    with torch.no_grad():
        initialize(module, config)
    return module
