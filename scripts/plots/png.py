"""Writes a figure as a PNG with a palette, which for line drawings looks the same at a third of the size."""

import io

from plots.style import GREY, NORM_STYLES


def palette():
    """Every norm's colour blended with white in steps, as the edges of lines are, and greys. Next to white stands no
    other colour, since Pillow tells nearly equal ones apart only roughly."""
    colours = []
    for name in [colour for colour, _, _ in NORM_STYLES.values()] + [GREY]:
        channels = [int(name[i : i + 2], 16) for i in (1, 3, 5)]
        colours += [[round(255 + (c - 255) * step / 20) for c in channels] for step in range(2, 21)]
    colours += [[level] * 3 for level in [*range(0, 243, 11), 228, 241, 255]]
    return [channel for colour in colours for channel in colour]


def save_png(figure, path):
    from PIL import Image  # comes with matplotlib

    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=110, format="png")
    colours = Image.new("P", (1, 1))
    colours.putpalette(palette())
    Image.open(buffer).convert("RGB").quantize(palette=colours, dither=0).save(path, optimize=True)
