"""Values and rules: what an issue, a reader, a delivery and a schedule are. No I/O."""
