"""Measures the product at scale: one command each, beside the bare SQL of the same work.

`python -m benchmarks worklist --accounts 100000` prints one JSON object and exits 1 where its limit
does not hold. See docs/benchmarks.md.
"""
