"""Number: what the digits of a region's telephone numbers have in common.

A necessary condition, from the metadata of `phonenumbers`, so that most digits that are no
number are never parsed.
"""

import re
from collections.abc import Callable
from typing import Any, Final, TypeAlias, cast

import phonenumbers
from phonenumbers import PhoneMetadata, phonenumberutil

Allows: TypeAlias = Callable[[str], bool]
"""Whether a string of ASCII digits may be a number."""

_HAS_FIRST_GROUP_ONLY: Final[Callable[[str], bool]] = vars(phonenumberutil)[
    "_formatting_rule_has_first_group_only"
]
_TYPES: Final = (
    "toll_free", "premium_rate", "shared_cost", "personal_number", "pager", "uan", "voip",
    "voicemail", "fixed_line", "mobile",
)  # fmt: skip
"""Source: `phonenumberutil._number_type_helper`."""


def _metadata(region: str) -> Any:  # noqa: ANN401 - the library has no types
    return cast("Any", PhoneMetadata).metadata_for_region(region)


def _of_code(region: str) -> list[Any]:
    """Return the metadata of all regions that share the region's calling code, the main first."""
    code: Any = phonenumbers.country_code_for_region(region)
    regions: Any = phonenumbers.region_codes_for_country_code(code)
    return [_metadata(each) for each in regions]


def least_digits(region: str) -> int:
    """Return how many digits a number of the region has at least."""
    lengths = (size for one in _of_code(region) for size in one.general_desc.possible_length)
    return min(size for size in lengths if size > 0)


def condition(region: str) -> Allows:
    """Return what the digits of every valid number of the region fulfil.

    Without a leading `+` or the region's international prefix, parsing takes off at most the
    calling code and, before and after it was looked for, a national prefix; what is left matches
    a pattern of a number type. A region that is parsed in another way has no condition.
    """
    metadata, main = _metadata(region), _of_code(region)[0]
    prefix = _national_prefix(region, metadata)
    if prefix is None or prefix != _national_prefix(region, main):
        return lambda _digits: True
    code = str(metadata.country_code)
    kinds = (getattr(one, kind) for one in _of_code(region) for kind in _TYPES)
    patterns = {kind.national_number_pattern for kind in kinds if kind is not None}
    national = "|".join(f"(?:{pattern})" for pattern in sorted(patterns - {None, ""}))
    abroad = f"(?:{metadata.international_prefix})"
    possible = re.compile(f"{abroad}[0-9]*|(?:{code})?(?:{prefix}){{0,2}}(?:{national})").fullmatch
    unprefixed = _unprefixed(main)
    prefixed = re.compile(f"{abroad}|{code}|{prefix}").match

    def allows(digits: str) -> bool:
        if possible(digits) is None:
            return False
        return prefixed(digits) is not None or unprefixed(digits)

    return allows


def _national_prefix(region: str, metadata: Any) -> str | None:  # noqa: ANN401
    """Return the expression for what a national prefix may be; None where it is rewritten."""
    written = metadata.national_prefix_for_parsing or ""
    if region == "BR" and metadata.national_prefix_transform_rule == r"\2":
        return r"(?:0|90)(?:1[245]|2[1-35]|31|4[13]|[56]5|99)?"  # with the number of a carrier
    is_plain = bool(written) and all(each.isdigit() for each in written.split("|"))
    return f"(?:{written})" if is_plain and not metadata.national_prefix_transform_rule else None


def _unprefixed(main: Any) -> Allows:  # noqa: ANN401
    """Return whether a national number may be written without its prefix.

    Source: `phonenumbermatcher._is_national_prefix_present_if_required`.
    """
    formats = [
        (
            re.compile(
                each.leading_digits_pattern[-1] if each.leading_digits_pattern else ""
            ).match,
            re.compile(each.pattern).fullmatch,
            _is_prefix_optional(each),
        )
        for each in main.number_format
    ]

    def allows(national: str) -> bool:
        for leads, fits, is_optional in formats:
            if leads(national) and fits(national):
                return is_optional
        return True

    return allows


def _is_prefix_optional(chosen: Any) -> bool:  # noqa: ANN401
    rule = chosen.national_prefix_formatting_rule
    if not rule or chosen.national_prefix_optional_when_formatting:
        return True
    return _HAS_FIRST_GROUP_ONLY(rule)
