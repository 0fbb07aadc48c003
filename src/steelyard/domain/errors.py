"""This file is the tree of errors, sorted by who must act."""


class SteelyardError(Exception):
    """Refuse to go on, with one sentence: what was found, what is allowed, what to do.

    ``exit_code`` is what a command ends with: 2 is the user's mistake, 3 the data's or the venue's.
    """

    exit_code = 2


class RequestError(SteelyardError):
    """The person who asked must ask otherwise: dates, names, folders, options."""


class PolicyError(SteelyardError):
    """The author of the policy must mend the file."""


class DataError(SteelyardError):
    """The keeper of the data must mend, complete or replace a series."""

    exit_code = 3


class LedgerError(SteelyardError):
    """The books disagree with themselves: stop."""

    exit_code = 3


class VenueBusy(SteelyardError):  # noqa: N818 - what it is, in the words of the glossary
    """Nobody must act: the venue or the network is away for now, and trying again later helps."""

    exit_code = 3


class VenueRefused(SteelyardError):  # noqa: N818 - as above
    """The operator must act: the venue will not give what was asked for."""

    exit_code = 3
