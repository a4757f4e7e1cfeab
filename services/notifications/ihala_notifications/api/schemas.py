"""What callers send and get; answers are described here and made in ``views.py``."""

from __future__ import annotations

import marshmallow as ma

from ihala.http import Answer, Body, PageQuery, fields, page_of
from ihala_notifications.domain.desk import LANGUAGES
from ihala_notifications.domain.message import State
from ihala_notifications.usecases.webhooks import EVENT_TYPES

_MOMENT = ma.fields.AwareDateTime


class StepAnswer(Answer):
    """A state that a message came to."""

    state = fields.Choice(State, required=True)
    at = _MOMENT(required=True)
    reason = ma.fields.String(required=True)


class AttemptAnswer(Answer):
    """One call of a provider."""

    number = ma.fields.Integer(required=True)
    started_at = _MOMENT(required=True)
    ended_at = _MOMENT(required=True, allow_none=True)
    still_true = ma.fields.String(
        required=True, metadata={"description": "The fact that was checked right before."}
    )
    outcome = ma.fields.String(
        required=True, metadata={"description": "Empty while nobody knows how it ended."}
    )
    answer = ma.fields.String(required=True, metadata={"description": "The provider's own code."})


class MessageAnswer(Answer):
    """One copy of a notification: for one address, on one channel."""

    id = fields.Id("msg", required=True)
    channel = ma.fields.String(required=True)
    address = ma.fields.String(required=True, metadata={"description": "Masked."})
    language = ma.fields.String(required=True)
    state = fields.Choice(State, required=True)
    reason = ma.fields.String(required=True)
    next_at = _MOMENT(required=True, allow_none=True)


class TracedMessageAnswer(MessageAnswer):
    """A message with everything that was done about it."""

    language_from = ma.fields.String(required=True)
    states = ma.fields.List(ma.fields.Nested(StepAnswer), required=True)
    attempts = ma.fields.List(ma.fields.Nested(AttemptAnswer), required=True)


class CauseAnswer(Answer):
    """The event that made us tell somebody."""

    event_id = ma.fields.String(required=True, allow_none=True)
    type = ma.fields.String(required=True)
    time = _MOMENT(required=True)
    subject = ma.fields.String(required=True, allow_none=True)


class RecipientAnswer(Answer):
    """Who is told."""

    kind = ma.fields.String(required=True)
    id = ma.fields.String(required=True)
    role = ma.fields.String(required=True)


class _OfNotification(Answer):
    """What every view of a notification shows."""

    id = fields.Id("ntf", required=True)
    cause = ma.fields.Nested(CauseAnswer, required=True)
    rule = ma.fields.String(required=True)
    class_ = ma.fields.String(required=True, data_key="class")
    recipient = ma.fields.Nested(RecipientAnswer, required=True)
    created_at = _MOMENT(required=True)
    expires_at = _MOMENT(required=True)
    acknowledged_at = _MOMENT(required=True, allow_none=True)


class NotificationAnswer(_OfNotification):
    """A notification and where its messages stand."""

    template = ma.fields.String(required=True)
    messages = ma.fields.List(ma.fields.Nested(MessageAnswer), required=True)


class ConditionAnswer(Answer):
    """What must still hold before each attempt."""

    referral_id = ma.fields.String(required=True)
    offer_number = ma.fields.Integer(required=True, allow_none=True)
    offer_status = ma.fields.List(ma.fields.String(), required=True, allow_none=True)
    scheduled_at = ma.fields.String(required=True, allow_none=True)


class TemplateUsedAnswer(Answer):
    """The words that were chosen."""

    name = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True, allow_none=True)
    purpose = ma.fields.String(required=True)


class TraceAnswer(_OfNotification):
    """One answer to "why did, or didn't, this desk or person get it?"."""

    template = ma.fields.Nested(TemplateUsedAnswer, required=True)
    correlation_id = ma.fields.String(required=True)
    still_true_while = ma.fields.Nested(ConditionAnswer, required=True, allow_none=True)
    messages = ma.fields.List(ma.fields.Nested(TracedMessageAnswer), required=True)
    summary = ma.fields.List(
        ma.fields.String(), required=True, metadata={"description": "The same in sentences."}
    )


class NotificationQuery(PageQuery):
    """Which notifications to list."""

    referral_id = fields.Id("ref")
    facility_id = fields.Id("fac")
    cause_event_id = fields.Text(max_length=200)
    state = ma.fields.String(
        validate=ma.validate.OneOf([state.value for state in State]),
        metadata={"description": "Those with a message in this state."},
    )


class InboxQuery(PageQuery):
    """Which messages of the inbox to list."""

    unread = fields.Flag(load_default=False)


class InboxItemAnswer(Answer):
    """A message as its reader sees it, in the language that the reader asks for."""

    id = fields.Id("ntf", required=True)
    subject = ma.fields.String(required=True)
    text = ma.fields.String(required=True)
    language = ma.fields.String(required=True)
    direction = ma.fields.String(required=True)
    class_ = ma.fields.String(required=True, data_key="class")
    referral_id = ma.fields.String(required=True, allow_none=True)
    at = _MOMENT(required=True)
    acknowledged_at = _MOMENT(required=True, allow_none=True)
    acknowledged_by = ma.fields.String(required=True, allow_none=True)


class UnreadAnswer(Answer):
    """How many messages nobody has acknowledged; counting stops at 1000."""

    unread = ma.fields.Integer(required=True)


class NewWebhook(Body):
    """A subscription to make: for one facility, or for the caller's organisation."""

    url = fields.Text(max_length=500, required=True)
    event_types = ma.fields.List(
        ma.fields.String(validate=ma.validate.OneOf(EVENT_TYPES)),
        required=True,
        validate=ma.validate.Length(min=1, max=len(EVENT_TYPES)),
    )
    facility_id = fields.Id("fac")
    organisation_id = fields.Text(max_length=100)

    @ma.validates_schema
    def _one_owner(self, data: dict[str, object], **_: object) -> None:
        if ("facility_id" in data) == ("organisation_id" in data):
            detail = "Name either facility_id or organisation_id."
            raise ma.ValidationError(detail, "facility_id")


class WebhookAnswer(Answer):
    """A subscription; its secret is never shown again."""

    id = fields.Id("whk", required=True)
    url = ma.fields.String(required=True)
    event_types = ma.fields.List(ma.fields.String(), required=True)
    owner = ma.fields.String(required=True)
    created_at = _MOMENT(required=True)
    created_by = ma.fields.String(required=True)


class WebhookWithSecretAnswer(WebhookAnswer):
    """A subscription right after its secret was made: null where the request is a repetition."""

    secret = ma.fields.String(required=True, allow_none=True)


class TemplateValueAnswer(Answer):
    """A value that a template takes."""

    name = ma.fields.String(required=True)
    kind = ma.fields.String(required=True)
    required = ma.fields.Boolean(required=True)
    example = ma.fields.Raw(required=True)


class TemplateAnswer(Answer):
    """A template: what it is for and what it takes."""

    name = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)
    purpose = ma.fields.String(required=True)
    protected = ma.fields.Boolean(required=True)
    requestable = ma.fields.Boolean(required=True)
    languages = ma.fields.List(ma.fields.String(), required=True)
    values = ma.fields.List(ma.fields.Nested(TemplateValueAnswer), required=True)


TemplatesAnswer = page_of(TemplateAnswer)


class PreviewRequest(Body):
    """Fill a template in; values that are not given are its examples'."""

    language = fields.Choice(LANGUAGES, required=True)
    values = ma.fields.Dict(
        keys=fields.Code(),
        values=ma.fields.Raw(allow_none=True),
        load_default=dict,
        validate=ma.validate.Length(max=40),
    )


class PreviewAnswer(Answer):
    """The words as they would be sent by e-mail."""

    subject = ma.fields.String(required=True)
    text = ma.fields.String(required=True)
    html = ma.fields.String(required=True)
    language = ma.fields.String(required=True)
    direction = ma.fields.String(required=True)
