"""The support agent's shop and tools, against the real database."""

from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.tools import BaseTool
from pydantic import ValidationError

TABLES = (
    "articles",
    "credits",
    "customers",
    "notes",
    "order_lines",
    "orders",
    "outbox",
    "payments",
    "refunds",
    "shipments",
)


@pytest.fixture
def shop(shop_module: ModuleType, tmp_path: Path) -> Any:
    return shop_module.Shop.create(tmp_path / "shop.db")


@pytest.fixture
def tools(tools_module: ModuleType, shop: Any) -> dict[str, BaseTool]:
    return {tool.name: tool for tool in tools_module.build_tools(shop)}


def content(shop: Any) -> dict[str, list[dict[str, Any]]]:
    return {table: shop.rows(f"SELECT * FROM {table} ORDER BY rowid") for table in TABLES}


def test_a_new_shop_is_always_the_same(shop: Any, shop_module: ModuleType, tmp_path: Path) -> None:
    """Two shops made from nothing hold the same rows, and enough of them to play with."""
    other = shop_module.Shop.create(tmp_path / "other.db")

    assert content(shop) == content(other)
    assert len(content(shop)["customers"]) == 12
    assert len(content(shop)["orders"]) == 30


def test_every_order_is_paid_for_what_it_holds(shop: Any) -> None:
    """Payments equal the sum of the lines, so that refunds have a right limit."""
    wrong = shop.rows(
        "SELECT order_id FROM payments JOIN order_lines USING (order_id) GROUP BY order_id"
        " HAVING sum(quantity * price_cents) <> amount_cents"
    )

    assert wrong == []
    assert len(shop.rows("SELECT * FROM payments")) == 30


def test_create_replaces_and_open_keeps(shop: Any, shop_module: ModuleType) -> None:
    """`open` goes on with the shop that is there, `create` starts over."""
    shop.add_note("cus_01", "ana", "hello")
    kept = shop_module.Shop.open(shop.path)
    assert len(kept.notes("cus_01")) == 2

    assert len(shop_module.Shop.create(shop.path).notes("cus_01")) == 1


def test_looking_cannot_write(shop: Any) -> None:
    """`rows` has no right to change anything."""
    with pytest.raises(Exception, match="readonly"):
        shop.rows("DELETE FROM customers")


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=st.lists(st.integers(1, 3000), max_size=6))
def test_never_more_is_paid_back_than_was_paid(
    shop_module: ModuleType, tmp_path: Path, amounts: list[int]
) -> None:
    """Whatever refunds are tried, their sum stays within the payment, to the cent."""
    shop = shop_module.Shop.create(tmp_path / "shop.db")
    for cents in amounts:
        with suppress(shop_module.ShopError):
            shop.refund("ord_1001", cents / 100, "test")

    refunded = shop.rows("SELECT amount_cents FROM refunds WHERE order_id = 'ord_1001'")
    assert sum(row["amount_cents"] for row in refunded) <= 2500
    assert {row["amount_cents"] for row in refunded} <= set(amounts)


def test_a_parcel_is_found_after_the_carrier_failed_as_often_as_the_books_say(
    tools: dict[str, BaseTool],
) -> None:
    """The carrier of one order fails three times and then answers; the next order never fails."""
    track = tools["shipments.track"]
    for _ in range(3):
        with pytest.raises(Exception, match="Pelican did not answer"):
            track.invoke({"order_id": "ord_1023"})

    assert track.invoke({"order_id": "ord_1023"})["place"] == "customs, Dallas"
    assert track.invoke({"order_id": "ord_1021"})["carrier"] == "Northway"


def test_deleting_a_customer_leaves_nothing_of_theirs(shop: Any) -> None:
    """A deletion goes through every table, which is why policy denies it."""
    shop.delete_customer("cus_12")

    assert "cus_12" not in str(content(shop))
    assert "ord_1030" not in str(content(shop))


@pytest.mark.parametrize(
    ("name", "args", "says"),
    [
        ("customers.get", {"customer_id": "cus_99"}, "no customer `cus_99`"),
        ("orders.get", {"order_id": "ord_9999"}, "no order `ord_9999`"),
        ("shipments.track", {"order_id": "ord_1001"}, "no parcel under way"),
        ("notes.list", {"customer_id": "cus_99"}, "no customer `cus_99`"),
        ("refund.issue", {"order_id": "ord_9999", "amount": 1, "reason": "abc"}, "no order"),
        (
            "refund.issue",
            {"order_id": "ord_1017", "amount": 12.51, "reason": "abc"},
            "12.50 USD left to pay back",
        ),
        ("credits.grant", {"customer_id": "cus_99", "amount": 1, "reason": "abc"}, "no customer"),
        ("customers.delete", {"customer_id": "cus_99"}, "no customer"),
    ],
)
def test_what_the_shop_cannot_do_it_says(
    name: str, args: dict[str, Any], says: str, tools: dict[str, BaseTool], shop: Any
) -> None:
    """A call that makes no sense to the shop changes nothing and says why."""
    before = content(shop)

    with pytest.raises(Exception, match=says):
        tools[name].invoke(args)
    assert content(shop) == before


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("refund.issue", {"order_id": "ord_1001", "amount": "all of it", "reason": "abc"}),
        ("refund.issue", {"order_id": "ord_1001", "amount": -5, "reason": "abc"}),
        ("refund.issue", {"order_id": "ord_1001", "amount": 0.001, "reason": "abc"}),
        ("refund.issue", {"order_id": "ord_1001", "amount": float("inf"), "reason": "abc"}),
        ("refund.issue", {"order_id": "1001", "amount": 5, "reason": "abc"}),
        ("refund.issue", {"order_id": "ord_1001", "amount": 5}),
        ("email.send", {"to": "a@x.example, b@y.example", "subject": "", "body": ""}),
        ("policies.read", {"topic": "secrets"}),
    ],
)
def test_arguments_that_do_not_fit_are_refused(
    name: str, args: dict[str, Any], tools: dict[str, BaseTool]
) -> None:
    """A tool's schema says what it takes; anything else never reaches the shop."""
    with pytest.raises(ValidationError):
        tools[name].invoke(args)


EFFECTS = [
    ("refund.issue", {"order_id": "ord_1001", "amount": 12.5, "reason": "chipped"}, "refunds"),
    ("credits.grant", {"customer_id": "cus_04", "amount": 5, "reason": "late"}, "credits"),
    ("notes.add", {"customer_id": "cus_04", "text": "called"}, "notes"),
    ("email.send", {"to": "a@mail.example", "subject": "Hi", "body": "Hi"}, "outbox"),
]


@pytest.mark.parametrize(("name", "args", "table"), EFFECTS)
async def test_a_change_is_one_row_for_each_call(
    name: str, args: dict[str, Any], table: str, tools: dict[str, BaseTool], shop: Any
) -> None:
    """Each call of a changing tool adds one row, sync and async, so that repeats would show."""
    before = len(content(shop)[table])

    tools[name].invoke(args)
    await tools[name].ainvoke(args)

    assert len(content(shop)[table]) == before + 2


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("policies.read", {"topic": "returns"}),
        ("customers.get", {"customer_id": "cus_03"}),
        ("orders.get", {"order_id": "ord_1014"}),
        ("orders.search", {"customer_id": "cus_03", "status": "delivered"}),
        ("notes.list", {"customer_id": "cus_10"}),
    ],
)
def test_reading_changes_nothing(
    name: str, args: dict[str, Any], tools: dict[str, BaseTool], shop: Any
) -> None:
    """A tool that the policy lets through as a read leaves every table as it was."""
    before = content(shop)

    assert tools[name].invoke(args)
    assert content(shop) == before


def test_every_tool_tells_the_model_what_it_does(tools: dict[str, BaseTool]) -> None:
    """Each tool has a dotted name and a sentence, and says so when it cannot be undone."""
    assert all("." in name and tool.description.endswith(".") for name, tool in tools.items())
    assert "cannot be undone" in tools["refund.issue"].description
    assert "for good" in tools["customers.delete"].description
