"""Templates and the letters, messages and texts made from them."""
