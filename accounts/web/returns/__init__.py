"""Pages of payments that came back: the returns, what is tried again, the reasons, the files."""
