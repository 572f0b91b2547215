"""OAuth 2: asking a person for consent, and keeping its tokens good."""

from hub.oauth.authorization import Grant, begin, finish, give_up
from hub.oauth.consent import Consent

__all__ = ["Consent", "Grant", "begin", "finish", "give_up"]
