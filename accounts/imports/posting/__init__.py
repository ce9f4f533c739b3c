"""Posting of a checked file, within the transaction that checked it: sets, through the doors of the
slices below. Every record made is remembered in `ImportedRecord` under its fingerprint."""
