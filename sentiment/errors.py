"""What can go wrong with a text or a saved model. Nothing here knows HTTP."""


class SentimentError(Exception):
    """Base of every error this project raises on purpose.

    `code` is the stable, machine-readable name that clients may rely on; the
    message says what was received, where, and what would do.
    """

    code = "error"


class TextError(SentimentError):
    """One text cannot be classified; others in the same batch still can."""


class EmptyText(TextError):
    """The text holds no token: it is empty, white space, or markup only."""

    code = "empty_text"


class InvalidText(TextError):
    """The text is not valid Unicode (it holds a lone surrogate)."""

    code = "invalid_text"


class TextTooLong(TextError):
    """The text is longer than is taken, or than the timesteps where `overflow` is `error`."""

    code = "text_too_long"


class BundleError(SentimentError):
    """A saved model cannot be used."""

    code = "bundle_error"


class BundleMissing(BundleError):
    """There is no model, no such version, or a file of it is not there."""

    code = "bundle_missing"


class BundleDamaged(BundleError):
    """A file of the bundle is not what was saved."""

    code = "bundle_damaged"


class BundleFormatUnsupported(BundleError):
    """The bundle was written in a format that this release does not read."""

    code = "bundle_format_unsupported"


class GoldenMismatch(BundleError):
    """The bundle does not give the answers that training saw."""

    code = "golden_mismatch"
