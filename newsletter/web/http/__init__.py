"""What both web applications need: limits on requests, servers, batching of writes."""
