"""What a bucket's server says by not doing what it was asked, in our own words.

Codes are S3's: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html. The library's error has them and
the status in its text alone, among addresses and its whole inside.
"""

import re
from http import HTTPStatus

from bot.domain.errors import FilesAway, FilesUnavailable

_NO_BUCKET = "NoSuchBucket"
_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>(\w{1,60})</Code>")
_WRONG_REGION = re.compile("AuthorizationHeaderMalformed|PermanentRedirect|IllegalLocationConstraint")
_IS_FULL = re.compile("Quota|StorageFull|InsufficientStorage")
"""Among the codes of Amazon's and of other servers that speak S3."""

_LEADS_ELSEWHERE = re.compile("status code: 30[1278]|redirect without LOCATION")
"""AWS sends no address along; others do."""

_OWN_KEY = "169.254.169.254"
"""Where a machine in AWS asks for a key, if none is set."""


def refusal(bucket: str, error: Exception) -> FilesUnavailable:
    """What is wrong, and what helps."""
    text = str(error)
    found = _STATUS.search(text)
    status = int(found[1]) if found else None
    code = _code(error)
    if _OWN_KEY in text:
        return FilesUnavailable(f"No key opens the bucket {bucket!r}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
    if (why := _why(code, status, error)) is not None:
        return FilesUnavailable(why.format(bucket=repr(bucket)))
    if status is None or status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return FilesAway(f"The bucket {bucket!r} cannot be reached. Look at AWS_ENDPOINT_URL and the server.")
    return FilesUnavailable(
        f"The server of the bucket {bucket!r} answers {' '.join(filter(None, (str(status), code)))}. "
        "Look at AWS_ENDPOINT_URL, BLOBS_URL and the server."
    )


def is_without_bucket(error: Exception) -> bool:
    """Whether it is the bucket that is not there, not the object."""
    return _code(error) == _NO_BUCKET


def _code(error: Exception) -> str:
    """The server's own word for what is wrong; "": it says none."""
    found = _CODE.search(str(error))
    return found[1] if found else ""


def _why(code: str, status: int | None, error: Exception) -> str | None:
    """What a server says that will say the same again, by S3's code or the status; None if it may not."""
    if code == _NO_BUCKET:
        return "There is no bucket {bucket}. Create it, or correct BLOBS_URL."
    if code == "RequestTimeTooSkewed":
        return "The server of the bucket {bucket} has another time than this machine. Set this machine's clock."
    if _IS_FULL.search(code) or status == HTTPStatus.INSUFFICIENT_STORAGE:
        return "The bucket {bucket} is full. Make room in it, or allow it more."
    if _WRONG_REGION.search(code) or _LEADS_ELSEWHERE.search(str(error)):
        return "The bucket {bucket} is in another region. Set AWS_REGION to it, and correct AWS_ENDPOINT_URL."
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return (
            "The bucket {bucket} refuses the key. Correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and let it "
            "read, put and delete objects."
        )
    if status is None and "metadata from headers" in str(error):
        return "What answers for the bucket {bucket} does not speak S3. Correct AWS_ENDPOINT_URL."
    return None
