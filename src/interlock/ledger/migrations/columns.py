"""Type: columns that each database has its own type for."""

from typing import Final

from sqlalchemy import BigInteger, Integer, Text
from sqlalchemy.dialects.postgresql import TEXT as POSTGRES_TEXT

TEXT: Final = Text().with_variant(POSTGRES_TEXT(collation="C"), "postgresql")
"""Text whose order is that of its code points, whatever the database's language."""

SEQ: Final = BigInteger().with_variant(Integer(), "sqlite")
"""A number that the database counts up."""
