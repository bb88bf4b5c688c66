"""normlab's recurrent layers as PyTorch modules, for fixtures and races; docs/parameters.md has their tensors."""
from typing import Optional

import torch
from torch import nn
from torch.nn import functional as F

GATES = {"rnn": 1, "lstm": 4, "gru": 3}


class NormalizedRecurrence(nn.Module):
    """Layers of recurrent cells with batch, layer, rms or group normalization or dynamic tanh: x (T, B, D) to (T, B, H).

    batch: Cooijmans et al. 2016, statistics of each time step by itself. layer: Ba, Kiros, Hinton 2016,
    section 3.1 and supplement. rms: as layer, without means and cell bias. group: as layer, each vector in
    equal groups. dyt: as layer, but tanh(alpha x) of each element by itself. affine: True, "gain" (no biases; with rms as True) or False (neither gains nor biases).
    """

    def __init__(
        self,
        cell,
        norm,
        inputs,
        hidden,
        steps=None,
        layers=1,
        bidirectional=False,
        epsilon=1e-5,
        momentum=0.1,
        groups=8,
        affine=True,
        alpha=0.5,
    ):
        super().__init__()
        self.cell, self.norm_kind, self.hidden = cell, norm, hidden
        self.epsilon, self.momentum, self.groups = epsilon, momentum, groups
        self.alpha = alpha
        self.affine = True if (norm, affine) == ("rms", "gain") else affine
        directions = ("", "_reverse") if bidirectional else ("",)
        self.suffixes = [[f"_l{layer}{direction}" for direction in directions] for layer in range(layers)]
        for layer, suffixes in enumerate(self.suffixes):
            for suffix in suffixes:
                self._declare(suffix, inputs if layer == 0 else hidden * len(directions), steps)

    def _declare(self, suffix, inputs, steps):
        width = GATES[self.cell] * self.hidden
        gain = 0.1 if self.norm_kind == "batch" else 1.0
        bound = self.hidden**-0.5

        def parameter(name, tensor):
            learned = self.affine is True or name.startswith(("weight", "gain") if self.affine else "weight")
            self.register_parameter(name + suffix, nn.Parameter(tensor) if learned else None)

        parameter("weight_ih", torch.empty(width, inputs).uniform_(-bound, bound))
        parameter("weight_hh", torch.empty(width, self.hidden).uniform_(-bound, bound))
        if self.norm_kind == "dyt":
            for place in {"rnn": [""], "lstm": ["_ih", "_hh", "_c"], "gru": ["_ih", "_hh"]}[self.cell]:
                self.register_parameter(f"alpha{place}{suffix}", nn.Parameter(torch.full((1,), self.alpha)))
        if self.cell == "rnn" and self.norm_kind != "batch":
            parameter("gain", torch.full((width,), gain))
            parameter("bias", torch.zeros(width))
            return
        parameter("bias_ih", torch.zeros(width))
        parameter("gain_ih", torch.full((width,), gain))
        parameter("gain_hh", torch.full((width,), gain))
        if self.cell == "gru":
            parameter("bias_hn", torch.zeros(self.hidden))
        if self.cell == "lstm":
            parameter("gain_c", torch.full((self.hidden,), gain))
            if self.norm_kind != "rms":
                parameter("bias_c", torch.zeros(self.hidden))
        if self.norm_kind == "batch":
            places = {"ih": width, "hh": width, **({"c": self.hidden} if self.cell == "lstm" else {})}
            for place, size in places.items():
                self.register_buffer(f"running_mean_{place}{suffix}", torch.zeros(steps, size))
                self.register_buffer(f"running_var_{place}{suffix}", torch.ones(steps, size))

    def _get(self, name, suffix):
        return getattr(self, name + suffix)

    def _scaled(self, x, gain, suffix):
        gain = getattr(self, gain + suffix, None)
        return x if gain is None else x * gain

    def _shifted(self, x, bias, suffix):
        bias = getattr(self, bias + suffix, None)
        return x if bias is None else x + bias

    def _rows(self, x):
        """Normalizes each row by itself."""
        if self.norm_kind == "layer":
            return F.layer_norm(x, x.shape[-1:], eps=self.epsilon)
        if self.norm_kind == "group":
            return F.group_norm(x.flatten(0, -2), self.groups, eps=self.epsilon).view(x.shape)
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.epsilon)

    def _normalize(self, x, place, suffix, step):
        """N(x) of x (B, columns) at one time step."""
        if self.norm_kind == "batch":
            return F.batch_norm(
                x,
                self._get(f"running_mean_{place}", suffix)[step],
                self._get(f"running_var_{place}", suffix)[step],
                training=self.training,
                momentum=self.momentum,
                eps=self.epsilon,
            )
        if self.norm_kind == "dyt":
            return torch.tanh(self._get("_".join(filter(None, ["alpha", place])), suffix) * x)
        if self.cell == "gru":  # the summed inputs of r and z together, those of n by themselves
            gates, candidate = x.split([2 * self.hidden, self.hidden], dim=-1)
            return torch.cat([self._rows(gates), self._rows(candidate)], dim=-1)
        return self._rows(x)

    def _lstm(self, inputs, h, c, suffix, step):
        recurrent = self._normalize(h @ self._get("weight_hh", suffix).T, "hh", suffix, step)
        summed = self._shifted(inputs + self._scaled(recurrent, "gain_hh", suffix), "bias_ih", suffix)
        i, f, g, o = summed.chunk(4, dim=-1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        shown = self._scaled(self._normalize(c, "c", suffix, step), "gain_c", suffix)
        return torch.sigmoid(o) * torch.tanh(self._shifted(shown, "bias_c", suffix)), c

    def _gru(self, inputs, h, suffix, step):
        recurrent = self._normalize(h @ self._get("weight_hh", suffix).T, "hh", suffix, step)
        p_r, p_z, p_n = self._shifted(inputs, "bias_ih", suffix).chunk(3, dim=-1)
        q_r, q_z, q_n = self._scaled(recurrent, "gain_hh", suffix).chunk(3, dim=-1)
        r, z = torch.sigmoid(p_r + q_r), torch.sigmoid(p_z + q_z)
        n = torch.tanh(p_n + r * self._shifted(q_n, "bias_hn", suffix))
        return (1 - z) * n + z * h

    def _tanh(self, inputs, h, suffix, step):
        recurrent = h @ self._get("weight_hh", suffix).T
        if self.norm_kind != "batch":
            scaled = self._scaled(self._normalize(inputs + recurrent, "", suffix, step), "gain", suffix)
            return torch.tanh(self._shifted(scaled, "bias", suffix))
        recurrent = self._scaled(self._normalize(recurrent, "hh", suffix, step), "gain_hh", suffix)
        return torch.tanh(self._shifted(inputs + recurrent, "bias_ih", suffix))

    def _inputs(self, x, suffix):
        """Everything that depends on x alone, of all time steps together."""
        products = x @ self._get("weight_ih", suffix).T
        if self.cell == "rnn" and self.norm_kind != "batch":
            return products
        if self.norm_kind == "batch":
            steps = range(products.shape[0])
            products = torch.stack([self._normalize(products[t], "ih", suffix, t) for t in steps])
        else:
            products = self._normalize(products, "ih", suffix, None)
        return self._scaled(products, "gain_ih", suffix)

    def _direction(self, x, h, c, suffix):
        # Statistics belong to the steps the cell takes: the reverse direction's first is the last of x.
        reverse = suffix.endswith("_reverse")
        inputs = self._inputs(x.flip(0) if reverse else x, suffix).unbind(0)
        outputs = []
        for step, p in enumerate(inputs):
            if self.cell == "lstm":
                h, c = self._lstm(p, h, c, suffix, step)
            elif self.cell == "gru":
                h = self._gru(p, h, suffix, step)
            else:
                h = self._tanh(p, h, suffix, step)
            outputs.append(h)
        y = torch.stack(outputs)
        return y.flip(0) if reverse else y, h, c

    def forward(self, x, state=None):
        """y and the last state, in the form that PyTorch's modules have: h, or (h, c) for the lstm."""
        zeros = x.new_zeros(sum(map(len, self.suffixes)), x.shape[1], self.hidden)
        h, c = (state if self.cell == "lstm" else (state, zeros)) if state is not None else (zeros, zeros)
        starts = iter(zip(h, c))
        ends = []
        for suffixes in self.suffixes:
            outputs = []
            for suffix in suffixes:
                y, *end = self._direction(x, *next(starts), suffix)
                outputs.append(y)
                ends.append(end)
            x = torch.cat(outputs, dim=-1)
        h, c = (torch.stack(parts) for parts in zip(*ends))
        return x, (h, c) if self.cell == "lstm" else h


class LoopLstm(nn.Module):
    """One layer of nn.LSTM, with the same parameters, as a loop; TorchScript's is faster at some sizes."""

    def __init__(self, inputs, hidden):
        super().__init__()
        self.hidden = hidden
        for name, parameter in nn.LSTM(inputs, hidden).named_parameters():
            self.register_parameter(name, parameter)

    def forward(self, x):
        h = x.new_zeros([x.shape[1], self.hidden])
        c = h
        outputs = []
        weight_hh = self.weight_hh_l0.t()  # once for all steps, as in LayerNormLstm
        inputs = F.linear(x, self.weight_ih_l0, self.bias_ih_l0 + self.bias_hh_l0)
        for p in inputs.unbind(0):
            i, f, g, o = torch.addmm(p, h, weight_hh).chunk(4, dim=-1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            outputs.append(h)
        return torch.stack(outputs), (h, c)


class LayerNormLstm(nn.Module):
    """One layer of NormalizedRecurrence("lstm", "layer"), with the same parameters, for speed.

    The inputs' part of all time steps is one product and one normalization, and gains and biases are applied
    by the normalizations; TorchScript can compile it.
    """

    def __init__(self, inputs, hidden, epsilon=1e-5):
        super().__init__()
        self.hidden, self.epsilon = hidden, epsilon
        for name, parameter in NormalizedRecurrence("lstm", "layer", inputs, hidden).named_parameters():
            self.register_parameter(name, parameter)

    def _norm(self, x, gain, bias: Optional[torch.Tensor] = None):
        return F.layer_norm(x, gain.shape, gain, bias, self.epsilon)

    def forward(self, x):
        h = x.new_zeros([x.shape[1], self.hidden])
        c = h
        outputs = []
        # Transposed once for all steps: TorchScript then adds up its gradient faster, twice so at batch 4.
        weight_hh = self.weight_hh_l0.t()
        inputs = self._norm(F.linear(x, self.weight_ih_l0), self.gain_ih_l0, self.bias_ih_l0)
        for p in inputs.unbind(0):
            summed = p + self._norm(torch.mm(h, weight_hh), self.gain_hh_l0)
            i, f, g, o = summed.chunk(4, dim=-1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(self._norm(c, self.gain_c_l0, self.bias_c_l0))
            outputs.append(h)
        return torch.stack(outputs), (h, c)


def recurrence(cell, norm, inputs, hidden, steps=None, layers=1, bidirectional=False, **settings):
    """The recurrent layers, called as PyTorch's own modules: y, state = module(x, state)."""
    if norm not in ("none", "weight"):
        return NormalizedRecurrence(cell, norm, inputs, hidden, steps, layers, bidirectional, **settings)
    module = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[cell]
    plain = module(inputs, hidden, num_layers=layers, bidirectional=bidirectional)
    if norm == "weight":
        for name in [name for name, _ in plain.named_parameters() if name.startswith("weight_")]:
            nn.utils.weight_norm(plain, name)
    return plain
