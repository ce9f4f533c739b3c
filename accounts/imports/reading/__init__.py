"""What a file says: from bytes to rows of text, before anybody asks what they mean.

Knows nothing of creditors or of the database, so it can be tried on any file. Doors:
`source.Source` (a path or bytes, unpacked and sniffed), `understand.understand` (encoding,
delimiter, sheet, header: what we think and how sure we are), `understand.rows` (numbered rows),
`values` (days and amounts as people write them).
"""
