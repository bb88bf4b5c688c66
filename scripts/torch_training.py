"""Whole training runs in PyTorch, with everything that stands between the operations, for fixtures.

Batches in order with a smaller last one, text in windows that carry their state, gradient clipping, warm-up,
schedules, and weight decay on weights alone: each by PyTorch's own means, where it has them.
"""
import math

import torch
from torch.nn import functional as F
from torch.optim import lr_scheduler


class Images:
    """images (N, H, W) of bytes and labels (N): batches of `batch` in order, the last one smaller.

    scale: the mean that is taken from every byte, and the deviation that it is then divided by.
    """

    def __init__(self, images, labels, batch, scale=(0.0, 255.0)):
        self.images, self.labels, self.batch, self.scale = images, labels, batch, scale

    def steps_per_epoch(self):
        return math.ceil(len(self.labels) / self.batch)

    def epoch(self, module):
        """Yields the logits and the labels of each batch, as the module is when the batch comes."""
        dtype = next(module.parameters()).dtype
        mean, deviation = self.scale
        for images, labels in zip(self.images.split(self.batch), self.labels.split(self.batch)):
            yield module((images.to(dtype) - mean) / deviation), labels


class Text:
    """ids (N): `streams` stretches side by side, cut into windows; the state is zero before the first only."""

    def __init__(self, ids, streams, window):
        length = (len(ids) - 1) // streams
        windows = length // window
        starts = torch.arange(streams) * length
        places = torch.arange(windows * window).view(windows, window, 1) + starts
        self.inputs, self.targets = ids[places], ids[places + 1]

    def steps_per_epoch(self):
        return len(self.inputs)

    def epoch(self, module):
        state = None
        for inputs, targets in zip(self.inputs, self.targets):
            logits, state = module(inputs, state)
            yield logits, targets.flatten()
            state = tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()


def evaluate(module, data):
    """Mean loss and error over one pass."""
    module.eval()
    loss = errors = count = 0
    with torch.no_grad():
        for logits, labels in data.epoch(module):
            loss += F.cross_entropy(logits, labels, reduction="sum").item()
            errors += (logits.argmax(1) != labels).sum().item()
            count += len(labels)
    module.train()
    return loss / count, errors / count


def is_weight(name, parameter):
    """Neither a bias nor a gain, weight norm's among them."""
    return parameter.dim() > 1 and not name.endswith("_g")


def parameter_groups(module, weight_decay):
    """Weights, which decay, and all others, which do not."""
    weights, others = [], []
    for name, parameter in module.named_parameters():
        (weights if is_weight(name, parameter) else others).append(parameter)
    return [{"params": weights, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0}]


def make_optimizer(module, settings):
    groups = parameter_groups(module, settings["weight_decay"])
    rate = settings["learning_rate"]
    return {
        "sgd": lambda: torch.optim.SGD(groups, lr=rate),
        "nesterov": lambda: torch.optim.SGD(groups, lr=rate, momentum=0.9, nesterov=True),
        "adam": lambda: torch.optim.Adam(groups, lr=rate),
        "adamw": lambda: torch.optim.AdamW(groups, lr=rate),
    }[settings["optimizer"]]()


def make_schedule(optimizer, settings, steps_per_epoch):
    warmup, rate = settings["warmup_steps"], settings["learning_rate"]
    warming = []
    if warmup:
        warming = [lr_scheduler.LinearLR(optimizer, 1 / warmup, 1, total_iters=warmup - 1)]
    if settings["schedule"] == "cosine":
        length = settings["steps"] - warmup
        after = lr_scheduler.CosineAnnealingLR(optimizer, length, settings["final_factor"] * rate)
        return lr_scheduler.SequentialLR(optimizer, [*warming, after], [warmup] * len(warming))
    # The periods of a step schedule are counted from the first step, warm-up included.
    period = round(settings["step_epochs"] * steps_per_epoch)
    return lr_scheduler.ChainedScheduler([*warming, lr_scheduler.StepLR(optimizer, period, settings["factor"])])


def batches_of_epochs(module, data):
    while True:
        yield from data.epoch(module)


def train(module, train_data, validation, settings):
    """{quantity: number for each step}: the batch's loss and error, the gradient's norm before it was clipped,
    the learning rate of the step, and loss and error of `validation` after it."""
    optimizer = make_optimizer(module, settings)
    schedule = make_schedule(optimizer, settings, train_data.steps_per_epoch())
    keys = "loss", "error", "gradient_norm", "learning_rate", "validation_loss", "validation_error"
    result = {key: [] for key in keys}
    module.train()
    for _, (logits, labels) in zip(range(settings["steps"]), batches_of_epochs(module, train_data)):
        loss = F.cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(module.parameters(), settings["clip_gradient_norm"] or math.inf)
        rate = optimizer.param_groups[0]["lr"]
        optimizer.step()
        schedule.step()
        error = (logits.argmax(1) != labels).double().mean().item()
        numbers = loss.item(), error, norm.item(), rate, *evaluate(module, validation)
        for key, number in zip(keys, numbers):
            result[key].append(number)
    return {key: torch.tensor(numbers, dtype=torch.float64) for key, numbers in result.items()}
