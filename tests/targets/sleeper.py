"""One thread, asleep."""
import time

import common

common.ready()
time.sleep(common.SECONDS)
