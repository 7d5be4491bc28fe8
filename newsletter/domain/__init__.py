"""Values and rules for issues, readers, deliveries and schedules. No I/O."""
