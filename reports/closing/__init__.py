"""Built monthly reports: dataset, files, hashes, signatures, the chain of months."""
