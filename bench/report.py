"""One line for each measure: what was measured, the floor, their ratio and the aim."""

from statistics import median


def tell(what: str, ours: list[float], floor: list[float], aim: float, unit: str) -> None:
    """Print the medians and the median ratio of neighbours: `ours` and `floor` were in turn.

    `aim` is the least (per second) or the most (seconds) ratio wanted.
    """
    ratio = median(mine / least for mine, least in zip(ours, floor, strict=True))
    met = ratio >= aim if unit == "/s" else ratio <= aim
    sign = ">=" if unit == "/s" else "<="
    print(
        f"{what:52} {median(ours):9.1f}{unit}  floor {median(floor):9.1f}{unit}"
        f"  ratio {ratio:5.2f}  aim {sign} {aim:4}  {'met' if met else 'MISSED'}",
        flush=True,
    )


def note(what: str, value: str, aim: str, *, met: bool) -> None:
    """Print a measure that has no floor."""
    print(f"{what:52} {value:>24}  aim {aim}  {'met' if met else 'MISSED'}", flush=True)
