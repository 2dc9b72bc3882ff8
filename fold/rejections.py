"""Rejections of many files as one list."""


def in_order(rejections: list[dict[str, object]]) -> list[dict[str, object]]:
    """Rejections by origin, then content: the same list however files were dealt."""
    return sorted(rejections, key=lambda rejection: (str(rejection["origin"]), str(rejection["message"])))
