"""The rules of the contest: traders take positions, and capital goes to those that are expected to earn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lab.core.ports import Play, Seat
from lab.core.records import Decision, DecisionRequest, Segment, Tool, Truth, TruthSpec
from lab.core.spaces import Choice
from scenarios.environment import Environment
from scenarios.trading.contest import measures, wording
from scenarios.trading.contest.allocate import TopK
from scenarios.trading.contest.capital import Account, Allocation, allocation, combined
from scenarios.trading.contest.market import (
    ASSETS,
    CASH,
    chance_right,
    expected_move,
    exposure,
    make_market,
    options,
)
from scenarios.trading.contest.scores import Score, Scoreboard
from scenarios.trading.contest.spec import ContestAgentParams, ContestParams
from scenarios.trading.news import NewsItem, readable

POLICIES = "scenarios.trading.contest.policies:"
INSIDER = "insider"
SHOWN_RESULTS = 10
SHOWN_NEWS = 10
BP = 1e-4


class Contest(Environment[ContestParams]):
    """n traders take one position a session on a market that nobody moves; one tick is one session.

    In session t, before it opens, the capital is divided (quantify, predict, allocate), each trader chooses
    cash or one asset long or short, and then the market opens: positions are taken at that price and held to
    the next opening. All a trader sees are earlier openings. The return of session s is known when s + 1
    opens, so the weights of session t rest on sessions up to t - 2: a score matures before it is used.

    A trader with the role ``insider`` can read, through the tool ``tip``, a side of one asset that is right
    more or less often than chance. How much following it earns is the hidden `skill_bp`.
    """

    Params = ContestParams
    AgentParams = ContestAgentParams
    seats_min = 2
    roles = (INSIDER,)
    policies = {
        "buy_hold": POLICIES + "BuyHold",
        "cash": POLICIES + "Cash",
        "momentum": POLICIES + "Momentum",
        "random": POLICIES + "Random",
        "skilled": POLICIES + "Skilled",
    }
    non_response = {"position": "holds cash in this session, which scores as any session in cash does"}
    truth = {
        "skill_bp": TruthSpec(
            kind="type",
            about="what following the insider's tips earns in a session on average, before costs, in basis "
            "points; 0 when a tip is right as often as a coin",
        ),
    }
    measures = measures.MEASURES
    live = ("cost_bp", "predict", "allocate")
    wordings = len(wording.WORDINGS)

    @classmethod
    def label_options(cls, params: ContestParams) -> tuple[str, ...]:
        """Every position may be shown under another name."""
        return options(ASSETS[: params.assets])

    @classmethod
    def problems(cls, params: ContestParams, seats: Sequence[Seat]) -> Iterator[tuple[str, str]]:
        """Skill must be planted in insiders, and no more of it than tips can carry."""
        most = 0.5 * expected_move(params) / BP
        insiders = [seat for seat in seats if seat.role == INSIDER]
        if params.world == "planted" and not insiders:
            yield "params.world", "'planted' needs agents with role: insider; for none choose no_skill"
        if params.world == "planted" and params.spread_bp > most:
            yield "params.spread_bp", _too_much(params, params.spread_bp, most)
        for seat in seats:
            skill = seat.params.skill_bp
            path = f"agents.{seat.name}.params.skill_bp"
            if skill is not None and (params.world == "no_skill" or seat.role != INSIDER):
                yield path, "only an agent with role: insider has skill, and only in world: planted"
            elif skill is not None and abs(skill) > most:
                yield path, _too_much(params, skill, most)
            if seat.policy == "scripted" and seat.plays == "skilled" and seat.role != INSIDER:
                yield f"agents.{seat.name}.policy.name", "'skilled' follows tips, which role: insider gets"
        if params.news and params.news.half_life is not None:
            yield "params.news.half_life", "changes of price last here; leave it out"
        if params.volatility_bp * BP * params.start_cents < 1:
            yield (
                "params.volatility_bp",
                f"{params.volatility_bp:g} bp of {params.start_cents} cents is less than a cent, and prices "
                "are whole cents; raise it or start_cents",
            )
        if isinstance(params.allocate, TopK) and params.allocate.k > len(seats):
            yield (
                "params.allocate.k",
                f"{params.allocate.k} of {len(seats)} traders; choose 1 to {len(seats)}",
            )

    @classmethod
    def expected_decisions(cls, params: ContestParams, n_agents: int) -> int:
        """Every trader in every session."""
        return n_agents * params.sessions

    def play(self) -> Play:
        """Divide the capital, ask all, let the session pass, settle it; again to the last."""
        self._market = make_market(self.params, self.rng("contest.prices"), self.rng("contest.news"))
        self._mean_move = self._market.mean_move()
        self._skills = self._planted()
        self._space = Choice(*options(self._market.assets))
        self._board = Scoreboard(self.agents)
        self._accounts = {agent: Account() for agent in self.agents}
        self._fund, self._even = Account(), Account()
        self._positions: dict[str, list[str]] = {agent: [] for agent in self.agents}
        self._earned: dict[str, list[float]] = {agent: [] for agent in self.agents}
        self._read: dict[str, set[str]] = {agent: set() for agent in self.agents}
        for session in range(self.params.sessions):
            self._session = session
            self._announce_news()
            self._allocation = self._divided()
            taken = yield self.ask_all(
                self.agents,
                self._view,
                self._space,
                phase="position",
                hidden=self._hidden,
                tools=self._tools,
            )
            yield self.wait(1)
            self._settle(taken)

    def _planted(self) -> dict[str, float]:
        """The skill of every insider, in basis points a session; no more than this market's moves carry."""
        insiders = [name for name, seat in self.seats.items() if seat.role == INSIDER]
        if self.params.world == "no_skill":
            return dict.fromkeys(insiders, 0.0)
        skills, most = {}, self._mean_move / BP
        for place, name in enumerate(insiders):
            own = self.seats[name].params.skill_bp
            height = 2 * place / (len(insiders) - 1) - 1 if len(insiders) > 1 else 1.0
            skill = self.params.spread_bp * height if own is None else own
            skills[name] = min(max(skill, -most), most)
        return skills

    def _announce_news(self) -> None:
        """Log what happens in this session, and what is true of it."""
        for item in self._market.news:
            if item.event_time == self._session:
                self.emit(
                    "news",
                    text=item.headline,
                    item=item.id,
                    asset=item.company,
                    truth=item.kind,
                    delta_bp=item.delta,
                )

    def _divided(self) -> Allocation:
        """The weights of this session, from what is known before it opens."""
        found = allocation(
            self._board.matured(self._session),
            predictor=self.params.predict,
            allocator=self.params.allocate,
            utility=self.params.utility,
            warmed_up=self._session >= self.params.warmup,
        )
        self.emit(
            "allocation",
            value=found.cash,
            session=self._session,
            weights=found.weights,
            utilities=found.utilities,
        )
        return found

    def _settle(self, taken: Mapping[str, Decision]) -> None:
        """What the session brought, known now that the next one opens: to accounts, scores and payoffs."""
        session, moves, cost = self._session, self._market.moves(self._session), self.params.cost_bp
        exposures = {agent: exposure(decision.action or CASH) for agent, decision in taken.items()}
        outcomes = {
            agent: self._accounts[agent].step(target, moves, cost_bp=cost)
            for agent, target in exposures.items()
        }
        weights = self._allocation.weights
        even = dict.fromkeys(self.agents, 1 / len(self.agents))
        fund = self._fund.step(combined(weights, exposures), moves, cost_bp=cost)
        equal = self._even.step(combined(even, exposures), moves, cost_bp=cost)
        self.emit(
            "settled",
            value=fund.net,
            session=session,
            opens=self._market.open(session),
            closes=self._market.open(session + 1),
            returns={agent: outcome.net for agent, outcome in outcomes.items()},
            equal=equal.net,
        )
        for agent, outcome in outcomes.items():
            self._positions[agent].append(taken[agent].action or CASH)
            self._earned[agent].append(outcome.net)
            self._board.add(Score(agent, session, self.params.quantify.score(outcome), session + 1))
            share = weights[agent] if self.params.mode == "fund" else 1.0
            self.pay(agent, share * outcome.net / BP, decision=taken[agent])

    def _view(self, agent: str) -> dict[str, Any]:
        """What a trader sees before session t opens: openings before t, its results up to t - 2."""
        results = [
            {
                "session": score.session,
                "position": self._positions[agent][score.session],
                "return_bp": round(self._earned[agent][score.session] / BP, 1),
            }
            for score in self._board.matured(self._session)[agent]
        ]
        return {
            "session": self._session,
            "sessions": self.params.sessions,
            "prices": self._market.before(self._session),
            "held": self._positions[agent][-1] if self._session else CASH,
            "results": results[-SHOWN_RESULTS:],
            "weight": round(self._allocation.weights[agent], 4),
            "news": [self._shown(agent, item) for item in self._readable(agent)],
        }

    def _readable(self, agent: str) -> Sequence[NewsItem]:
        reader = self.seats[agent].params.news
        return list(readable(self._market.news, reader, self._session))[-SHOWN_NEWS:] if reader else ()

    def _shown(self, agent: str, item: NewsItem) -> dict[str, Any]:
        if item.id not in self._read[agent]:
            self._read[agent].add(item.id)
            self.expose(agent, "news", item.id, text=item.headline)
        return {"session": item.event_time, **item.shown()}

    def _hidden(self, agent: str) -> dict[str, Truth]:
        return {"skill_bp": Truth(self._skills[agent])} if agent in self._skills else {}

    def _tools(self, agent: str) -> tuple[Tool, ...]:
        if agent not in self._skills:
            return ()
        tip = self._tip(agent)
        return (Tool("tip", {"type": "object", "properties": {}}, lambda: tip, reads_truth=True),)

    def _tip(self, agent: str) -> str:
        """A side of an asset; right with the chance that makes following it earn the insider's skill."""
        assets = self._market.assets
        asset = assets[int(len(assets) * self.uniform("tip.asset", agent))]
        rises = self._market.moves(self._session)[asset] > 0
        is_right = self.uniform("tip.right", agent) < chance_right(self._skills[agent], self._mean_move)
        return f"{'long' if rises == is_right else 'short'} {asset}"

    def render(self, request: DecisionRequest) -> tuple[Segment, ...]:
        """The rules, the market, the trader's results and the question, in the run's wording."""
        return wording.segments(self.params, self.look, request, n=len(self.agents))


def _too_much(params: ContestParams, skill_bp: float, most: float) -> str:
    return (
        f"{skill_bp:g} bp a session cannot be planted at volatility_bp {params.volatility_bp:g}: tips carry "
        f"at most {most:.0f} bp either way"
    )
