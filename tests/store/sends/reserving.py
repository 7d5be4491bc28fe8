"""Reserve a number of messages, a few at a time, waiting as told. Arguments: URL PER_SECOND MESSAGES.

Prints the time and number of messages of each grant.
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
