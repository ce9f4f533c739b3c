"""One reader a format, each pure: bytes in, `found.Statement`s out; nothing here knows the database."""
