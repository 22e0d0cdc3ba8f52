"""Type: columns that each database has its own type for."""

from typing import Any, Final

from sqlalchemy import BigInteger, Integer, Text
from sqlalchemy.types import UserDefinedType


class _CodePoints(UserDefinedType[str]):
    """Text that is ordered by its code points; what is compared with it needs no cast."""

    cache_ok: bool | None = True

    def get_col_spec(self, **_: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
        """Return the type as a table's definition has it."""
        return 'TEXT COLLATE "C"'


TEXT: Final = Text().with_variant(_CodePoints(), "postgresql")
"""Text in the same order on every database, whatever its language."""

SEQ: Final = BigInteger().with_variant(Integer(), "sqlite")
"""A number that the database counts up."""
