"""This file is how a venue of the stand-in says no."""


class Refusal(Exception):  # noqa: N818 - what it is
    """A request that a venue refuses.

    Parameters
    ----------
    code : int
        As the venue counts its errors.
    message : str
    status : int
        Of the answer.
    """

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
