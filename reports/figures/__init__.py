"""The numbers of every report, each defined once and tied to the ledger."""
