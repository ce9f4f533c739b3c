"""The "Now" panel of the account page: may he be called, the call itself, its nine outcomes."""
