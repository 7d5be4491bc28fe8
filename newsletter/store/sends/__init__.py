"""The ledger: sends, their deliveries, and which process runs them."""
