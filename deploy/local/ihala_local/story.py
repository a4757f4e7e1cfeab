"""The main job: a referral travels from one clinic to another, and all who must know are told."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.markup import escape

from ihala.testing.parts import Mail
from ihala.testing.waiting import wait_for
from ihala_local import mailbox
from ihala_local.api import Api, StoryBrokenError
from ihala_local.mailbox import Mailbox
from ihala_local.places import Places
from ihala_local.screen import heading, say
from ihala_local.tables import show_excluded, show_history, show_matches
from ihala_local.trace import Trace

PERSON = "مريم الأحمد"
_SAFE_ADDRESS = "safe@person.example.org"
_DISCLOSED = ["name", "sex", "birth_date", "phone", "reason", "clinical_summary"]


def tell(places: Places) -> None:
    """Perform the main job on the stack that is up, and print it as a person would follow it.

    Raises StoryBrokenError where the outcome of a step is not what it should be.
    """
    stack = json.loads(places.stack_file.read_text(encoding="utf-8"))
    with closing(Trace(stack["kafka"])) as trace:
        Story(stack, trace).tell()


class Story:
    """The people of the story and what they know of one another."""

    def __init__(self, stack: dict[str, Any], trace: Trace) -> None:
        tokens = stack["tokens"]
        self._a, self._b = stack["facilities"]["clinic_a"], stack["facilities"]["clinic_b"]
        self._registry = Api("the hospital", stack["registry"], tokens["clinic_b"])
        self._clinic = Api("the clinic", stack["referrals"], tokens["clinic_a"])
        self._hospital = Api("the hospital", stack["referrals"], tokens["clinic_b"])
        self._clinic_is = Api("the clinic", stack["notifications"], tokens["clinic_a"])
        self._hospital_is = Api("the hospital", stack["notifications"], tokens["clinic_b"])
        self._mails = Mailbox(Path(stack["mail_dir"]))
        self._trace = trace
        self._referral = ""

    def tell(self) -> None:
        """From the first report to the last event."""
        steps: tuple[tuple[str, Callable[[], None]], ...] = (
            ("1. The hospital reports what its dialysis can take", self._report),
            ("2. The clinic looks for dialysis: who, and why", self._look),
            ("3. It refers a person, who agreed to it", self._refer),
            ("4. The hospital is e-mailed, without the person's name", self._offer_arrives),
            ("5. The hospital reads the coded preview and accepts", self._accept),
            ("6. The clinic is told", self._clinic_is_told),
            ("7. An appointment, the visit, and a counter-referral", self._visit),
            ("8. The clinic reads it and closes the loop", self._close),
            ("9. Why did they get it? One answer", self._why),
            ("10. Every event between the services", self._events),
        )
        for title, step in steps:
            heading(title)
            step()

    def _report(self) -> None:
        facility = self._registry.get(f"facilities/{self._b}")
        say(f"  {facility['name']['ar']}  {facility['name']['en']}")
        free = secrets.randbelow(4) + 2
        capacity = {"unit": "chair", "maximum": 12, "available": free}
        self._registry.put(f"facilities/{self._b}/services/dialysis/capacity", capacity)
        say(f"  {free} of 12 chairs are free. The other services hear of it by event:")
        heard = self._trace.wait_for(
            lambda event: event.type == "facility.capacity_reported" and event.subject == self._b,
            what="the report on registry.facilities",
        )
        say(f"  registry.facilities: {heard.type}, event {heard.id}")

    def _look(self) -> None:
        def matches(*, quietly: bool) -> Any:
            return self._clinic.get(
                "matches",
                quietly=quietly,
                service="dialysis",
                facility_id=self._a,
                priority="urgent",
                age=58,
                limit=5,
            )

        # Refused for as long as matching has not heard of the clinic itself.
        wait_for(
            lambda: self._b in [it["facility_id"] for it in matches(quietly=True)["matches"]],
            deadline_s=30,
            what="the hospital among the matches",
            every_s=0.2,
            retry_on=(StoryBrokenError,),
        )
        found = matches(quietly=False)
        show_matches(found["matches"])
        show_excluded(found["excluded"])

    def _refer(self) -> None:
        made = self._clinic.post("referrals", self._new_referral())
        self._referral = made["id"]
        say(f"  Referral {made['code']} is {made['status']}, its offer is {_offer(made)['status']}")
        say(f"  and waits for an answer until {_offer(made)['respond_by']}.")

    def _new_referral(self) -> dict[str, Any]:
        scope = {"facility_id": self._b, "fields": _DISCLOSED}
        return {
            "priority": "urgent",
            "service_code": "dialysis",
            "reason": "Missed two sessions; the nearest unit has no supplies.",
            "clinical_summary": "On haemodialysis since 2021, three sessions a week.",
            "person": {
                "case_code": f"HD-{secrets.randbelow(9000) + 1000}",
                "name": PERSON,
                "sex": "female",
                "birth_date": "1968-04-02",
                "phone": "+963944123456",
                "safe_contact": {"channel": "email", "value": _SAFE_ADDRESS, "language": "ar"},
            },
            "consent": {
                "status": "given",
                "given_by": "individual",
                "scope": [scope],
                "contact": True,
            },
            "shortlist": [self._b],
            "send": True,
        }

    def _offer_arrives(self) -> None:
        mail = self._mail_about("referral.sent", self._hospital_is)
        mailbox.show(mail)
        raw = mail.file.read_bytes().decode(errors="replace") + mail.text
        if any(part in raw for part in (PERSON, *PERSON.split(), "944123456")):
            raise StoryBrokenError(f"{mail.file} names the person")
        say("  [dim]Checked: neither name nor phone number is anywhere in it.[/]")

    def _accept(self) -> None:
        opened = self._hospital.post(f"referrals/{self._referral}/open", {})
        say(f"  Before it accepts, the hospital sees of the person: {_person(opened)}")
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
        accepted = self._act("accept", {"expected_on": tomorrow})
        say(f"  Once it has accepted, what the consent lists: {_person(accepted)}")

    def _act(self, action: str, body: dict[str, Any]) -> Any:
        return self._hospital.post(f"referrals/{self._referral}/offers/1/{action}", body)

    def _clinic_is_told(self) -> None:
        mailbox.show(self._mail_about("referral.accepted", self._clinic_is))

    def _mail_about(self, event: str, told: Api, kind: str = "facility") -> Mail:
        """The mail that a desk, or the person, is sent because of an event of the referral."""

        def message() -> str | None:
            page = told.get("notifications", quietly=True, referral_id=self._referral)
            because = [it for it in page["items"] if it["cause"]["type"] == event]
            theirs = [it for it in because if it["recipient"]["kind"] == kind]
            copies = [copy for it in theirs for copy in it["messages"]]
            return next((copy["id"] for copy in copies if copy["channel"] == "email"), None)

        return self._mails.copy_of(wait_for(message, deadline_s=30, what=f"a mail about {event}"))

    def _visit(self) -> None:
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        at = tomorrow.replace(hour=7, minute=0, second=0, microsecond=0)
        self._act("schedule", {"scheduled_at": at.isoformat()})
        say("  The person agreed to be written to, at an address that only notifications can read:")
        mailbox.show(self._mail_about("referral.scheduled", self._hospital_is, "person"))
        self._act("arrive", {})
        words = "Dialysed four hours without trouble. Next session on Sunday; potassium 5.1."
        self._act("complete", {"outcome": "continuing", "note": words})
        mailbox.show(self._mail_about("referral.completed", self._clinic_is))

    def _close(self) -> None:
        read = self._clinic.get(f"referrals/{self._referral}")
        for note in read["notes"]:
            say(f"  The hospital wrote: [italic]{escape(note['text'])}[/]")
        closed = self._clinic.post(f"referrals/{self._referral}/close", {})
        say(f"  Referral {closed['code']} is {closed['status']}; closed at {closed['closed_at']}.")
        show_history(self._clinic.get(f"referrals/{self._referral}/history")["history"])

    def _why(self) -> None:
        page = self._clinic_is.get("notifications", referral_id=self._referral)
        first = min(page["items"], key=lambda one: str(one["created_at"]))
        trace = self._clinic_is.get(f"notifications/{first['id']}/trace")
        for sentence in trace["summary"]:
            say(f"  {escape(sentence)}")

    def _events(self) -> None:
        self._trace.wait_for(
            lambda event: event.type == "referral.closed" and event.subject == self._referral,
            what="the event of the closed loop",
        )
        self._trace.show()


def _offer(referral: dict[str, Any]) -> dict[str, Any]:
    offer: dict[str, Any] = referral["offers"][-1]
    return offer


def _person(referral: dict[str, Any]) -> str:
    known = {name: value for name, value in referral["person"].items() if value is not None}
    return escape(", ".join(f"{name} {value}" for name, value in known.items())) or "nothing"
