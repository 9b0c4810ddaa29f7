"""Interleaved rounds: every contender runs once a round, so that a noisy minute hits them all."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """Seconds of one contender over all rounds: wall and CPU of this process."""

    wall: tuple[float, ...]
    cpu: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.wall)

    @property
    def cpu_median(self) -> float:
        return statistics.median(self.cpu)

    def spread(self, unit: float = 1.0) -> str:
        """Median and min–max in ``unit`` seconds."""
        low, high = min(self.wall) / unit, max(self.wall) / unit
        return f"{self.median / unit:.2f} ({low:.2f}–{high:.2f})"


def interleave(
    contenders: Mapping[str, Callable[[], object]], *, rounds: int = 5, repeat: int = 1
) -> dict[str, Timing]:
    """Run each contender ``repeat`` times in each of ``rounds``; seconds are per run."""
    wall: dict[str, list[float]] = {name: [] for name in contenders}
    cpu: dict[str, list[float]] = {name: [] for name in contenders}
    for run in contenders.values():
        run()  # caches warm for all, counted for none
    for _ in range(rounds):
        for name, run in contenders.items():
            gc.collect()
            began, worked = time.perf_counter(), time.process_time()
            for _ in range(repeat):
                run()
            wall[name].append((time.perf_counter() - began) / repeat)
            cpu[name].append((time.process_time() - worked) / repeat)
    return {name: Timing(tuple(wall[name]), tuple(cpu[name])) for name in contenders}


def compared(timings: Mapping[str, Timing], ours: str, *, unit: float = 1.0) -> list[str]:
    """A row a contender: median (min–max), and how many times ours it takes, in CPU and wall."""
    own = timings[ours]
    return [
        f"{name:<36}{timing.spread(unit):>24}   cpu {timing.cpu_median / own.cpu_median:6.2f}×"
        f"   wall {timing.median / own.median:6.2f}×"
        for name, timing in timings.items()
    ]
