"""Tables for people."""
import math
import statistics


def number(value):
    if not math.isfinite(value):
        return "∞"
    return f"{value:,.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:.4g}"


def observed(one):
    return number(one.value) if one.event else f">{number(one.value)}" if one.value < math.inf else "diverged"


def spread(sample):
    """normlab's range, and how many runs missed."""
    if not sample.observations:
        return f"{number_rounded(min(sample.values))}–{number_rounded(max(sample.values))}"
    by_value = sorted(sample.observations, key=lambda one: (one.value, not one.event))
    return f"{observed(by_value[0])}–{observed(by_value[-1])}"


def number_rounded(value):
    return number(float(f"{value:.3g}"))


def values_text(sample):
    if sample.observations:
        return " ".join(observed(one) for one in sample.observations)
    return " ".join(number_rounded(value) for value in sample.values)


def row_cells(row, level):
    ratio, lower, upper = row.ratio
    return [
        row.label,
        spread(row.normlab),
        number_rounded(statistics.median(row.normlab.values)),
        values_text(row.pytorch),
        f"{ratio:.2f} ({lower:.2f}–{number(upper) if upper == math.inf else f'{upper:.2f}'})",
        f"{row.p:.3g}",
        f"{row.adjusted_p:.3g}",
        "differs" if row.adjusted_p <= level else "within",
    ]


def effect_cells(effect):
    return [
        effect.label,
        f"{effect.normlab:.3f}",
        f"{effect.pytorch:.3f}",
        "the same" if effect.same_direction else "opposite",
        f"{effect.earlier:g} of {effect.pairs}",
    ]


def table(head, rows):
    """Columns under their heads, the first one to the left."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        cells = (text.rjust(width) for text, width in zip(line[1:], widths[1:]))
        yield "  ".join([line[0].ljust(widths[0]), *cells]).rstrip()
