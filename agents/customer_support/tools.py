"""Offer: what the support agent can do, as LangChain tools over the shop.

The names are dotted, as policies write them. Some providers accept no dots in a function name; the
agent's model node writes them as `__` on the wire and nowhere else (see `agent.py`).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from langchain_core.tools import BaseTool, StructuredTool
from pydantic import Field

if TYPE_CHECKING:
    from shop import Shop

Record = dict[str, Any]
CustomerId = Annotated[str, Field(pattern=r"^cus_\d{2}$", description="Like `cus_07`.")]
OrderId = Annotated[str, Field(pattern=r"^ord_\d{4}$", description="Like `ord_1007`.")]
Dollars = Annotated[float, Field(ge=0.01, allow_inf_nan=False, description="US dollars.")]
Reason = Annotated[str, Field(min_length=3, description="Why, in a few words, for the books.")]
Text = Annotated[str, Field(min_length=1)]
Topic = Literal["returns", "shipping", "privacy", "goodwill"]
Status = Literal["paid", "shipped", "delivered", "cancelled"]

AUTHOR: Final = "support-bot"


class Desk:
    """The tools' functions; what a docstring says, the model reads."""

    def __init__(self, shop: "Shop") -> None:
        """Work on `shop`."""
        self._shop = shop

    def read_policy(self, topic: Topic) -> Record:
        """Read a house rule of the shop."""
        return self._shop.article(topic)

    def get_customer(self, customer_id: CustomerId) -> Record:
        """Read a customer's record: contact, tier and what is on file."""
        return self._shop.customer(customer_id)

    def get_order(self, order_id: OrderId) -> Record:
        """Read an order: its lines, status, what was paid and what was paid back."""
        return self._shop.order(order_id)

    def search_orders(self, customer_id: CustomerId, status: Status | None = None) -> list[Record]:
        """List a customer's orders, newest first, all or those of one status."""
        return self._shop.orders(customer_id, status)

    def track_shipment(self, order_id: OrderId) -> Record:
        """Ask the carrier where an order's parcel is; the carrier's service fails now and then."""
        return self._shop.track(order_id)

    def list_notes(self, customer_id: CustomerId) -> list[Record]:
        """Read what colleagues and the web form noted about a customer, oldest first."""
        return self._shop.notes(customer_id)

    def add_note(self, customer_id: CustomerId, text: Text) -> Record:
        """Note something about a customer for colleagues; each call adds one note."""
        return self._shop.add_note(customer_id, AUTHOR, text)

    def issue_refund(self, order_id: OrderId, amount: Dollars, reason: Reason) -> Record:
        """Pay back part or all of an order; each call moves money and cannot be undone."""
        return self._shop.refund(order_id, amount, reason)

    def grant_credit(self, customer_id: CustomerId, amount: Dollars, reason: Reason) -> Record:
        """Give a customer shop credit as goodwill; each call adds credit."""
        return self._shop.credit(customer_id, amount, reason)

    def send_email(
        self,
        to: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", description="One address.")],
        subject: str,
        body: str,
    ) -> Record:
        """Send a mail from the shop's address; it leaves at once and cannot be called back."""
        return self._shop.send(to, subject, body)

    def delete_customer(self, customer_id: CustomerId) -> Record:
        """Delete a customer's record with all orders and notes, for good."""
        return self._shop.delete_customer(customer_id)


def build_tools(shop: "Shop") -> list[BaseTool]:
    """Make the agent's tools over one shop."""
    desk = Desk(shop)
    return [
        _tool("policies.read", desk.read_policy),
        _tool("customers.get", desk.get_customer),
        _tool("customers.delete", desk.delete_customer),
        _tool("orders.get", desk.get_order),
        _tool("orders.search", desk.search_orders),
        _tool("shipments.track", desk.track_shipment),
        _tool("notes.list", desk.list_notes),
        _tool("notes.add", desk.add_note),
        _tool("refund.issue", desk.issue_refund),
        _tool("credits.grant", desk.grant_credit),
        _tool("email.send", desk.send_email),
    ]


def _tool(name: str, function: Callable[..., Any]) -> BaseTool:
    return StructuredTool.from_function(function, name=name)
