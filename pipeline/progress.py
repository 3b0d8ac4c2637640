"""One progress bar for every long step: a live bar on a terminal, plain lines elsewhere."""

from collections.abc import Generator, Iterable
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

Item = TypeVar("Item")
LINES = 10  # without a terminal, about so many lines for the whole job


class RateColumn(ProgressColumn):
    """Items per second."""

    def __init__(self, unit: str) -> None:
        """unit: what is counted, in the plural."""
        super().__init__()
        self.unit = unit

    def render(self, task: Task) -> Text:
        """Return e.g. ``3.9 images/s``."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.1f} {self.unit}/s" if speed else f"- {self.unit}/s")


def track(items: Iterable[Item], total: int, title: str, unit: str, done: int = 0) -> Generator[Item, None, None]:
    """Yield `items` while showing how far they are, how many `unit` a second, and the time left.

    total: how many there are in all, of which `done` were finished before this call.
    """
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), RateColumn(unit))
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=total, completed=done)
        for count, item in enumerate(items, done + 1):
            yield item
            bar.advance(task)
            if not console.is_terminal and (count == total or count % max(total // LINES, 1) == 0):
                console.print(f"{title}: {count}/{total} {unit}", highlight=False, soft_wrap=True)
