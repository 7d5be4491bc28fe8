"""Pages about segments and topics."""
