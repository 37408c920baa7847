"""What the state of a cell says, and what it does not say."""

from collections.abc import Mapping

from bench.records.schema import Status

STATES: Mapping[Status, str] = {
    Status.OK: "The attack ran to its end and its claim was scored.",
    Status.INVALID: "The attack missed a leak that was planted for it to find, so it proves nothing: a low score would "
    "say that the attack is weak, not that the defense is private.",
    Status.FAILED: "The attack stopped with an error, or its claim could not be scored. That is no sign of privacy.",
    Status.TIMEOUT: "The attack was stopped at its time limit before it claimed anything. That is no sign of privacy.",
}
