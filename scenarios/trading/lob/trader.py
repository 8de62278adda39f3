"""What the rules remember of an agent between its turns, and what it is shown of its own affairs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lab.core.records import Decision
from scenarios.trading.lob.exchange import Exchange, Report, Trade


@dataclass(slots=True)
class Trader:
    """An agent between its turns.

    Attributes:
        wakes: tick of its next turn, unless it is still thinking then.
        start_cents: its equity at the start.
        is_thinking: whether it was asked and its decision has not taken effect.
        told: how many items of news had reached it at its last turn.
        sent_in_bar: orders and cancellations that arrived in this bar.
        flow: shares bought less shares sold in this bar.
        last: its latest decision.
        answer: what became of the order that arrived since its last turn.
        fills: its trades since its last turn.
    """

    wakes: int
    start_cents: float
    is_thinking: bool = False
    told: int = 0
    sent_in_bar: int = 0
    flow: int = 0
    last: Decision | None = None
    answer: dict[str, Any] | None = None
    fills: list[dict[str, Any]] = field(default_factory=list)

    def note(self, trade: Trade) -> dict[str, Any]:
        """Count a trade of this agent; brings it as JSON data."""
        self.flow += trade.qty if trade.side == "buy" else -trade.qty
        fill = {"order": trade.order, "side": trade.side, "qty": trade.qty, "price": trade.price}
        fill |= {"fee_cents": trade.fee_cents}
        self.fills.append(fill)
        return fill

    def hear(self, decision: Decision, report: Report) -> dict[str, Any]:
        """Keep what became of a message for the next turn; brings it as JSON data."""
        self.answer = {
            "sent": decision.value,
            "code": report.code,
            "order": report.order,
            "traded": sum(one.qty for one in report.trades if one.takes),
            "rested": report.rested,
            "canceled": report.canceled,
        }
        return self.answer

    def view(self, agent: str, exchange: Exchange) -> dict[str, Any]:
        """Account, open orders and what happened since the last turn, which is then forgotten."""
        account, mine = exchange.accounts[agent], exchange.open_orders(agent)
        fills, self.fills = self.fills, []
        answer, self.answer = self.answer, None
        return {
            "cash_cents": account.cash,
            "free_cash_cents": account.free_cash,
            "shares": account.shares,
            "free_shares": account.free_shares,
            "average_cost_cents": account.average_cost_cents,
            "orders": [
                {"order": one.id, "side": one.side, "qty": one.qty, "price": one.price} for one in mine
            ],
            "answer": answer,
            "fills": fills,
        }
