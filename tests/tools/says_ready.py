"""A hostile module: it speaks for its worker while it is imported, and never ends."""

import os
import time
from pathlib import Path

for file in Path("/proc/self/fd").iterdir():
    if int(file.name) > 2:
        try:
            os.write(int(file.name), b"ready\n")
        except OSError:
            continue
time.sleep(60)
