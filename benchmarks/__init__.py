"""Measures against the bare SQL that the same work needs, in the same run on the same book.

    python -m benchmarks worklist --accounts 100000

Each benchmark makes or reuses a seeded database of its own, prints one JSON object and exits 1
where a limit it states does not hold. See docs/benchmarks.md.
"""
