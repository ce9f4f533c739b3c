"""A second person's yes to one exact content, bound by its hash.

Doors: `services.ask_approval`, `services.decide_approval`; the maker never decides.
"""
