"""What scripts/make_torch_fixtures.py writes: one file for each kind of fixture, over the cases of cases.py."""
