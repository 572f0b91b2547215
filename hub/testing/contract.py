"""What every provider must do, as tests that its own test module inherits.

A plugin's test module needs one class::

    class TestContract(ProviderContract):
        @pytest.fixture
        def provider(self) -> Provider: ...            # the provider under test

        @pytest.fixture
        def session(self) -> Session: ...              # opened on a platform that holds a few records of each feed

        @pytest.fixture
        def facts(self) -> Facts: ...                  # a ledger: its organisation, accounts, tax rates

        @pytest.fixture
        def samples(self) -> Mapping[Kind, Document]: ...

``samples`` (ledgers only) has one document of every kind that the provider writes, with the target's own account and
tax codes, that refer to each other by their source ids: the invoice names the sample contact, the payment the sample
invoice. They are posted in that order. A payment's, refund's or allocation's amount is a part of its document's.

A provider that visits us gives ``reply`` instead of ``session``: a callable that answers a question's bytes as the
visitor would. A test that can't apply is named in ``Provider.skips`` with the reason, which the test run then shows.

For readable failures let pytest rewrite this module, in ``conftest.py``, before it is imported::

    pytest.register_assert_rewrite("hub.testing.contract")
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel, SecretStr

from hub.documents import Document, Kind, parse_document
from hub.http import Door
from hub.providers import (
    Action,
    Allowed,
    Connection,
    Facts,
    Feed,
    Operation,
    Page,
    Provider,
    Record,
    Role,
    Session,
    TargetState,
    TargetStatus,
    Want,
)
from hub.reconcile import TIERS
from hub.testing.talk import Poster, Reply, Talk, VisitTalk

_NEEDED_OF_A_LEDGER = frozenset({Kind.CONTACT, Kind.ITEM, Kind.ACCOUNT, Kind.TAX_RATE})
_SECRET_WORDS = ("secret", "password", "token", "api_key", "application_key")


class ProviderContract:
    """The contract; see this module's description of the fixtures to give."""

    # -- what the plugin gives --------------------

    @pytest.fixture
    def provider(self) -> Provider:
        """The provider under test."""
        raise NotImplementedError

    @pytest.fixture
    def session(self) -> Session:
        """An open conversation with a platform that holds some records; for providers that we call."""
        raise NotImplementedError

    @pytest.fixture
    def reply(self) -> Reply:
        """The visitor's side; for providers that visit us."""
        raise NotImplementedError

    @pytest.fixture
    def facts(self) -> Facts:
        """What is known of the ledger that ``session`` talks to."""
        raise NotImplementedError

    @pytest.fixture
    def samples(self) -> Mapping[Kind, Document]:
        """One document of each kind that the ledger takes."""
        raise NotImplementedError

    # -- what the suite makes of it --------------------

    @pytest.fixture(autouse=True)
    def _skip(self, request: pytest.FixtureRequest, provider: Provider) -> None:
        reason = provider.skips.get(request.function.__name__)
        if reason:
            pytest.skip(reason)

    @pytest.fixture
    def talk(self, request: pytest.FixtureRequest, provider: Provider) -> Talk:
        """The four conversations, whoever calls whom."""
        if provider.visit is not None:
            return VisitTalk(provider.visit, request.getfixturevalue("reply"))
        session: Session = request.getfixturevalue("session")
        return session

    @pytest.fixture
    def ledger(self, provider: Provider) -> Provider:
        """The provider, where it writes at all."""
        if not provider.writes:
            pytest.skip(f"{provider.title} is only read")
        return provider

    @pytest.fixture
    def poster(self, ledger: Provider, talk: Talk, facts: Facts) -> Poster:
        """Somebody who posts documents as the engine does."""
        return Poster(ledger, talk, facts)

    # -- what it says of itself --------------------

    def test_it_says_what_it_is(self, provider: Provider) -> None:
        assert provider.name.isidentifier()
        assert provider.name == provider.name.lower()
        assert provider.title.strip()
        assert isinstance(provider.role, Role)
        assert issubclass(provider.settings, BaseModel)
        assert all(isinstance(step, str) and step.strip() for step in provider.help_steps)

    def test_every_setting_has_a_title_and_secrets_are_secret(self, provider: Provider) -> None:
        for name, field in provider.settings.model_fields.items():
            assert field.title, f"the setting {name} has no title to show on the connect page"
            if _is_secret(name):
                assert field.annotation is not None
                assert "SecretStr" in str(field.annotation) or field.annotation is SecretStr, f"{name} is stored openly"

    def test_every_skip_names_a_test_and_says_why(self, provider: Provider) -> None:
        for name, reason in provider.skips.items():
            assert hasattr(self, name), f"skips names {name}, which is no test of the contract"
            assert reason.strip()

    def test_feeds_have_names_of_their_own_and_one_tells_the_organisation(self, provider: Provider) -> None:
        names = [feed.name for feed in provider.feeds]
        assert len(set(names)) == len(names)
        if provider.role is not Role.CHECKER:
            [organisation] = [feed for feed in provider.feeds if feed.name == "organisation"]
            assert not organisation.kinds
        for feed in provider.feeds:
            assert feed.name == "organisation" or feed.kinds, f"the feed {feed.name} tells of nothing"

    def test_a_ledger_lists_what_planning_needs(self, ledger: Provider) -> None:
        listed = frozenset[Kind]().union(*(feed.kinds for feed in ledger.feeds if not feed.states_only))
        assert listed >= _NEEDED_OF_A_LEDGER & {*ledger.writes, Kind.ACCOUNT, Kind.TAX_RATE}

    def test_it_can_create_whatever_it_can_change(self, ledger: Provider) -> None:
        for kind, actions in ledger.writes.items():
            assert Action.CREATE in actions, kind

    def test_batch_rules_are_for_what_it_writes(self, ledger: Provider) -> None:
        assert set(ledger.batch_rules) <= set(ledger.writes)
        for rule in ledger.batch_rules.values():
            assert rule.operations >= 1
            assert rule.bytes > 0

    def test_who_calls_whom_is_clear(self, provider: Provider) -> None:
        if provider.visit is None:
            assert type(provider).open is not Provider.open
            return
        nobody: Any = None
        connection = Connection(0, "", "", nobody)
        door: Door = nobody
        with pytest.raises(TypeError):
            Provider.open(provider, connection, door)

    # -- pulling --------------------

    def test_a_pull_ends_with_a_watermark(self, provider: Provider, talk: Talk) -> None:
        for feed in provider.feeds:
            pages = list(talk.pull(Want(feed)))
            assert pages, feed.name
            assert pages[-1].watermark is not None, feed.name
            assert all(page.watermark is None for page in pages[:-1]), feed.name

    def test_the_organisation_is_complete(self, provider: Provider, talk: Talk) -> None:
        for feed in provider.feeds:
            if feed.name == "organisation":
                told = [page.organisation for page in talk.pull(Want(feed)) if page.organisation]
                assert told
                assert told[-1].id
                assert told[-1].name
                assert len(told[-1].base_currency) == 3
                ZoneInfo(told[-1].time_zone)

    def test_a_feed_delivers_only_its_kinds(self, provider: Provider, talk: Talk) -> None:
        for feed in provider.feeds:
            for page in talk.pull(Want(feed)):
                assert not (feed.states_only and page.records), feed.name
                assert {document.kind for document in _documents([page])} <= feed.kinds, feed.name
                # The feed of a list may also tell the states of what we posted to it.
                assert {state.kind for state in page.states} <= feed.kinds, feed.name

    def test_documents_are_exact_and_each_has_one_owner(self, provider: Provider, talk: Talk) -> None:
        for feed in provider.feeds:
            owners: dict[tuple[Kind, str], str] = {}
            for record in _records(talk.pull(Want(feed))):
                for document in record.documents:
                    again = parse_document(document.kind, document.model_dump_json())
                    assert again.fingerprint() == document.fingerprint()
                    owner = owners.setdefault((document.kind, document.external_id), record.id)
                    assert owner == record.id, f"{document.kind} {document.external_id} is in two records"

    def test_some_records_are_there_to_test_with(self, provider: Provider, talk: Talk) -> None:
        """An empty platform would let every test of pulling pass."""
        found = [record for feed in provider.feeds for record in _records(talk.pull(Want(feed)))]
        if any(not feed.states_only and feed.kinds for feed in provider.feeds):
            assert any(record.documents for record in found)

    def test_a_second_pull_shows_the_same_fingerprints(self, provider: Provider, talk: Talk) -> None:
        for feed in provider.feeds:
            assert _fingerprints(talk, Want(feed)) == _fingerprints(talk, Want(feed)), feed.name

    def test_pulling_again_from_the_watermark_shows_no_change(self, provider: Provider, talk: Talk) -> None:
        """Repeats are fine (a minute's overlap, a full list); anything that looks new is not."""
        for feed in provider.feeds:
            pages = list(talk.pull(Want(feed)))
            before = _fingerprints_of(pages)
            again = _fingerprints(talk, Want(feed, cursor=pages[-1].watermark))
            assert again.items() <= before.items(), feed.name

    def test_a_known_record_is_spared(self, provider: Provider, talk: Talk) -> None:
        """A record whose stamp is known costs no call for its details."""
        for feed in _stamped(provider.feeds):
            stamps = {record.id: record.stamp for record in _records(talk.pull(Want(feed))) if record.stamp}

            def known(ids: Sequence[str], stamps: Mapping[str, str] = stamps) -> Mapping[str, str]:
                return {id: stamps[id] for id in ids if id in stamps}

            again = {record.id for record in _records(talk.pull(Want(feed, known=known)))}
            assert not again & stamps.keys(), feed.name

    def test_a_broken_pull_goes_on_from_its_progress(self, provider: Provider, talk: Talk) -> None:
        for feed in provider.feeds:
            pages = list(talk.pull(Want(feed)))
            for number, page in enumerate(pages[:-1]):
                if page.progress:
                    rest = list(talk.pull(Want(feed, progress=page.progress)))
                    seen = {record.id for record in _records([*pages[: number + 1], *rest])}
                    assert seen == {record.id for record in _records(pages)}, feed.name

    # -- fitting, rendering, permitting: pure --------------------

    def test_samples_cover_what_it_writes(self, ledger: Provider, samples: Mapping[Kind, Document]) -> None:
        assert set(samples) == set(ledger.writes)
        for kind, document in samples.items():
            assert document.kind is kind

    def test_fitting_is_pure(self, ledger: Provider, samples: Mapping[Kind, Document], facts: Facts) -> None:
        for document in samples.values():
            before = document.model_dump_json()
            first, second = ledger.fit(document, facts), ledger.fit(copy.deepcopy(document), copy.deepcopy(facts))
            assert first == second
            assert document.model_dump_json() == before
            assert first.document.external_id == document.external_id
            assert first.problems == (), f"the sample {document.kind} does not fit: {first.problems}"

    def test_rendering_covers_every_kind_and_action(self, poster: Poster, samples: Mapping[Kind, Document]) -> None:
        for kind, actions in poster.provider.writes.items():
            for action in actions:
                payload = poster.provider.render([_rendered(poster, samples[kind], action)], poster.facts)
                assert payload.route, (kind, action)
                assert isinstance(payload.body, bytes), (kind, action)

    def test_rendering_is_pure(self, poster: Poster, samples: Mapping[Kind, Document]) -> None:
        """Preview is push: the same operations and facts always give the same bytes."""
        for kind, actions in poster.provider.writes.items():
            for action in actions:
                operation = _rendered(poster, samples[kind], action)
                first = poster.provider.render([operation], poster.facts)
                assert first == poster.provider.render([copy.deepcopy(operation)], copy.deepcopy(poster.facts))

    def test_a_full_batch_keeps_to_its_rule(self, poster: Poster, samples: Mapping[Kind, Document]) -> None:
        for kind, rule in poster.provider.batch_rules.items():
            many = [_rendered(poster, samples[kind], Action.CREATE) for _ in range(rule.operations)]
            assert len(poster.provider.render(many, poster.facts).body) <= rule.bytes, kind

    def test_every_status_has_an_answer(self, ledger: Provider) -> None:
        for kind, actions in ledger.writes.items():
            for status in TargetStatus:
                allowed = ledger.allowed(kind, TargetState(kind=kind, target_id="t", status=status))
                assert isinstance(allowed, Allowed)
                assert allowed.actions <= actions, (kind, status)
                assert allowed == ledger.allowed(kind, TargetState(kind=kind, target_id="t", status=status))
                if status is TargetStatus.MISSING:
                    assert not allowed.actions, (kind, status)
                if not allowed.actions:
                    assert allowed.reason, f"nothing may be done to a {status} {kind}, and nobody says why"

    # -- pushing and looking --------------------

    def test_each_operation_of_a_batch_has_one_outcome(self, poster: Poster, samples: Mapping[Kind, Document]) -> None:
        for kind, state in poster.post_all(samples).items():
            assert state.kind is kind
            assert state.target_id
            assert state.status.is_live

    def test_a_batch_of_two_is_answered_for_both(self, poster: Poster, samples: Mapping[Kind, Document]) -> None:
        kind = Kind.CONTACT
        rule = poster.provider.batch_rules.get(kind)
        if kind not in samples or rule is None or rule.operations < 2:
            pytest.skip("it takes one at a time")
        other = samples[kind].model_copy(update={"external_id": "contract-2", "name": "Contract Two", "number": "C-2"})
        operations = [poster.operation(samples[kind]), poster.operation(other)]
        outcomes = poster.send(operations)
        assert sorted(outcome.operation_id for outcome in outcomes) == [one.id for one in operations]
        targets = {outcome.state.target_id for outcome in outcomes if outcome.state}
        assert len(targets) == 2

    def test_a_look_finds_by_mark_what_was_made(self, poster: Poster, samples: Mapping[Kind, Document]) -> None:
        made = poster.post_all(samples)
        for kind, state in made.items():
            asked = poster.operation(poster.provider.fit(samples[kind], poster.facts).document)
            found = poster.talk.look([asked])[asked.id]
            assert state.target_id in [each.target_id for each in found if each.status.is_live], kind

    def test_a_look_finds_nothing_that_never_was(self, poster: Poster, samples: Mapping[Kind, Document]) -> None:
        """Posted are only those that it refers to."""
        for kind, document in sorted(samples.items(), key=lambda sample: TIERS[sample[0]]):
            stranger = document.model_copy(update=_never(document))
            asked = poster.operation(stranger)
            assert list(poster.talk.look([asked]).get(asked.id, ())) == [], kind
            poster.post(document)

    def test_a_look_by_id_reads_the_present_state(self, poster: Poster, samples: Mapping[Kind, Document]) -> None:
        for kind, state in poster.post_all(samples).items():
            asked = poster.operation(samples[kind], Action.UPDATE, state)
            [found] = poster.talk.look([asked])[asked.id]
            assert (found.target_id, found.status.is_live) == (state.target_id, True), kind

    def test_what_was_made_can_be_taken_back(self, poster: Poster, samples: Mapping[Kind, Document]) -> None:
        made = poster.post_all(samples)
        for kind in reversed(list(made)):
            asked = poster.operation(samples[kind], Action.UPDATE, made[kind])
            state = poster.talk.look([asked])[asked.id][0]
            allowed = poster.provider.allowed(kind, state)
            action = next((one for one in (Action.VOID, Action.DELETE) if one in allowed.actions), None)
            if action is None:
                assert allowed.reason or kind in (Kind.CONTACT, Kind.ITEM), kind
                continue
            removal = poster.operation(samples[kind], action, state)
            [outcome] = poster.send([removal])
            assert outcome.problem is None, kind
            if outcome.state is not None:
                assert not outcome.state.status.is_live, kind

    def test_states_of_what_was_made_come_with_a_pull(self, poster: Poster, samples: Mapping[Kind, Document]) -> None:
        before = {feed.name: list(poster.talk.pull(Want(feed)))[-1].watermark for feed in poster.provider.feeds}
        made = poster.post_all(samples)
        told: set[tuple[Kind, str]] = set()
        for feed in poster.provider.feeds:
            for page in poster.talk.pull(Want(feed, cursor=before[feed.name])):
                told |= {(state.kind, state.target_id) for state in page.states}
        covered = frozenset[Kind]().union(*(feed.kinds for feed in poster.provider.feeds if feed.states_only))
        for kind, state in made.items():
            if kind in covered:
                assert (kind, state.target_id) in told, kind


def _is_secret(setting: str) -> bool:
    """Judged by its name; the address where tokens are given out is none."""
    return not setting.endswith("_url") and any(word in setting for word in _SECRET_WORDS)


def _records(pages: Any) -> list[Record]:
    return [record for page in pages for record in page.records]


def _documents(pages: Sequence[Page]) -> list[Document]:
    return [document for record in _records(pages) for document in record.documents]


def _fingerprints_of(pages: Sequence[Page]) -> dict[tuple[Kind, str], str]:
    return {(document.kind, document.external_id): document.fingerprint() for document in _documents(pages)}


def _fingerprints(talk: Talk, want: Want) -> dict[tuple[Kind, str], str]:
    return _fingerprints_of(list(talk.pull(want)))


def _stamped(feeds: Sequence[Feed]) -> list[Feed]:
    """Feeds whose records are known by their stamps; full ones are read whole each time."""
    return [feed for feed in feeds if not feed.full and not feed.states_only and feed.kinds]


def _rendered(poster: Poster, document: Document, action: Action) -> Operation:
    """An operation to render; what it changes is a target in a state that says little."""
    state = (
        None if action is Action.CREATE else TargetState(kind=document.kind, target_id="t/1", status=TargetStatus.OPEN)
    )
    return poster.operation(poster.provider.fit(document, poster.facts).document, action, state)


def _never(document: Document) -> dict[str, Any]:
    """Changes that make a document one that was never posted."""
    changes: dict[str, Any] = {"external_id": "never-posted"}
    for name in ("number", "code", "name", "reference"):
        if getattr(document, name, ""):
            changes[name] = "Never Posted"
    return changes
