"""The rules of the limit order book: a continuous double auction in which orders take time to travel."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lab.core.ports import Play, Seat
from lab.core.records import Decision, DecisionRequest, Segment, Tool, Truth, TruthSpec
from scenarios.environment import Environment
from scenarios.trading import fundamental, news
from scenarios.trading.lob import measures, wording
from scenarios.trading.lob.crowd import Background, Scene
from scenarios.trading.lob.exchange import Exchange, Report, Terms
from scenarios.trading.lob.spec import COMPANY, SIMPLE, LobAgentParams, LobParams, action_space, seat_problems
from scenarios.trading.lob.trader import Trader
from scenarios.trading.news import NewsItem

POLICIES = "scenarios.trading.lob.policies:"
LEVELS, MIDS_SHOWN, PRINTS_SHOWN = 3, 20, 10


class Lob(Environment[LobParams]):
    """Agents trade one share with each other and with a crowd of background traders. One tick is one instant.

    In each tick: the orders that arrive now are matched, in an order drawn from the seed; the background
    traders act; prices are recorded; the agents whose turn it is are asked. An order leaves when its agent
    has decided, which takes its think time, and arrives `latency` ticks later: thinking costs market time.

    Matching is by price, then arrival; trades happen at the resting price. No short sales, no credit: an
    order that its sender could not pay for is refused with a code. What the share is really worth is known
    to the rules alone. At the end open orders are canceled, and each agent is paid its profit.
    """

    Params = LobParams
    AgentParams = LobAgentParams
    policies = {
        "buy_hold": POLICIES + "BuyHold",
        "cash": POLICIES + "Cash",
        "disposition": POLICIES + "Disposed",
        "herder": POLICIES + "Herder",
        "market_maker": POLICIES + "MarketMaker",
        "mean_reversion": POLICIES + "MeanReversion",
        "momentum": POLICIES + "Momentum",
        "noise": POLICIES + "Noise",
        "random": POLICIES + "Random",
        "value": POLICIES + "Value",
    }
    non_response = {"trade": "holds: sends nothing, and its open orders stand"}
    truth = {
        "fundamental": TruthSpec(kind="state", about="what the share is really worth, in price ticks"),
        "mispricing": TruthSpec(kind="state", about="the last mid less the fundamental, in price ticks"),
        "position_gain": TruthSpec(
            kind="state",
            about="whether the last mid is above the average cost of the shares that the agent holds",
            values=(False, True),
            positive=True,
        ),
        "news_true": TruthSpec(
            kind="state",
            about="whether the latest news that the agent is shown changed the fundamental",
            values=(False, True),
            positive=True,
        ),
    }
    measures = measures.MEASURES
    live = ("costs",)
    wordings = len(wording.WORDINGS)

    @classmethod
    def label_options(cls, params: LobParams) -> tuple[str, ...]:
        """The options of simple actions."""
        return SIMPLE.options if params.actions == "simple" else ()

    @classmethod
    def problems(cls, params: LobParams, seats: Sequence[Seat]) -> Iterator[tuple[str, str]]:
        """A market needs two sides, and every agent a turn."""
        crowd = params.background
        if len(seats) == 1 and not (crowd.noise or crowd.value or crowd.momentum or crowd.market_maker):
            yield "params.background", "nobody to trade with: one agent needs background traders"
        for seat in seats:
            yield from seat_problems(params, seat)

    @classmethod
    def expected_decisions(cls, params: LobParams, n_agents: int) -> int:
        """One for each agent every `wake_every` ticks, the first not before that."""
        return n_agents * ((params.horizon - 1) // params.wake_every)

    def play(self) -> Play:
        """Match what arrives, let the crowd act, record, ask; until the market closes."""
        self._open()
        for _ in range(self.params.horizon):
            self._match_arrivals()
            self._let_crowd_act()
            self._record()
            for agent, trader in self._traders.items():
                if trader.wakes <= self.now and not trader.is_thinking:
                    self.spawn(self._turn(agent, trader))
            yield self.wait(1)
        self._close()

    def _open(self) -> None:
        """Draw value and news, open all accounts at the opening price."""
        params = self.params
        self._news: list[NewsItem] = []
        if params.news:
            self._news = news.generate(params.news, params.horizon, self.rng("news"), companies=(COMPANY,))
        shift = news.shift(self._news, params.horizon)
        self._values = fundamental.path(
            params.fundamental, params.horizon, self.rng("fundamental"), shift=shift
        )
        self._mids: list[float] = []
        self._exchange = Exchange(params.tick_cents, params.opening_price, params.band_percent)
        self._crowd = Background(params.background, self.rng)
        self._crowd.enter(self._exchange)
        self._traders: dict[str, Trader] = {}
        for agent, seat in self.seats.items():
            self._exchange.open_account(agent, cash=seat.params.cash, shares=seat.params.shares)
            self._traders[agent] = Trader(wakes=self._gap(agent), start_cents=self._equity(agent))
        self._prints: deque[dict[str, Any]] = deque(maxlen=PRINTS_SHOWN)
        self._arrivals: dict[int, list[Decision]] = {}
        self._orders: dict[int, Decision] = {}
        self._volume = 0
        self._space = action_space(params)

    def _turn(self, agent: str, trader: Trader) -> Play:
        """Ask an agent and send off what it decides."""
        trader.wakes, trader.is_thinking = self.now + self._gap(agent), True
        seen = self._view(agent, trader)
        truths, tools = self._hidden(seen), self._tools(agent)
        decision = yield self.ask(agent, seen, self._space, phase="trade", hidden=truths, tools=tools)
        trader.is_thinking, trader.last = False, decision
        price = None if seen["mid"] is None else seen["mid"] * self.params.tick_cents
        cost = seen["average_cost_cents"]
        self.emit("turn", agent=agent, decision=decision, shares=seen["shares"], cost=cost, price=price)
        if decision.valid and decision.action != "hold":
            arrival = self.now + self.seats[agent].params.latency
            self._arrivals.setdefault(arrival, []).append(decision)

    def _match_arrivals(self) -> None:
        """Take in what arrives now; ties of arrival are broken by a draw for each sender."""
        arrived = self._arrivals.pop(self.now, [])
        for decision in sorted(arrived, key=lambda one: (self.uniform("arrival", one.agent), one.agent)):
            trader = self._traders[decision.agent]
            report = self._taken(decision, trader)
            if report.order is not None:
                self._orders.setdefault(report.order, decision)
            sent = trader.hear(decision, report)
            self.emit("order", agent=decision.agent, decision=decision, **sent)
            self._note(report)

    def _taken(self, decision: Decision, trader: Trader) -> Report:
        """What the exchange makes of a decision."""
        trader.sent_in_bar += 1
        if trader.sent_in_bar > self.params.rate_cap:
            return Report(None, "rate_cap")
        if decision.action == "cancel":
            return self._exchange.cancel(decision.agent, decision.args["order"])
        terms = ordered(decision, self.params)
        return self._exchange.submit(decision.agent, terms, self.params.costs)

    def _let_crowd_act(self) -> None:
        for wish in self._crowd.wishes(self.now, Scene(self._exchange, self._mids, self._values[self.now])):
            if wish.cancel is not None:
                self._exchange.cancel(wish.trader, wish.cancel)
            elif wish.terms:
                self._note(self._exchange.submit(wish.trader, wish.terms, self.params.costs))

    def _note(self, report: Report) -> None:
        """Log each fill of an agent, and print each trade on the tape that all can read."""
        for trade in report.trades:
            if trade.takes:
                self._volume += trade.qty
                printed = {"time": self.now, "price": trade.price, "qty": trade.qty, "side": trade.side}
                self._prints.append(printed)
            trader = self._traders.get(trade.trader)
            if trader is None:
                continue
            fill = trader.note(trade) | {"takes": trade.takes}
            sent = self._orders[trade.order]
            self.emit("fill", agent=trade.trader, target=trade.other, decision=sent, value=trade.qty, **fill)

    def _record(self) -> None:
        """Keep the mid of this tick and, at the end of a bar, log prices and equity."""
        mid = self._exchange.mid
        if mid is not None:
            self._mids.append(mid)
        if self.now % self.params.bar == 0:
            self._bar()

    def _bar(self) -> None:
        self._exchange.check()
        self.emit(
            "bar",
            value=self._mark(),
            bid=self._exchange.best("buy"),
            ask=self._exchange.best("sell"),
            mid=self._exchange.mid,
            last=self._exchange.reference,
            volume=self._volume,
            fundamental=self._values[self.now],
            equity={agent: self._equity(agent) for agent in self.agents},
            flow={agent: trader.flow for agent, trader in self._traders.items()},
        )
        self._volume = 0
        for trader in self._traders.values():
            trader.flow = trader.sent_in_bar = 0

    def _close(self) -> None:
        """Cancel what is open, value all positions, and pay each agent its profit."""
        for order in self._exchange.book.orders():
            self._exchange.cancel(order.owner, order.id)
        self._bar()
        for agent, trader in self._traders.items():
            self.pay(agent, self._equity(agent) - trader.start_cents, decision=trader.last, why="profit")

    def _mark(self) -> float:
        """The price in ticks that shares are valued at; before the first mid, that is the opening price."""
        if self.params.mark == "fundamental":
            return self._values[self.now]
        if self.params.mark == "mid":
            return self._mids[-1] if self._mids else self.params.opening_price
        return self._exchange.reference

    def _equity(self, agent: str) -> float:
        return self._exchange.accounts[agent].equity_cents(self._mark() * self.params.tick_cents)

    def _gap(self, agent: str) -> int:
        return self.seats[agent].params.wake_every or self.params.wake_every

    def _view(self, agent: str, trader: Trader) -> dict[str, Any]:
        """What an agent may know: its account, the book, the tape and the news that reached it."""
        book = self._exchange.book
        return {
            "time": self.now,
            "closes": self.params.horizon,
            "lot": self.params.lot if self.params.actions == "simple" else None,
            "costs": self.params.costs,
            "tick_cents": self.params.tick_cents,
            "turn_every": self._gap(agent),
            "latency": self.seats[agent].params.latency,
            **trader.view(agent, self._exchange),
            "bids": book.depth("buy", LEVELS),
            "asks": book.depth("sell", LEVELS),
            "mid": self._mids[-1] if self._mids else None,
            "mids": self._mids[-MIDS_SHOWN:],
            "trades": list(self._prints),
            "news": self._news_for(agent, trader),
        }

    def _news_for(self, agent: str, trader: Trader) -> list[dict[str, Any]]:
        """The latest items that reached the agent; each is logged as an exposure when it is first shown."""
        reader = self.seats[agent].params.news
        items = list(news.readable(self._news, reader, self.now))
        first = max(len(items) - self.params.news_shown, 0)
        for item in items[max(trader.told, first) :]:
            self.expose(agent, "news", item.id, text=item.headline)
        trader.told, latest = len(items), items[first:]
        return [item.shown() | {"time": item.available_at[reader]} for item in latest]

    def _hidden(self, seen: Mapping[str, Any]) -> dict[str, Truth]:
        value, mid, cost = self._values[self.now], seen["mid"], seen["average_cost_cents"]
        truths = {"fundamental": Truth(value)}
        if mid is not None:
            truths["mispricing"] = Truth(mid - value)
        if mid is not None and cost is not None:
            truths["position_gain"] = Truth(mid * self.params.tick_cents > cost, visible=True)
        if seen["news"]:
            kinds = {item.id: item.kind for item in self._news}
            truths["news_true"] = Truth(kinds[seen["news"][-1]["id"]] == "true")
        return truths

    def _tools(self, agent: str) -> tuple[Tool, ...]:
        """One noisy look at the value, for agents that have it."""
        spread = self.seats[agent].params.signal_sd
        if spread is None:
            return ()
        error = spread * self.rng("signal", agent).standard_normal()
        look = max(round(self._values[self.now] + error), 1)
        return (Tool("value_signal", {"type": "object", "properties": {}}, lambda: look, reads_truth=True),)

    def render(self, request: DecisionRequest) -> tuple[Segment, ...]:
        """The rules, the market, the news as quoted data and the question."""
        return wording.segments(self.params, self.look, request)


def ordered(decision: Decision, params: LobParams) -> Terms:
    """The order that a decision to trade asks for."""
    action: Any = decision.action
    if params.actions == "simple":
        return Terms("market", action, params.lot)
    return Terms(action, **decision.args)
