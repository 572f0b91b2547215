"""Coming in: Flask-Security with our tables, our words, our rules for passwords, and a log that slows guessers down."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app, request, session
from flask_security import (
    ChangePasswordForm,
    LoginForm,
    MailUtil,
    MfRecoveryForm,
    PasswordUtil,
    Security,
    TwoFactorVerifyCodeForm,
    VerifyForm,
    login_user,
    password_changed,
    password_reset,
    tf_disabled,
    tf_profile_changed,
    user_authenticated,
)
from flask_security.forms import ForgotPasswordForm

from hub import notify
from hub.accounts import Account, passwords
from hub.accounts.attempts import Attempts, Outcome
from hub.accounts.datastore import SealedTotp
from hub.engine import Hub
from hub.web.access import person
from hub.web.signed_in import PeopleOfPages

log = logging.getLogger("hub.web")

FRESH = timedelta(minutes=30)
"""How long after giving the password a person may change how they sign in."""

LINK_VALID = timedelta(hours=1)

WORDS = {
    "GENERIC_AUTHN_FAILED": ("The e-mail or the password is not right.", "danger"),
    "UNAUTHENTICATED": ("Please sign in first.", "info"),
    "REAUTHENTICATION_REQUIRED": ("Please give your password once more: this changes how you sign in.", "info"),
    "REAUTHENTICATION_SUCCESSFUL": ("Thank you. Go on where you were.", "success"),
    "ANONYMOUS_USER_REQUIRED": ("You are signed in already.", "info"),
    "EMAIL_NOT_PROVIDED": ("Please fill this in.", "danger"),
    "INVALID_EMAIL_ADDRESS": ("This is not an e-mail address.", "danger"),
    "PASSWORD_NOT_PROVIDED": ("Please fill this in.", "danger"),
    "INVALID_PASSWORD": ("The password is not right.", "danger"),
    "RETYPE_PASSWORD_MISMATCH": ("The two passwords differ.", "danger"),
    "PASSWORD_IS_THE_SAME": ("The new password is the old one.", "danger"),
    "PASSWORD_CHANGE": ("Your password is changed. You are signed out everywhere else.", "success"),
    "PASSWORD_RESET_REQUEST": (
        "If somebody signs in with %(email)s, a link to choose a new password is on its way there."
        " It works for one hour.",
        "info",
    ),
    "PASSWORD_RESET_EXPIRED": ("This link is older than an hour. Ask for another one.", "danger"),
    "INVALID_RESET_PASSWORD_TOKEN": ("This link does not work any more. Ask for another one.", "danger"),
    "PASSWORD_RESET_NO_LOGIN": ("Your password is changed. Sign in with the new one.", "success"),
    "TWO_FACTOR_INVALID_TOKEN": ("The code is not right, or was used before. Wait for the next one.", "danger"),
    "TWO_FACTOR_LOGIN_SUCCESSFUL": ("You are signed in.", "success"),
    "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": (
        "Two-factor sign-in is on. Now make recovery codes, for the day the phone is lost.",
        "success",
    ),
    "TWO_FACTOR_DISABLED": ("Two-factor sign-in is off.", "success"),
    "TWO_FACTOR_SETUP_EXPIRED": ("That took more than %(within)s. Please start again.", "danger"),
    "TWO_FACTOR_PERMISSION_DENIED": ("Please sign in first.", "danger"),
    "INVALID_RECOVERY_CODE": ("The recovery code is not right, or was used before.", "danger"),
    "NO_RECOVERY_CODES_SETUP": ("There are no recovery codes yet.", "info"),
    "INVALID_REDIRECT": ("The address to go to afterwards was not one of ours.", "danger"),
}


def install(app: Flask, hub: Hub) -> None:
    """Let people sign in to ``app``."""
    configure(app, hub)
    security = Security(
        app,
        PeopleOfPages(hub),
        login_form=SignInForm,
        verify_form=ConfirmForm,
        change_password_form=NewPasswordForm,
        forgot_password_form=ForgottenForm,
        two_factor_verify_code_form=CodeForm,
        mf_recovery_form=RecoveryForm,
        mail_util_cls=Post,
        password_util_cls=Passwords,
        totp_cls=_totp(hub),
    )
    # Pages and sessions only: the library would also speak JSON, and take tokens that it signs itself.
    security.want_json(lambda _request: False)
    security.login_manager.request_loader(lambda _request: None)
    # It would also read the person for every picture and for monitors, to hand roles to a library that nobody asks.
    security.principal.identity_loaders.clear()
    app.extensions["attempts"] = Attempts(hub)
    user_authenticated.connect(_signed_in, app)
    password_changed.connect(_noted(Outcome.PASSWORD_CHANGED), app, weak=False)
    password_reset.connect(_noted(Outcome.PASSWORD_RESET), app, weak=False)
    tf_profile_changed.connect(_noted(Outcome.FACTOR_CHANGED), app, weak=False)
    tf_disabled.connect(_noted(Outcome.FACTOR_CHANGED), app, weak=False)


def configure(app: Flask, hub: Hub) -> None:
    """What of the library is used, where, and in what words."""
    mail = notify.can_send(hub.settings)
    options: dict[str, Any] = {
        "LOGIN_URL": "/sign-in",
        "LOGOUT_URL": "/sign-out",
        "CHANGE_URL": "/profile/password",
        "RESET_URL": "/forgotten-password",
        "VERIFY_URL": "/confirm-password",
        "TWO_FACTOR_SETUP_URL": "/profile/two-factor",
        "TWO_FACTOR_TOKEN_VALIDATION_URL": "/sign-in/code",
        "MULTI_FACTOR_RECOVERY_URL": "/sign-in/recovery-code",
        "MULTI_FACTOR_RECOVERY_CODES_URL": "/profile/recovery-codes",
        "POST_CHANGE_VIEW": "/profile",
        "POST_LOGOUT_VIEW": "/sign-in",
        "TWO_FACTOR_POST_SETUP_VIEW": "/profile",
        "CHANGEABLE": True,
        "RECOVERABLE": mail,
        "SEND_PASSWORD_CHANGE_EMAIL": mail,
        "EMAIL_HTML": False,
        "EMAIL_SUBJECT_PASSWORD_RESET": "Choose a new password for Ledgerport",
        "EMAIL_SUBJECT_PASSWORD_NOTICE": "Your Ledgerport password was changed",
        "EMAIL_SUBJECT_PASSWORD_CHANGE_NOTICE": "Your Ledgerport password was changed",
        # Addresses inside a company are addresses too; nothing is looked up in the network.
        "EMAIL_VALIDATOR_ARGS": {"check_deliverability": False, "globally_deliverable": False},
        "RESET_PASSWORD_WITHIN": LINK_VALID,
        "TWO_FACTOR": True,
        "TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "TWO_FACTOR_RESCUE_EMAIL": False,
        "MULTI_FACTOR_RECOVERY_CODES": True,
        "MULTI_FACTOR_RECOVERY_CODES_N": 8,
        "TOTP_SECRETS": {"1": "the vault seals them"},
        "TOTP_ISSUER": f"Ledgerport {urlsplit(hub.settings.base_url).hostname or ''}".strip(),
        "RETURN_GENERIC_RESPONSES": True,
        "PASSWORD_HASH": "argon2",
        "PASSWORD_SCHEMES": ["argon2"],
        # No pepper: it would be one more key that can't be changed.
        "PASSWORD_SINGLE_HASH": ["argon2"],
        "PASSWORD_LENGTH_MIN": passwords.SHORTEST,
        "DEFAULT_REMEMBER_ME": False,
        "API_ENABLED_METHODS": ["session"],
        "FRESHNESS": FRESH,
        "FRESHNESS_GRACE_PERIOD": timedelta(0),
        "CLI_USERS_NAME": None,
        "CLI_ROLES_NAME": None,
        **{f"MSG_{name}": words for name, words in WORDS.items()},
    }
    app.config.update({f"SECURITY_{name}": value for name, value in options.items()})


class Passwords(PasswordUtil):
    """Our rules in the library's forms."""

    def normalize(self, password: str) -> str:
        """As it is hashed and compared."""
        return passwords.normalized(password)

    def validate(self, password: str, is_register: bool, **about: Any) -> tuple[list[str] | None, str]:
        """What speaks against a password, and the password as it is hashed."""
        user = about.get("user")
        words = (user.email, user.first_name, user.last_name) if user is not None else ()
        objection = passwords.objection(password, words)
        return [objection] if objection else None, self.normalize(password)


class Post(MailUtil):
    """The library's letters, through our mail server."""

    def send_mail(
        self, template: str, subject: str, recipient: Any, sender: Any, body: Any, html: Any, **_: Any
    ) -> None:
        """Send one from a thread of its own: how long a page takes tells nobody whether an e-mail is known."""
        settings = current_app.extensions["hub"].settings
        threading.Thread(target=_post, args=(settings, str(recipient), str(subject), str(body)), daemon=True).start()


def _post(settings: Any, recipient: str, subject: str, body: str) -> None:
    try:
        notify.send(settings, [recipient], subject, body)
    except notify.MailError:
        log.exception("the e-mail %r could not be sent", subject)


# -- forms that count failed attempts --------------------------------------------------------------------------------


def enter(account: Account) -> None:
    """Sign somebody in who has just chosen a password."""
    login_user(account, authn_via=["password"])


def attempts() -> Attempts:
    """The log of this application."""
    found: Attempts = current_app.extensions["attempts"]
    return found


def address() -> str:
    """Where the request comes from. Behind a proxy that is the proxy: forwarding headers are not believed."""
    return request.remote_addr or ""


def wait_message(email: str) -> str:
    """What to tell somebody who tried too often; nothing if they may try now. The refusal is noted."""
    minutes = attempts().wait(email, address())
    if not minutes:
        return ""
    attempts().record(email, address(), Outcome.TOO_MANY)
    return f"Too many failed attempts. Try again in {minutes} {'minute' if minutes == 1 else 'minutes'}."


class SignInForm(LoginForm):
    """E-mail and password."""

    def validate(self, **options: Any) -> bool:
        """Whether they fit; a wrong pair is counted."""
        email = str(self.email.data or "")
        self.remember.data = False  # a closed browser is signed out, whatever a form sends
        if refusal := wait_message(email):
            self.form_errors.append(refusal)
            return False
        fits = bool(super().validate(**options))
        if not fits and email and self.password.data:
            attempts().record(email, address(), Outcome.WRONG_PASSWORD)
        return fits


class ConfirmForm(VerifyForm):
    """The password once more."""

    def validate(self, **options: Any) -> bool:
        """Whether it fits; a wrong one is counted."""
        return _counted(self, self.password, Outcome.WRONG_PASSWORD, self.user.email, super().validate, options)


class NewPasswordForm(ChangePasswordForm):
    """The present password and a new one."""

    def validate(self, **options: Any) -> bool:
        """Whether both will do; a wrong present one is counted."""
        acting = person()
        email = acting.email if acting else ""
        return _counted(self, self.password, Outcome.WRONG_PASSWORD, email, super().validate, options)


class CodeForm(TwoFactorVerifyCodeForm):
    """A code of the app."""

    def validate(self, **options: Any) -> bool:
        """Whether it is right; a wrong one is counted."""
        email = self.user.email if self.user else ""
        self.code.data = str(self.code.data or "").replace(" ", "")  # apps show it in two groups
        return _counted(self, self.code, Outcome.WRONG_CODE, email, super().validate, options)


class RecoveryForm(MfRecoveryForm):
    """A recovery code."""

    def validate(self, **options: Any) -> bool:
        """Whether it is right; a wrong one is counted."""
        email = self.user.email if self.user else ""
        self.code.data = str(self.code.data or "").strip().lower()
        return _counted(self, self.code, Outcome.WRONG_CODE, email, super().validate, options)


def _counted(form: Any, field: Any, outcome: Outcome, email: str, validate: Any, options: dict[str, Any]) -> bool:
    if refusal := wait_message(email):
        form.form_errors.append(refusal)
        return False
    fits = bool(validate(**options))
    if not fits and field.data and field.errors:
        attempts().record(email, address(), outcome)
    return fits


class ForgottenForm(ForgotPasswordForm):
    """The e-mail of somebody who forgot the password."""

    def validate(self, **options: Any) -> bool:
        """Whether a link is to be sent. Nobody's mailbox is filled by others."""
        email = str(self.email.data or "")
        fits = bool(super().validate(**options)) and attempts().may_send_link(email)
        if fits:
            attempts().record(email, address(), Outcome.LINK_SENT)
        elif not self.errors:
            self.email.errors = ["sent often enough"]  # the page says the same as for a stranger's address
        return fits


# -- what goes into the log -----------------------------------------------------------------------------------------


def _signed_in(_app: Flask, user: Account, **_: Any) -> None:
    # Nothing of the time before belongs to the person: another token for forms, no half-done confirmation.
    for name in [name for name in session if not name.startswith(("_", "fs_", "tf_"))]:
        session.pop(name)
    attempts().record(user.email, address(), Outcome.SIGNED_IN)


def _noted(outcome: Outcome) -> Any:
    def note(_app: Flask, user: Account, **_: Any) -> None:
        attempts().record(user.email, address(), outcome)

    return note


def _totp(hub: Hub) -> Any:
    """What the library calls as if it were a class."""
    return lambda _secrets, issuer: SealedTotp(hub, issuer)
