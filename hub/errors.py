"""What can go wrong, named for what the hub does next.

    HubError
    ├── SettingsError        a person must correct a setting; nothing else runs until then
    └── ProviderError        raised by a provider's session
        ├── BusyError        the platform asks us to wait; nothing was done
        ├── UnreachableError nothing was sent, try again later
        ├── UnsureError      something may have been done: look before writing again
        ├── RejectedError    the platform refused, with the reason
        └── UnauthorizedError the credentials no longer work: suspend and ask to reconnect

Anything else that a provider raises while pushing counts as unsure.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Problem(BaseModel):
    """One thing that needs a person or a changed fact, in words a bookkeeper understands.

    ``code`` is stable and documented in ``docs/problems.md``; ``fix`` says what to do, ``done`` what the
    hub did meanwhile. ``detail`` keeps the platform's raw words. ``subject`` groups problems that one act
    solves (the account code, the contact id).
    """

    model_config = ConfigDict(frozen=True)

    code: str
    what: str
    why: str = ""
    fix: str = ""
    done: str = "Nothing was posted."
    subject: str = ""
    detail: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.what, self.why, self.fix, self.done) if part)


class HubError(Exception):
    """Every error the hub raises on purpose."""


class SettingsError(HubError):
    """A setting is missing or wrong; the text says which one and how to correct it."""


class RunLostError(HubError):
    """This run was taken over by another process; it must neither send nor commit any more."""


class StoppedError(HubError):
    """A person asked this run to stop; it ends after the step it is in."""


class CallsUsedError(StoppedError):
    """The run has made as many calls as it may; it parks, and the next run goes on where it ended."""


class ProviderError(HubError):
    """A provider's session could not do what was asked."""

    def __init__(self, problem: Problem | str) -> None:
        self.problem = problem if isinstance(problem, Problem) else Problem(code="provider", what=problem)
        super().__init__(str(self.problem))


class BusyError(ProviderError):
    """The platform asks us to wait ``retry_after`` seconds; nothing was done."""

    def __init__(self, problem: Problem | str, retry_after: float) -> None:
        super().__init__(problem)
        self.retry_after = retry_after


class UnreachableError(ProviderError):
    """Nothing was sent, or a read did not come back; trying again later is harmless."""


class UnsureError(ProviderError):
    """A write may have been carried out; it must be looked for before it is repeated."""


class RejectedError(ProviderError):
    """The platform refused. ``refresh`` asks for the target to be read again and planned anew."""

    def __init__(self, problem: Problem | str, *, refresh: bool = False) -> None:
        super().__init__(problem)
        self.refresh = refresh


class UnauthorizedError(ProviderError):
    """The credentials no longer work; the connection is suspended until a person reconnects it."""
