"""A process that reserves so many messages, a few at a time, and waits as it is told: URL PER_SECOND MESSAGES.

Prints each grant: when, and how many.
"""

import sys
import time

from newsletter.domain.rate_limits import Limits
from newsletter.store import open_store

if __name__ == "__main__":
    url, per_second, messages = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    with open_store(url) as store:
        while messages:
            grant = store.rate_limits.reserve("smtp", Limits(per_second=per_second), min(7, messages), time.time())
            messages -= grant.messages
            if grant.messages:
                sys.stdout.write(f"{grant.at!r} {grant.messages}\n")
            time.sleep(max(0.0, grant.at - time.time()))
