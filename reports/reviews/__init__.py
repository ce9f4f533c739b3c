"""The collector's report: prepared, reviewed, approved, frozen."""
