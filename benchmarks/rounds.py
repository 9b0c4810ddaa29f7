"""Interleaved rounds: every contender runs once a round, so that a noisy minute hits them all."""

import gc
import resource
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
    contenders: Mapping[str, Callable[[], object]],
    *,
    rounds: int = 5,
    repeat: int = 1,
    least: float = 0.0,
) -> dict[str, Timing]:
    """Run each contender ``repeat`` times in each of ``rounds``; seconds are per run.

    One that took less than ``least`` seconds by then is run until it has (quick queries).
    """
    wall: dict[str, list[float]] = {name: [] for name in contenders}
    cpu: dict[str, list[float]] = {name: [] for name in contenders}
    for run in contenders.values():
        run()  # caches warm for all, counted for none
    for _ in range(rounds):
        for name, run in contenders.items():
            gc.collect()
            began, worked = time.perf_counter(), time.process_time()
            runs = 0
            while runs < repeat or time.perf_counter() - began < least:
                run()
                runs += 1
            wall[name].append((time.perf_counter() - began) / runs)
            cpu[name].append((time.process_time() - worked) / runs)
    return {name: Timing(tuple(wall[name]), tuple(cpu[name])) for name in contenders}


def with_children(
    contenders: Mapping[str, Callable[[], object]], rounds: int, times: Mapping[str, float]
) -> dict[str, Timing]:
    """As ``interleave``, with the CPU of children that have ended; some count ``times`` over."""
    wall: dict[str, list[float]] = {name: [] for name in contenders}
    cpu: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, work in contenders.items():
            gc.collect()
            began, worked = time.perf_counter(), _worked()
            work()
            wall[name].append((time.perf_counter() - began) * times.get(name, 1))
            cpu[name].append((_worked() - worked) * times.get(name, 1))
    return {name: Timing(tuple(wall[name]), tuple(cpu[name])) for name in contenders}


def _worked() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def cpu_ratio(timings: Mapping[str, Timing], name: str, own: str) -> float:
    """How many times the CPU of ``own`` another takes."""
    return timings[name].cpu_median / max(timings[own].cpu_median, 1e-9)


def compared(
    timings: Mapping[str, Timing], ours: str, *, unit: float = 1.0, cpu: bool = True
) -> list[str]:
    """A row a contender: median (min–max), and how many times ours it takes, in CPU and wall.

    ``cpu=False`` where the work is done by another process (queries).
    """
    own = timings[ours]
    return [
        f"{name:<36}{timing.spread(unit):>24}"
        + (f"   cpu {timing.cpu_median / own.cpu_median:6.2f}×" if cpu else "")
        + f"   wall {timing.median / own.median:6.2f}×"
        for name, timing in timings.items()
    ]


def at_least(what: str, ratio: float, bound: float) -> str:
    """A line that holds a figure of this run against the one to reach; figures to read, no test."""
    return _aim(what, f"≥ {bound:g}×", ratio, reached=ratio >= bound)


def at_most(what: str, ratio: float, bound: float) -> str:
    return _aim(what, f"≤ {bound:g}×", ratio, reached=ratio <= bound)


def _aim(what: str, bound: str, ratio: float, *, reached: bool) -> str:
    return f"  → {what}: {ratio:.2f}× (aim {bound}, {'reached' if reached else 'missed'})"
