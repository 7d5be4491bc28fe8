"""The ledger: sends, their deliveries, and the leases of the processes that run them."""
