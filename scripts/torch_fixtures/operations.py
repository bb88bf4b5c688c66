"""Softmax with cross-entropy, and convolutions."""

import torch
from torch.nn import functional as F

from torch_fixtures.cases import Fixture, images_channels_last


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
