"""Events that providers reported, and readers' clicks and opens."""
