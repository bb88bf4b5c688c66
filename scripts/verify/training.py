"""A config trained by PyTorch: its batches, steps and evaluations, with random numbers of PyTorch's own."""
import itertools
import math
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from torch_training import Images, Text, batches_of_epochs, evaluate, make_schedule, parameter_groups
from verify.network import make_network

EXPLODED_LOSS = 1e6  # nats
EVALUATED_IMAGES, EVALUATED_STREAMS = 256, 32


@dataclass
class Curve:
    """What a run found: `evaluations` in the form of a record's, and whether its loss exploded."""

    evaluations: list
    diverged: bool = False


class TrainingImages(Images):
    """A new order in every epoch, if asked; a last batch of one sample is left out."""

    def __init__(self, images, labels, batch, scale, shuffle):
        super().__init__(images, labels, batch, scale)
        lone = batch > 1 and len(labels) > 1 and len(labels) % batch == 1
        self.used, self.shuffle = len(labels) - lone, shuffle

    def steps_per_epoch(self):
        return math.ceil(self.used / self.batch)

    def epoch(self, module):
        count = len(self.labels)
        order = (torch.randperm(count) if self.shuffle else torch.arange(count))[: self.used]
        yield from Images(self.images[order], self.labels[order], self.batch, self.scale).epoch(module)


def make_batches(config, data):
    """(training, validation)."""
    batch = config["batch_size"]
    if config["dataset"]["name"] == "text":
        window = config["model"]["window"]
        streams = min(max((len(data.validation) - 1) // window, 1), EVALUATED_STREAMS)
        return Text(data.train, batch, window), Text(data.validation, streams, window)
    return (
        TrainingImages(*data.train, batch, data.scale, config["dataset"]["shuffle"]),
        Images(*data.validation, EVALUATED_IMAGES, data.scale),
    )


def last_step(config, train):
    """At which the budget is used up."""
    budget, per_epoch = config["budget"], train.steps_per_epoch()
    limits = [budget["steps"]] if budget.get("steps") else []
    if budget.get("epochs"):
        limits.append(math.ceil(budget["epochs"] * per_epoch - 1e-9))
    if budget.get("samples"):
        text = config["dataset"]["name"] == "text"
        batch = config["batch_size"] * (config["model"]["window"] if text else 1)
        whole, rest = divmod(budget["samples"], per_epoch * batch if text else train.used)
        limits.append(whole * per_epoch + min(math.ceil(rest / batch), per_epoch))
    return min(limits)


def evaluation_steps(config, steps_per_epoch):
    """Yields the steps behind which the validation set is looked at."""
    every = config["evaluate_every"]
    interval = max(1, every.get("steps") or every["epochs"] * steps_per_epoch)
    previous = 0
    for count in itertools.count(1):
        step = math.ceil(count * interval - 1e-9)
        if step > previous:
            yield step
        previous = step


def make_optimizer(module, settings):
    groups, name, rate = parameter_groups(module, settings["weight_decay"]), settings["name"], settings["learning_rate"]
    if name == "sgd":
        return torch.optim.SGD(groups, lr=rate)
    if name == "momentum":
        return torch.optim.SGD(groups, lr=rate, momentum=settings["momentum"], nesterov=settings["nesterov"])
    adam = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[name]
    return adam(groups, lr=rate, betas=(settings["beta1"], settings["beta2"]), eps=settings["epsilon"])


def schedule_settings(config, steps):
    """As torch_training.make_schedule() wants them."""
    schedule = {"factor": 1, "step_epochs": 1, **config["schedule"]}
    rate = config["optimizer"]["learning_rate"]
    kind = "cosine" if schedule["name"] == "cosine" else "step"  # a constant rate is one of steps by 1
    return {**schedule, "schedule": kind, "learning_rate": rate, "steps": steps}


class MeanMetrics:
    """Over the training batches since the last evaluation."""

    def __init__(self):
        self.loss = self.errors = self.count = 0

    def add(self, loss, logits, labels):
        self.loss += loss * len(labels)
        self.errors += (logits.argmax(1) != labels).sum().item()
        self.count += len(labels)

    def take(self):
        means = self.loss / self.count, self.errors / self.count
        self.__init__()
        return means


def metrics_of(loss, error, dataset):
    metrics = {"loss": loss, "error": error}
    if dataset["name"] == "text":
        metrics["bits_per_byte" if dataset["unit"] == "byte" else "bits_per_character"] = loss / math.log(2)
    return metrics


class Run:
    def __init__(self, config, data, seed):
        torch.manual_seed(seed)
        self.config, self.curve, self.means = config, Curve([]), MeanMetrics()
        self.module = make_network(config, data)
        self.batches, self.validation = make_batches(config, data)
        self.steps = last_step(config, self.batches)
        self.optimizer = make_optimizer(self.module, config["optimizer"])
        settings = schedule_settings(config, self.steps)
        self.schedule = make_schedule(self.optimizer, settings, self.batches.steps_per_epoch())

    def _update(self, logits, labels):
        """Whether the step could be taken."""
        loss = F.cross_entropy(logits, labels)
        if not loss.item() <= EXPLODED_LOSS:
            return False
        self.optimizer.zero_grad()
        loss.backward()
        longest = self.config["clip_gradient_norm"]
        if longest and not math.isfinite(torch.nn.utils.clip_grad_norm_(self.module.parameters(), longest)):
            return False
        self.optimizer.step()
        self.schedule.step()
        self.means.add(loss.item(), logits, labels)
        return True

    def _evaluate(self, step):
        """Whether the validation loss is sound."""
        loss, error = evaluate(self.module, self.validation)
        if not loss <= EXPLODED_LOSS:
            return False
        dataset = self.config["dataset"]
        self.curve.evaluations.append(
            {
                "epoch": step / self.batches.steps_per_epoch(),
                "step": step,
                "train": metrics_of(*self.means.take(), dataset),
                "validation": metrics_of(loss, error, dataset),
            }
        )
        return True

    def train(self, is_enough):
        """To the end of the budget, or until is_enough(evaluations)."""
        due = evaluation_steps(self.config, self.batches.steps_per_epoch())
        next_due = next(due)
        self.module.train()
        for step, batch in enumerate(batches_of_epochs(self.module, self.batches), 1):
            at_evaluation = step in (next_due, self.steps)
            if not self._update(*batch) or (at_evaluation and not self._evaluate(step)):
                self.curve.diverged = True
                break
            if at_evaluation:
                if step == self.steps or is_enough(self.curve.evaluations):
                    break
                next_due = next(due)
        return self.curve


def prepare():
    """PyTorch as normlab runs: on one thread, with subnormal numbers as zero."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


def parameter_count(config, data):
    return sum(parameter.numel() for parameter in make_network(config, data).parameters())
