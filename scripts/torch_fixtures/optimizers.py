"""Steps of optimizers."""

import torch

from torch_fixtures.cases import Fixture


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
