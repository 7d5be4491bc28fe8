"""Caching of files whose address never changes its content. No I/O."""

IMMUTABLE = "public, max-age=31536000, immutable"  # Cache-Control: for a year, and not even revalidated (RFC 8246)
