"""The figures of scripts/plot.py: one file for each kind, over the records that records.py reads."""
