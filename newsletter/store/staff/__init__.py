"""Members of staff, their passkeys and sessions, and the audit log."""
