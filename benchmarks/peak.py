"""What one way of exporting adds to the memory of a process of its own (MiB, printed).

``python -m benchmarks.peak NAME ROWS``, called by :mod:`benchmarks.queryset_export`.
"""

import os
import sys
import tempfile
from pathlib import Path


def main(name: str, size: int) -> None:
    import django  # noqa: PLC0415 -- the portal is loaded here, and counted for nobody

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")
    django.setup()
    from benchmarks.ledger_export import peak_kib  # noqa: PLC0415
    from benchmarks.queryset_export import contenders  # noqa: PLC0415

    write = contenders()[name]
    with tempfile.TemporaryDirectory() as folder:
        write(10, Path(folder) / "warm.xlsx")
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from here
        before = peak_kib()
        write(size, Path(folder) / "peak.xlsx")
        after = peak_kib()
    sys.stdout.write(f"{(after - before) / 1024:.1f}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
