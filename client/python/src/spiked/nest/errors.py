"""Errors by the names that NEST gives them; all of them are :class:`NESTError`."""

from __future__ import annotations


class NESTError(Exception):
    """Something is wrong with a call; nothing of it was done."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        #: The parameter or argument at fault.
        self.field = field


class BadProperty(NESTError, ValueError):
    """A parameter may not have this value."""


class StepMultipleRequired(BadProperty):
    """A time must be a multiple of the resolution."""


class BadDelay(NESTError, ValueError):
    """A delay may not have this value."""


class BadParameter(NESTError, ValueError):
    """An argument may not have this value."""


class TypeMismatch(NESTError, TypeError):
    """A parameter or argument is of the wrong type."""


class DimensionMismatch(NESTError, ValueError, IndexError):
    """Two things that belong together have different sizes."""


class UnknownModelName(NESTError, LookupError):
    """There is no model of this name."""


class UnknownSynapseType(NESTError, LookupError):
    """There is no synapse model of this name."""


class UnknownNode(NESTError, LookupError):
    """There is no node of this number."""


class NewModelNameExists(NESTError):
    """There is a model of this name already."""


class DictError(NESTError):
    """Something is wrong with a dictionary of parameters."""


class UnaccessedDictionaryEntry(DictError, KeyError):
    """A dictionary has an entry that means nothing here."""

    def __str__(self) -> str:
        return str(self.args[0])


class UnknownReceptorType(NESTError, ValueError):
    """The target has no such receptor."""


class IllegalConnection(NESTError):
    """These nodes cannot be connected."""


class InexistentConnection(NESTError, LookupError):
    """There is no such connection."""


class NumericalInstability(NESTError, ArithmeticError):
    """A current or potential has left the finite numbers."""


class KernelException(NESTError):
    """The kernel cannot do this now."""


class UnsupportedModel(UnknownModelName, NotImplementedError):
    """The server has no such model of a node, whether or not NEST has."""


class UnsupportedSynapse(UnknownSynapseType, NotImplementedError):
    """The server has no such model of a synapse, whether or not NEST has."""


class UnsupportedEntry(UnaccessedDictionaryEntry, NotImplementedError, AttributeError):
    """The server has no such parameter, whether or not NEST has."""


class UnknownAttribute(UnsupportedEntry, ValueError):
    """The kernel has no such attribute, whether or not NEST's has."""


class ReadOnly(BadProperty, AttributeError):
    """An attribute of the kernel cannot be set."""


class NESTErrors:
    """All errors, as ``nest.kernel.NESTErrors.BadProperty``."""

    NESTError = NESTError
    BadProperty = BadProperty
    StepMultipleRequired = StepMultipleRequired
    BadDelay = BadDelay
    BadParameter = BadParameter
    TypeMismatch = TypeMismatch
    DimensionMismatch = DimensionMismatch
    UnknownModelName = UnknownModelName
    UnknownSynapseType = UnknownSynapseType
    UnknownNode = UnknownNode
    NewModelNameExists = NewModelNameExists
    DictError = DictError
    UnaccessedDictionaryEntry = UnaccessedDictionaryEntry
    UnknownReceptorType = UnknownReceptorType
    IllegalConnection = IllegalConnection
    InexistentConnection = InexistentConnection
    NumericalInstability = NumericalInstability
    KernelException = KernelException


def unsupported(what: str) -> NotImplementedError:
    """What to raise where NEST can do something that this front cannot."""
    return NotImplementedError(f"spiked.nest does not support {what}")
