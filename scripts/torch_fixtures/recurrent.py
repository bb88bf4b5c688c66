"""Recurrent layers."""

from torch_fixtures.cases import Fixture
from torch_recurrence import recurrence


def draw_parameters(case, module):
    """Every parameter and running statistic of the module, drawn and stored under its name."""
    for name, tensor in module.state_dict(keep_vars=True).items():
        mean = 2.0 if "running_var" in name else 1.0 if "gain" in name or "alpha" in name or name.endswith("_g") else 0.0
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
        for norm in "none", "batch", "layer", "rms", "weight", "dyt":
            recurrent_case(fixture, cell, norm)
        recurrent_case(fixture, cell, "group", hidden=8, groups=2)
        for norm, affine in ("layer", "gain"), ("layer", False), ("batch", False), ("rms", False):
            recurrent_case(fixture, cell, norm, f"affine {affine}", affine=affine)
        recurrent_case(fixture, cell, "batch", "evaluation")
        for norm in "none", "batch", "layer", "dyt":
            recurrent_case(fixture, cell, norm, "bidirectional")
            recurrent_case(fixture, cell, norm, "carried")
    return fixture
