"""The real parts by their names: each one starts, is killed, restarts and stops."""

from __future__ import annotations

from ihala.testing.broker import Broker
from ihala.testing.mongod import Mongod, PartMissingError
from ihala.testing.smtp_sink import Mail, Rule, SmtpSink

__all__ = ["Broker", "Mail", "Mongod", "PartMissingError", "Rule", "SmtpSink"]
