"""Speaking to a Tryton server: logging in, calling methods, reading records page by page."""

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from threading import Lock
from typing import Any

from requests import PreparedRequest

from connectors.errors import Rejected, Unavailable
from connectors.http.client import Authenticate, HttpClient
from connectors.vendors.tryton.failures import expecting_known_shapes, read_failure
from connectors.vendors.tryton.wire import read_wire, write_wire

RPC = "rpc/"
PAGE = 500

Record = Mapping[str, Any]
Domain = list[Any]


@dataclass(frozen=True, slots=True)
class Account:
    """As whom we come; `company` is the name of one of the user's companies, empty = the one they work in."""

    user: str
    password: str = field(repr=False)
    company: str = ""


class TrytonLogin:
    """Puts the session's token on each request; logs in when there is none or the old one is refused."""

    def __init__(self, http: HttpClient, account: Account) -> None:
        self._http = http
        self._account = account
        self._lock = Lock()
        self._token: str | None = None

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Raises what keeps us from logging in: a connector error."""
        request.headers["Authorization"] = f"Session {self._current_token()}"
        return request

    def renew(self) -> None:
        """Forget the session; the next request begins another."""
        with self._lock:
            self._token = None

    def _current_token(self) -> str:
        with self._lock:
            if self._token is None:
                self._token = self._log_in()
            return self._token

    def _log_in(self) -> str:
        account = self._account
        params = [account.user, {"password": account.password}, "en"]
        document = {"id": 0, "method": "common.db.login", "params": params}
        answer = self._http.post_json(RPC, document, is_read=True).json()
        with expecting_known_shapes():
            if "error" in answer:
                # A wrong password is status 401; this is what else can be wrong, be it that its database is locked.
                raise read_failure(answer["error"])
            user_id, token = answer["result"][:2]
        return base64.b64encode(f"{account.user}:{user_id}:{token}".encode()).decode()


class TrytonSession:
    """One database of one server, as one user in one company. Safe to share between threads.

    Raises (every method):
        Unavailable, RateLimited, AuthFailed, Rejected: as `connectors/vendors/tryton/failures.py` reads the answer.
    """

    def __init__(self, make_client: Callable[[Authenticate | None], HttpClient], account: Account) -> None:
        """`make_client` reaches the address of the database, like https://erp.example.com/erp."""
        self._account = account
        self._http = make_client(TrytonLogin(make_client(None), account))
        self._ids = count(1)
        self._context: dict[str, Any] | None = None
        self._lock = Lock()

    def read(self, method: str, *params: Any, **context: Any) -> Any:
        """Call a method that changes nothing; it is tried again when it fails on the way."""
        return self._call(method, params, {**self.context(), **context}, is_read=True)

    def write(self, method: str, *params: Any, **context: Any) -> Any:
        """Call a method that changes something, once: whether it was done is for the caller to read back."""
        return self._call(method, params, {**self.context(), **context}, is_read=False)

    def search(
        self,
        model: str,
        domain: Domain,
        fields: Sequence[str],
        order: Any = None,
        limit: int | None = None,
        **more: Any,
    ) -> Sequence[Record]:
        """All records in one answer: for what is few. `fields` may lead on with dots, as far as Tryton relates them."""
        found: list[Record] = self.read(f"model.{model}.search_read", domain, 0, limit, order, list(fields), **more)
        return found

    def pages(
        self, model: str, domain: Domain, fields: Sequence[str], size: int = PAGE, **more: Any
    ) -> Iterator[Sequence[Record]]:
        """All records in pieces, by id: what is added meanwhile comes last, what is removed shifts nothing.

        Raises:
            Unavailable: a page does not go on where the one before ended.
        """
        last = 0
        while True:
            page = self.search(model, [domain, ["id", ">", last]], fields, [["id", "ASC"]], size, **more)
            with expecting_known_shapes():
                ids = [record["id"] for record in page]
                if ids != sorted(set(ids)) or (ids and ids[0] <= last):
                    raise Unavailable(f"Tryton gave a page of {model} twice or in disorder; try again later.")
            if page:
                yield page
            if len(page) < size:
                return
            last = ids[-1]

    def all(self, model: str, domain: Domain, fields: Sequence[str], **more: Any) -> Iterator[Record]:
        """As `pages`, record by record."""
        return (record for page in self.pages(model, domain, fields, **more) for record in page)

    def context(self) -> Mapping[str, Any]:
        """What every call says about us: company, employee, language. Asked for once."""
        with self._lock:
            if self._context is None:
                self._context = self._read_context()
            return self._context

    def company(self) -> int:
        company: int = self.context()["company"]
        return company

    def close(self) -> None:
        self._http.close()

    def _read_context(self) -> dict[str, Any]:
        known = self._call("model.res.user.get_preferences", (True,), {}, is_read=True)
        with expecting_known_shapes():
            context = {name: known.get(name) for name in ("company", "companies", "employee", "employees", "language")}
        if self._account.company:
            context["company"] = self._find_company(context)
        if context["company"] is None:
            raise Rejected(f"The Tryton user {self._account.user!r} works in no company; give it one in Tryton.")
        return context

    def _find_company(self, context: Mapping[str, Any]) -> int:
        params = ([["rec_name", "=", self._account.company]], 0, 2, None, ["id"])
        found = self._call("model.company.company.search_read", params, context, is_read=True)
        if len(found) != 1:
            raise Rejected(f"Tryton shows the user {self._account.user!r} no company {self._account.company!r}.")
        company: int = found[0]["id"]
        return company

    def _call(self, method: str, params: Sequence[Any], context: Mapping[str, Any] | None, *, is_read: bool) -> Any:
        number = next(self._ids)
        sent = write_wire([*params] if context is None else [*params, context])
        document = {"id": number, "method": method, "params": sent}
        answer = self._http.post_json(RPC, document, is_read=is_read).json()
        if not isinstance(answer, dict) or not answer.keys() & {"result", "error"}:
            raise Rejected("What answers there does not speak as Tryton does; check address and database.")
        if answer.get("id") != number:
            raise Unavailable("Tryton answered another question than was asked; try again later.")
        if "error" in answer:
            raise read_failure(answer["error"])
        with expecting_known_shapes():
            return read_wire(answer.get("result"))


def at(record: Record, path: str) -> Any:
    """What stands at the end of a dotted path of single relations; None where one of them is empty."""
    *relations, name = path.split(".")
    found: Any = record
    for relation in relations:
        found = found[f"{relation}."]
        if found is None:
            return None
    return found[name]


def many(record: Record, name: str) -> Sequence[Record]:
    """The records of a relation to many."""
    found: Sequence[Record] = record[f"{name}."]
    return found


def named(field_name: str, names: Iterable[str]) -> Domain:
    """The condition that a field is one of these names, whatever the capitals."""
    return ["OR", *([field_name, "ilike", escape_pattern(name)] for name in sorted(set(names)))]


def escape_pattern(text: str) -> str:
    """The text so that `like` takes it literally."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
