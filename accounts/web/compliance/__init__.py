"""Pages of the contact gate: the profiles of the law, and the replay of contacts."""
