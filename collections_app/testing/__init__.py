"""Strict tests: real servers, a database from a template, no write on a GET, no undefined variable.

`plugin` is loaded by pytest.ini; `makers` makes one of each noun; `browser`, `mailbox` and `guards`
hold what the fixtures hand out.
"""
