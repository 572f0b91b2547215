"""Status codes of answers, in QuickBooks' words where these are known, with their severities.

Sources: Intuit's page "Status codes in response messages" and messages that users of the SDK recorded. Where only the
meaning of a code is known the words are ours.
"""

from __future__ import annotations

NO_MATCH = "A query request did not find a matching object in QuickBooks"
NOT_IN_LIST = "QuickBooks error message: Invalid argument. The specified record does not exist in the list."
IN_USE = "QuickBooks error message: The list element is in use."


def severity(code: int) -> str:
    """Info below 500, Warn below 1000, else Error."""
    if code < 500:
        return "Info"
    return "Warn" if code < 1000 else "Error"


class StatusError(Exception):
    """A request that QuickBooks refuses; nothing of it is saved.

    `current` is the object that goes into the answer all the same (3200 shows what stands in the file).
    """

    def __init__(self, code: int, message: str, level: str = "", current: object = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.severity = level or severity(code)
        self.current = current


def not_simulated(what: str) -> StatusError:
    """QuickBooks can do it and this simulator can't: said loudly, so that nobody takes it for QuickBooks' answer."""
    return StatusError(1000, f"sim-qbdesktop does not simulate {what}.")


def bad_id(value: str, field: str) -> StatusError:
    return StatusError(3000, f'The given object ID "{value}" in the field "{field}" is invalid.')


def wrong_value(code: int, value: str, field: str) -> StatusError:
    return StatusError(code, f'There was an error when converting the value "{value}" in the field "{field}".')


def too_long(value: str, field: str) -> StatusError:
    return StatusError(3070, f'The string "{value}" in the field "{field}" is too long.')


def not_storable(value: str, field: str, reason: str) -> StatusError:
    text = f'There was an error when storing "{value}" in the "{field}" field.  QuickBooks error message: {reason}'
    return StatusError(3090, text)


def name_in_use(name: str) -> StatusError:
    return StatusError(3100, f'The name "{name}" of the list element is already in use.')


def not_found(what: str) -> StatusError:
    return StatusError(3120, f'Object "{what}" specified in the request cannot be found.  {NOT_IN_LIST}')


def bad_parent(name: str) -> StatusError:
    return StatusError(3130, f'There was an error when adding or modifying "{name}": its parent is not valid.')


def missing(field: str, record: str) -> StatusError:
    return StatusError(3150, f'There is a missing element: "{field}" in the {record}.')


def bad_reference(noun: str, name: str, record: str) -> StatusError:
    return StatusError(
        3140, f'There is an invalid reference to QuickBooks {noun} "{name}" in the {record}.  {NOT_IN_LIST}'
    )


def undeletable(noun: str, name: str) -> StatusError:
    return StatusError(3160, f'Cannot delete the object specified by the id = "{name}" ({noun}).  {IN_USE}')


def changed_by_another(noun: str) -> StatusError:
    return StatusError(3170, f"There was an error when modifying a {noun}: it was changed by another user.")


def closed(verb: str, noun: str) -> StatusError:
    return StatusError(
        3171,
        f"An attempt was made to {verb} a {noun} with a date that is on or before the closing date of the company."
        "  If you are sure you want to do this, please ask a user with authority to change the closing date.",
    )


def in_use(noun: str, name: str) -> StatusError:
    return StatusError(
        3175, f'There was an error when modifying the {noun} "{name}" because it is already in use.  {IN_USE}'
    )


def related_in_use(noun: str) -> StatusError:
    return StatusError(3176, f"A related object of the {noun} is in use or was changed.  {IN_USE}")


def not_saved(noun: str, reason: str) -> StatusError:
    return StatusError(3180, f"There was an error when saving a {noun}.  QuickBooks error message: {reason}")


def unvoidable(noun: str, reason: str) -> StatusError:
    return StatusError(3185, f"There was an error when voiding the {noun}.  QuickBooks error message: {reason}")


def stale(sequence: str, current: object) -> StatusError:
    return StatusError(3200, f'The provided edit sequence "{sequence}" is out-of-date. ', "", current)


def invalid_field(field: str, value: object, reason: str, level: str = "") -> StatusError:
    text = f'The "{field}" field has an invalid value "{value}".  QuickBooks error message: {reason}'
    return StatusError(3210, text, level)


def not_processed() -> StatusError:
    return StatusError(3231, "The request has not been processed.")


def feature_off(feature: str) -> StatusError:
    return StatusError(3250, f"This feature is not enabled or not available in this version of QuickBooks: {feature}.")


def not_permitted() -> StatusError:
    return StatusError(3260, "Insufficient permission level to perform this action.")


def no_personal_data() -> StatusError:
    return StatusError(3261, "The application has no permission to access personal data.")


def read_only() -> StatusError:
    return StatusError(3263, "The application is read-only: it may not write to this company file.")


def no_posting_account(noun: str, name: str) -> StatusError:
    return StatusError(3270, f'Missing posting account: the {noun} "{name}" has none for this transaction.')


def wrong_item_type(name: str) -> StatusError:
    return StatusError(3280, f'The item "{name}" is of a type that cannot be used here.')
