"""A seed that fails, made small: fewer days, fewer kinds of fault, fewer messages, and it still fails the same way."""

from tests.simulation.world import FAULTS, WHOLE, Less, live, published

MOST_LIVES = 150


class Shrinking:
    """What still fails of a seed."""

    def __init__(self, seed: int) -> None:
        self.seed, self.lives, self.less, self.why = seed, 0, WHOLE, ""
        self.kind = self._fails(WHOLE)

    def _fails(self, less: Less) -> type[BaseException] | None:
        """What a life ends with, if it is not as it should be."""
        self.lives += 1
        try:
            live(self.seed, less)
        except (AssertionError, RuntimeError, OSError, ValueError, LookupError, TypeError) as wrong:
            self.why = f"{type(wrong).__name__}: {wrong}"
            return type(wrong)
        return None

    def tries(self, less: Less) -> bool:
        """Keep to less, if it fails as the whole does."""
        before = self.why
        if self.lives < MOST_LIVES and self.kind is not None and self._fails(less) is self.kind:
            self.less = less
            return True
        self.why = before
        return False

    def shrink(self) -> None:
        """Days first, since they are what most messages hang on; then faults; then messages, in ever smaller parts."""
        days = 1
        while days < 64 and not self.tries(self.less._replace(days=days)):
            days *= 2
        for fault in FAULTS:
            self.tries(self.less._replace(calm=self.less.calm | {fault}))
        numbers = [*range(1, published(self.seed, self.less) + 1)]
        size = len(numbers)
        while size > 1:
            size = (size + 1) // 2
            for start in range(0, len(numbers), size):
                part = frozenset(numbers[start : start + size])
                if not part <= self.less.without:
                    self.tries(self.less._replace(without=self.less.without | part))


def shrunk(seed: int) -> str:
    """In words, how little of it fails, and how."""
    shrinking = Shrinking(seed)
    if shrinking.kind is None:
        return f"seed {seed} does not fail"
    shrinking.shrink()
    less, of = shrinking.less, published(seed, shrinking.less)
    left = [number for number in range(1, of + 1) if number not in less.without]
    without = ", ".join(sorted(less.calm)) or "none"
    return (
        f"seed {seed} fails with {len(left)} messages in {min(less.days, 64)} days at most, faults left out: {without} "
        f"({shrinking.lives} lives tried): {shrinking.why}; messages {left[:20]}"
    )
