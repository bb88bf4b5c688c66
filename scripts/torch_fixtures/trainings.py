"""Whole training runs, with everything that is recorded of them."""

import zlib

import numpy
import torch

import torch_training
from torch_fixtures.cases import Fixture
from torch_fixtures.draws import draw, draw_initial_parameters
from torch_models import CharacterModel, Mlp

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
