"""Times to an event that some runs do not reach: Kaplan and Meier's estimator (1958)."""

import math


def kaplan_meier(observations):
    """Of (time, whether the event was seen then; otherwise censored), points (time, share that has not reached it),
    one for each time of an event, and (0, 1) in front. Events come before what is censored at the same time."""
    points, share = [(0, 1.0)], 1.0
    at_risk = len(observations)
    for time in sorted({time for time, _ in observations}):
        events = sum(seen for at, seen in observations if at == time)
        if events:
            share *= 1 - events / at_risk
            points.append((time, share))
        at_risk -= sum(at == time for at, _ in observations)
    return points


def median_time(observations):
    """The first time at which half of the runs have reached the event; infinite where the curve ends above that."""
    return next((time for time, share in kaplan_meier(observations) if share <= 0.5 + 1e-12), math.inf)
