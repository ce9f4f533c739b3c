"""Which debtor hears what, when and by which channel: versioned, approved by another."""
