"""Telling people what they asked to be told, by e-mail."""

from hub.notify.mail import MailError, can_send, send

__all__ = ["MailError", "can_send", "send"]
