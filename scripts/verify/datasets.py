"""The data of a config, read and split as docs/experiment-format.md says, by nothing of normlab's."""
import functools
import gzip
import json
import math
import os
import pathlib
import zlib
from dataclasses import dataclass

import numpy
import torch

from verify.refusal import Refusal

DEBIAN_FASHION_MNIST = pathlib.Path("/usr/share/datasets/fashion-mnist")


@dataclass
class ImageData:
    train: tuple  # images (N, H, W) of bytes and labels (N)
    validation: tuple
    classes: int
    scale: tuple  # (mean, deviation) of the bytes, as the network sees them
    checksum: str  # as `data_checksum` of a record

    @property
    def side(self):
        return self.train[0].shape[1]


@dataclass
class TextData:
    train: torch.Tensor  # ids (N)
    validation: torch.Tensor
    vocabulary: int
    checksum: str = None  # of texts none is computed


def data_directory():
    home = os.environ.get("HOME") or "."
    shared = os.environ.get("XDG_DATA_HOME") or pathlib.Path(home, ".local/share")
    return pathlib.Path(os.environ.get("NORMLAB_DATA_DIR") or pathlib.Path(shared, "normlab"))


def read_content(path):
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (OSError, EOFError, zlib.error) as error:
        raise Refusal(f"dataset: {path} cannot be read ({error})") from error


def image_folder(dataset):
    own = data_directory() / dataset["name"]
    if dataset["name"] == "idx":
        return pathlib.Path(dataset["path"])
    if dataset["name"] == "mnist":
        return own
    folders = [own, DEBIAN_FASHION_MNIST] if os.environ.get("NORMLAB_DATA_DIR") else [DEBIAN_FASHION_MNIST, own]
    return next((folder for folder in folders if folder.is_dir()), folders[0])


def read_idx(folder, prefixes, part, rank):
    """The file's content and its array."""
    names = [f"{prefix}-{part}{separator}idx{rank}-ubyte{suffix}"
             for prefix in prefixes for separator in "-." for suffix in ("", ".gz")]  # fmt: skip
    file = next((folder / name for name in names if (folder / name).exists()), None)
    if file is None:
        raise Refusal(f"dataset: {folder} has no file {names[0]}, which the runs of the claim were trained on")
    content = read_content(file)
    shape = numpy.frombuffer(content, ">i4", rank, 4)
    return content, numpy.frombuffer(content, "u1", offset=4 + 4 * rank).reshape(shape)


def held_out_count(count, fraction):
    return max(1, math.floor(fraction * count + 0.5))


def first_of(values, limit):
    return values[:limit] if limit else values


def pixel_scale(images, standardize):
    if not standardize:
        return 0.0, 255.0
    counts = numpy.bincount(images.ravel(), minlength=256) / images.size
    mean = float(counts @ numpy.arange(256))
    return mean, float(counts @ (numpy.arange(256) - mean) ** 2) ** 0.5 or 1.0


def load_images(dataset):
    folder = image_folder(dataset)
    image_bytes, images = read_idx(folder, ["train"], "images", 3)
    label_bytes, labels = read_idx(folder, ["train"], "labels", 1)
    test_bytes, _ = read_idx(folder, ["t10k", "test"], "labels", 1)
    begin = len(labels) - held_out_count(len(labels), dataset["validation_fraction"])

    def part(first, last, limit):
        return tuple(torch.from_numpy(first_of(all_of[first:last], limit).copy()) for all_of in (images, labels))

    train = part(0, begin, dataset["train_limit"])
    validation = part(begin, len(labels), dataset["validation_limit"])
    return ImageData(
        train=(train[0], train[1].long()),
        validation=(validation[0], validation[1].long()),
        classes=int(labels.max()) + 1,
        scale=pixel_scale(train[0].numpy(), dataset["standardize"]),
        checksum="".join(f"{zlib.crc32(content):08x}" for content in (image_bytes, label_bytes, test_bytes)),
    )


def load_text(dataset):
    fetched = data_directory() / "text" / f"{dataset['path']}.txt"
    content = read_content(fetched if fetched.is_file() else pathlib.Path(dataset["path"]))
    if dataset["unit"] == "byte":
        units = numpy.frombuffer(content, "u1")
    else:
        units = numpy.frombuffer(content.decode("utf-8").removeprefix("\ufeff").encode("utf-32-le"), "<u4")
    vocabulary, ids = numpy.unique(units, return_inverse=True)
    ids = torch.from_numpy(ids)
    held_out = held_out_count(len(ids), dataset["validation_fraction"])
    rest = len(ids) - 2 * held_out  # behind the validation part is as large a test part
    return TextData(
        train=first_of(ids[:rest], dataset["train_limit"]),
        validation=first_of(ids[rest : rest + held_out], dataset["validation_limit"]),
        vocabulary=len(vocabulary),
    )


@functools.lru_cache(maxsize=1)
def load_json(dataset):
    settings = json.loads(dataset)
    if settings["name"] == "synthetic":
        raise Refusal("dataset.name: synthetic images are drawn by normlab alone; a data set in files is needed")
    return load_text(settings) if settings["name"] == "text" else load_images(settings)


def load(config):
    """The data of a config with all of its settings. What was loaded last is kept."""
    return load_json(json.dumps(config["dataset"], sort_keys=True))
