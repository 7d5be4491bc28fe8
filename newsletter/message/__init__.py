"""The bytes of an email: encodings, MIME, merge fields, tracked links, return paths. No I/O."""
