class Refusal(Exception):
    """A request that is wrong, in one sentence without its full stop."""
