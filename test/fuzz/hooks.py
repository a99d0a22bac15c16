"""What the document can't say, so that the fuzzer asks for no more than it promises.

JSON Schema compares no two fields, counts no bytes, knows no clock, and can't name the words that an earlier answer
gave out. Without these hooks such requests count as valid, and their refusal as a failure.
"""

import base64
import json
from datetime import datetime, timedelta, timezone
from urllib.parse import unquote

import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode

MAX_ID_BYTES = 256
STREAM = "application/x-ndjson"

# A view's time must lie between 2000 and the clock.
schemathesis.openapi.format(
    "date-time",
    st.datetimes(datetime(2000, 1, 2), datetime.now() - timedelta(days=1), timezones=st.just(timezone.utc)).map(
        lambda time: time.isoformat()
    ),
)


def cursor(time, product):
    text = json.dumps([time, product], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


# A cursor is an opaque word of an earlier answer.
schemathesis.openapi.format(
    "cursor", st.builds(cursor, st.integers(0, 10**13), st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True))
)


@schemathesis.serializer(STREAM)
def lines(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@schemathesis.hook
def filter_case(ctx, case):
    """Of what the schemas allow, keeps what the descriptions allow, too; whatever breaks a schema stays.

    Except in a stream: any bytes are one, and each line is judged by itself.
    """
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE:
        return case.media_type != STREAM
    return prices_in_order(case.query) and prices_in_order(case.body) and another_guest(case) and ids_fit(case)


def another_guest(case):
    body = case.body if isinstance(case.body, dict) else {}
    return "guestId" not in body or body["guestId"] != unquote(str((case.path_parameters or {}).get("id")))


def prices_in_order(asked):
    if not isinstance(asked, dict) or "min-price" not in asked or "max-price" not in asked:
        return True
    return float(asked["min-price"]) <= float(asked["max-price"])


def ids_fit(case):
    return all(
        len(text.encode("utf-8", "surrogatepass")) <= MAX_ID_BYTES
        for part in (case.path_parameters, case.query, case.headers, case.body)
        for text in texts(part)
    )


def texts(value):
    """All text in a value; a stream's is no id."""
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts_or_self(inner)]
    return []


def texts_or_self(value):
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for inner in value for text in texts_or_self(inner)]
    return texts(value)


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """Headers go as UTF-8, as the document says; the HTTP library would send Latin-1."""
    kwargs["auth"] = headers_as_utf8


def headers_as_utf8(request):
    for name, value in request.headers.items():
        if isinstance(value, str):
            request.headers[name] = value.encode("utf-8", "surrogatepass")
    return request
