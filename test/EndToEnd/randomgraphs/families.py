"""All families of operators and the mixtures in which a graph draws from them."""

from __future__ import annotations

from collections.abc import Mapping

from . import (
    gen_control,
    gen_elementwise,
    gen_index,
    gen_layers,
    gen_pieces,
    gen_products,
    gen_reduce,
    gen_shapes,
    gen_ternary,
    gen_types,
    gen_views,
    gen_windows,
)
from .dice import Dice
from .family import Row

FAMILIES: dict[str, list[Row]] = {
    "elementwise": gen_elementwise.ROWS,
    "views": gen_views.ROWS + gen_pieces.ROWS + gen_shapes.ROWS,
    "index": gen_index.ROWS,
    "windows": gen_windows.ROWS,
    "reduce": gen_reduce.ROWS,
    "types": gen_types.ROWS,
    "products": gen_products.ROWS,
    "ternary": gen_ternary.ROWS,
    "control": gen_control.ROWS,
    "layers": gen_layers.ROWS,
}

# A theme is a weight per family; what it does not name weighs little.
THEMES: dict[str, Mapping[str, float]] = {
    "mixed": {
        "elementwise": 4,
        "views": 4,
        "index": 1.5,
        "windows": 1,
        "reduce": 2,
        "types": 1,
        "products": 1.5,
        "ternary": 1.5,
        "control": 0.7,
    },
    "views": {"views": 8, "index": 2, "elementwise": 2, "control": 0.4, "reduce": 1},
    "ternary": {"ternary": 7, "views": 1.5, "elementwise": 2, "types": 0.5, "reduce": 1, "control": 0.2},
    "windows": {"windows": 6, "elementwise": 2, "views": 2, "ternary": 1, "reduce": 1},
    "types": {"types": 6, "elementwise": 3, "views": 1, "products": 1, "ternary": 1},
    "reduce": {"reduce": 6, "elementwise": 3, "views": 2, "products": 1},
    "control": {"control": 4, "elementwise": 3, "views": 4, "products": 0.7, "ternary": 0.7},
    "broadcast": {"elementwise": 8, "products": 2, "views": 1.5, "reduce": 1},
    "layers": {"layers": 5, "elementwise": 2, "ternary": 1, "products": 1, "views": 1},
}
THEME_WEIGHTS = {
    "mixed": 3.0,
    "views": 2.0,
    "ternary": 2.5,
    "windows": 1.5,
    "types": 1.5,
    "reduce": 1.0,
    "control": 1.2,
    "broadcast": 1.2,
    "layers": 1.5,
}


class Mixture:
    """Draws rows that an opset has."""

    def __init__(self, theme: str, opset: int) -> None:
        self.theme = theme
        self.rows = {
            family: {row: row.weight for row in rows if row.since <= opset <= row.until}
            for family, rows in FAMILIES.items()
        }
        self.weights = {family: weight for family, weight in THEMES[theme].items() if self.rows[family]}

    def draw(self, dice: Dice) -> Row:
        return dice.weighted(self.rows[dice.weighted(self.weights)])
