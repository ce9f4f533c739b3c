"""The ranked queue of each officer, with the reason for every rank."""
