"""What the gateway counts, in Prometheus' format. No label is anyone's text, name or id."""

from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from bot.contracts.bots import Bots
from bot.contracts.leases import FOREVER, Hold
from bot.domain.people import RoleRules
from bot.domain.turns import Usage
from storage import leases, overview, people, processes
from storage.database import Database
from storage.leases import Lease
from storage.processes import ProcessStatus

CONTENT_TYPE = CONTENT_TYPE_LATEST

_SECONDS = (0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300)


class _Platforms:
    """How each bot is connected, looked up when the figures are asked for."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._connected = Gauge(
            "parley_connected", "Whether messages from the platform are arriving", ["platform"], registry=registry
        )
        self._shards = Gauge(
            "parley_shard_connected", "Whether each of several connections to the platform hears",
            ["platform", "shard"], registry=registry,
        )  # fmt: skip
        self._waiting = Gauge(
            "parley_waiting_calls", "Calls held back by the rate limits", ["platform"], registry=registry
        )
        self._floods = Gauge(
            "parley_flood_limits", "Rate limits (429) that the platform has answered with", ["platform"],
            registry=registry,
        )  # fmt: skip

    def note(self, bots: Bots) -> None:
        for name, platform in bots.labelled():
            condition = platform.condition()
            self._connected.labels(name).set(condition.connected)
            for number, hears in enumerate(condition.shards if len(condition.shards) > 1 else ()):
                self._shards.labels(name, number).set(hears)
            self._waiting.labels(name).set(condition.waiting)
            self._floods.labels(name).set(condition.floods)


class _Processes:
    """What each process that shares the database does, looked up when the figures are asked for."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._chats = Gauge(
            "parley_process_chats", "Chats that each process keeps, where several share the database", ["process"],
            registry=registry,
        )  # fmt: skip
        self._turns = Gauge("parley_process_turns", "Turns that each process runs", ["process"], registry=registry)
        self._silent = Gauge(
            "parley_process_silent_seconds", "How long each other process has shown no sign of life", ["process"],
            registry=registry,
        )  # fmt: skip
        self._held = Gauge(
            "parley_lease_held", "What one process alone may do, and which does it", ["lease", "process"],
            registry=registry,
        )  # fmt: skip
        self._handed = Gauge(
            "parley_lease_hand_overs", "How often a lease has gone to another process", ["lease"], registry=registry
        )

    def note(self, statuses: Sequence[ProcessStatus], known: Sequence[Lease], hold: Hold) -> None:
        # A process that is gone no longer has a figure.
        for gauge in (self._chats, self._turns, self._silent, self._held, self._handed):
            gauge.clear()
        silent_s = hold.silent_s()
        for one in statuses:
            label = one.process.label
            self._chats.labels(label).set(one.chats)
            self._turns.labels(label).set(one.turns)
            if one.process.name in silent_s:
                self._silent.labels(label).set(silent_s[one.process.name])
            for name in one.leases:
                self._held.labels(name, label).set(1)
        for lease in known:
            self._handed.labels(lease.name).set(lease.changes)


class Metrics:
    """One gateway's figures since its start."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._first_words = Histogram(
            "parley_first_words_seconds", "From a turn's start to the model's first word", ["platform"],
            buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        self._answers = Histogram(
            "parley_answer_seconds", "From a turn's start to its end", ["platform"], buckets=_SECONDS, registry=registry
        )
        self._turns = Counter(
            "parley_turns", "Turns that have ended, by outcome", ["platform", "end"], registry=registry
        )
        self._charged = Counter("parley_charged_tokens", "Tokens charged to people", registry=registry)
        self._model_tokens = Counter(
            "parley_model_tokens", "Tokens that models have read and written", ["model", "direction"],
            registry=registry,
        )  # fmt: skip
        self._cache_tokens = Counter(
            "parley_model_cache_tokens", "Of what models have read: from their vendors' caches, or put there",
            ["model", "use"], registry=registry,
        )  # fmt: skip
        self._cost = Counter(
            "parley_model_cost_dollars", "What models cost, by their list prices", ["model"], registry=registry
        )
        self._model_failures = Counter(
            "parley_model_failures", "Requests that a model did not answer", ["model", "error"], registry=registry
        )
        self._pages = Counter(
            "parley_pages", "Pages that were delivered, retried, or given up", ["platform", "outcome"],
            registry=registry,
        )  # fmt: skip
        self._open = Gauge("parley_open_turns", "Turns that have not ended", ["state"], registry=registry)
        self._outbox = Gauge("parley_outbox_pages", "Pages not yet delivered", registry=registry)
        self._people = Gauge("parley_people", "Accounts", ["role"], registry=registry)
        self._platforms = _Platforms(registry)
        self._processes = _Processes(registry)

    def described(self) -> Iterator[tuple[str, str]]:
        """The name and meaning of each figure, for the manual."""
        for family in self._registry.collect():
            yield f"{family.name}_total" if family.type == "counter" else family.name, family.documentation

    def turn(self, platform: str, end: str, took_s: float, first_word_s: float | None) -> None:
        """A turn has ended."""
        self._turns.labels(platform, end).inc()
        self._answers.labels(platform).observe(took_s)
        if first_word_s is not None:
            self._first_words.labels(platform).observe(first_word_s)

    def charged(self, tokens: int) -> None:
        """Someone has paid for an answer."""
        self._charged.inc(tokens)

    def used(self, model: str, usage: Usage, usd: float | None) -> None:
        """What a request to a model used, and what that costs by its list price, where one is known."""
        if usd is not None:
            self._cost.labels(model).inc(usd)
        self._model_tokens.labels(model, "input").inc(usage.input_tokens)
        self._model_tokens.labels(model, "output").inc(usage.output_tokens)
        if usage.cached_tokens:
            self._cache_tokens.labels(model, "read").inc(usage.cached_tokens)
        if usage.stored_tokens:
            self._cache_tokens.labels(model, "stored").inc(usage.stored_tokens)

    def model_failed(self, model: str, error: Exception) -> None:
        """A request to a model has failed."""
        self._model_failures.labels(model, type(error).__name__).inc()

    def page(self, platform: str, outcome: str) -> None:
        """A page is "shown", will be tried "again", or is "given_up"."""
        self._pages.labels(platform, outcome).inc()

    async def scrape(self, database: Database, bots: Bots, rules: RoleRules, hold: Hold = FOREVER) -> bytes:
        """All figures, those that are looked up among them. Raises StorageError."""
        counts = await database.read(overview.counts())
        self._processes.note(await database.read(processes.statuses()), await database.read(leases.every()), hold)
        known = await database.read(people.counts(rules))
        for state, count in counts.open_turns.items():
            self._open.labels(state).set(count)
        for role, count in known.items():
            self._people.labels(role).set(count)
        self._outbox.set(counts.outbox)
        self._platforms.note(bots)
        return generate_latest(self._registry)
