"""Name: every error Interlock raises, and who acts next.

```
InterlockError
├── PolicyError            policy author   a policy file that does not load
├── CanonError             agent           a value that cannot be carried exactly
├── LedgerError            operator        the record cannot be used
│   ├── LedgerBusy                         locked by another process for too long
│   ├── LedgerUnavailable                  its server is gone, or the connection to it
│   ├── LedgerReadOnly                     no right or no space to write
│   ├── LedgerTooNew                       written by a newer Interlock
│   └── NotALedger                         some other file or database
├── DeskError              operator        an answer that does not count
│   ├── UnknownId                          no such call, request or output
│   ├── AlreadyDecided                     the request is closed
│   └── NotEligible                        this person may not decide this request
├── SaverError             operator        a checkpointer that would run code from its database
├── UnknownHost            operator        a thread of an application that is not here
├── TamperError            operator        the record does not verify
└── InvariantError         us              a law of the path is about to be broken
    ├── WarrantError                       execution without a valid, unspent warrant
    └── StaleTransition                    the call moved on under us
```
"""

from typing import ClassVar, Literal

Actor = Literal["agent", "operator", "policy author", "us"]


class InterlockError(Exception):
    """Any error of Interlock: one line, what was wrong, where, what to do."""

    acts: ClassVar[Actor] = "us"
    """Who acts next."""


class PolicyError(InterlockError):
    """A policy that does not load; the message starts with `file:line:column:`."""

    acts = "policy author"


class CanonError(InterlockError):
    """A value that has no exact canonical form; the message names the argument."""

    acts = "agent"


class LedgerError(InterlockError):
    """The ledger cannot be used; nothing ran."""

    acts = "operator"


class LedgerBusy(LedgerError):
    """Another process holds the ledger's write lock for too long."""


class LedgerUnavailable(LedgerError):
    """The ledger's server, or the connection to it, is gone for now."""


class LedgerReadOnly(LedgerError):
    """The ledger cannot be written."""


class LedgerTooNew(LedgerError):
    """The ledger was written by a newer version."""


class NotALedger(LedgerError):
    """The file or database is something else."""


class DeskError(InterlockError):
    """A human's answer that does not count; the request is unchanged."""

    acts = "operator"


class UnknownId(DeskError):
    """No call, request or output has this id."""


class AlreadyDecided(DeskError):
    """The request is closed; the answer came second or late."""


class NotEligible(DeskError):
    """This person may not decide this request."""


class SaverError(InterlockError):
    """A checkpointer that would build arbitrary objects from its database."""

    acts = "operator"


class UnknownHost(InterlockError):
    """The thread belongs to an application that is not loaded here."""

    acts = "operator"


class TamperError(InterlockError):
    """The record does not verify."""

    acts = "operator"


class InvariantError(InterlockError):
    """A law of the path is about to be broken; a defect in Interlock."""


class WarrantError(InvariantError):
    """Execution without a valid, unspent warrant."""


class StaleTransition(InvariantError):
    """The call is no longer in the state and version that was read."""
