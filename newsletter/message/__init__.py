"""What one email is made of, as bytes: encodings, MIME, merge fields, tracked links, return paths. No I/O."""
