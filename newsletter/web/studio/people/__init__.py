"""The pages of the team: its members and their roles, the audit log, and one's own account."""
