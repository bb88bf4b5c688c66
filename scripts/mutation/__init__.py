"""The parts of scripts/mutate.py: what can be changed, the copy that is changed, its tests, and the results."""
