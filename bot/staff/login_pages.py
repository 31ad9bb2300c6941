"""Logging in and out of the staff pages, and choosing their language."""

import hashlib
import hmac
import secrets
from typing import Annotated
from urllib.parse import SplitResult, quote, urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from bot.pages.rendering import LANGUAGE_COOKIE, Pages
from bot.staff import accounts
from bot.staff.guard import COOKIE, StaffVisitor, current_visitor
from bot.web_address import address_of
from connectors.database.audit import record_audit
from connectors.database.session import Database
from connectors.settings import Settings

FORM_COOKIE = "twinoffice_login_form"
HOME = "/staff"
MAX_FIELD_LENGTH = 400
LANGUAGE_COOKIE_SECONDS = 365 * 24 * 3600
STATUS = {"login.error.wrong": 401, "login.error.locked": 429, "login.error.stale": 403}

router = APIRouter(include_in_schema=False)


def local_path(wanted: str | None) -> str:
    """`wanted` if it is a path of this site, else the inbox: a link must not lead from our log-in to another site."""
    if not wanted or not wanted.startswith("/") or wanted.startswith("//") or "\\" in wanted:
        return HOME
    if not wanted.isprintable() or wanted.startswith("/login"):
        return HOME
    return wanted


@router.get("/login")
def show_login(request: Request, next: str = "") -> Response:
    """The log-in page, or straight on for those who are logged in."""
    database: Database = request.app.state.database
    with database.read() as session:
        if accounts.find_session(session, request.cookies.get(COOKIE, "")):
            return RedirectResponse(local_path(next), status_code=303)
    return _login_page(request, local_path(next))


@router.post("/login")
def log_in(
    request: Request,
    email: Annotated[str, Form(max_length=MAX_FIELD_LENGTH)] = "",
    password: Annotated[str, Form(max_length=MAX_FIELD_LENGTH)] = "",
    form_token: Annotated[str, Form(max_length=MAX_FIELD_LENGTH)] = "",
    next: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    if not _is_our_form(request, form_token):
        return _login_page(request, local_path(next), "login.error.stale", email)
    try:
        token = _open_session(request, email, password)
    except accounts.LoginError as error:
        return _login_page(request, local_path(next), error.code, email)
    response = RedirectResponse(local_path(next), status_code=303)
    _set_cookie(request, response, COOKIE, token, int(accounts.SESSION_LIFETIME.total_seconds()))
    response.delete_cookie(FORM_COOKIE, path="/login")
    return response


@router.post("/logout")
def log_out(request: Request, visitor: StaffVisitor) -> Response:
    """End this log-in for good, not only in this browser's memory."""
    database: Database = request.app.state.database
    with database.write() as session:
        record_audit(session, visitor.user.email, "logout", "user", visitor.user.id)
        accounts.close_session(session, request.cookies[COOKIE])
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(COOKIE, path="/")
    return response


@router.post("/language")
def choose_page_language(request: Request, lang: Annotated[str, Form(max_length=8)]) -> Response:
    """Remember the language of the staff pages and return to the page one came from."""
    came_from = _split_address(request.headers.get("Referer", ""))
    path = came_from.path + (f"?{came_from.query}" if came_from.query else "")
    target = path if came_from.path == "/login" else local_path(path)
    response = RedirectResponse(target, status_code=303)
    pages: Pages = request.app.state.pages
    if lang in pages.languages:
        _set_cookie(request, response, LANGUAGE_COOKIE, lang, LANGUAGE_COOKIE_SECONDS)
        if cookie := request.cookies.get(COOKIE):
            database: Database = request.app.state.database
            with database.write() as session:
                accounts.remember_language(session, cookie, lang)
    return response


async def require_login(request: Request, _error: Exception) -> Response:
    """Answer a LoginRequiredError: with the log-in page, and for htmx with the order to go there."""
    is_page = request.method == "GET" and "HX-Request" not in request.headers
    shown = _split_address(request.headers.get("HX-Current-URL", ""))
    path = request.url if is_page else shown
    wanted = path.path + (f"?{path.query}" if path.query else "")
    login = f"/login?next={quote(local_path(wanted), safe='/')}"
    if "HX-Request" in request.headers:
        return Response(status_code=401, headers={"HX-Redirect": login})
    return RedirectResponse(login, status_code=303)


async def refuse_role(request: Request, _error: Exception) -> Response:
    """Answer a RoleRequiredError with a page that says whom to ask."""
    pages: Pages = request.app.state.pages
    return pages.page(request, "forbidden.html", 403, visitor=await current_visitor(request), section="")


def _split_address(address: str) -> SplitResult:
    """An address from a header; one that is none counts as empty."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def _open_session(request: Request, email: str, password: str) -> str:
    """Check the password outside of any write: it is slow on purpose, and writers wait for each other.

    Raises:
        LoginError: locked, or wrong; the answer is the same whether the account exists.
    """
    database: Database = request.app.state.database
    pages: Pages = request.app.state.pages
    address = address_of(request)
    with database.read() as session:
        user = None
        if not accounts.is_locked(session, email, address):
            user = accounts.verify_password(session, email, password)
    with database.write() as session:
        if accounts.is_locked(session, email, address):
            raise accounts.LoginError("login.error.locked")
        if user is not None:
            token = accounts.open_session(session, user)
            if user.language is None:
                accounts.remember_language(session, token, pages.language_of(request))
            return token
        accounts.record_failed_login(session, email, address)
    raise accounts.LoginError("login.error.wrong")


def _login_page(request: Request, next_path: str, error: str | None = None, email: str = "") -> Response:
    pages: Pages = request.app.state.pages
    nonce = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
    response = pages.page(
        request,
        "login.html",
        status_code=STATUS[error] if error else 200,
        form_token=_sign(request, nonce),
        next_path=next_path,
        error=error,
        email=email,
    )
    response.set_cookie(
        FORM_COOKIE, nonce, path="/login", httponly=True, samesite="strict", secure=_uses_secure_cookies(request)
    )
    return response


def _is_our_form(request: Request, form_token: str) -> bool:
    """A page of another site can make a browser post, but knows no pair of cookie and signature."""
    nonce = request.cookies.get(FORM_COOKIE, "")
    return bool(nonce) and hmac.compare_digest(_sign(request, nonce).encode(), form_token.encode())


def _sign(request: Request, nonce: str) -> str:
    settings: Settings = request.app.state.settings
    return hmac.new(settings.secret.encode(), f"login-form:{nonce}".encode(), hashlib.sha256).hexdigest()


def _set_cookie(request: Request, response: Response, name: str, value: str, max_age: int) -> None:
    response.set_cookie(
        name, value, max_age, path="/", httponly=True, samesite="lax", secure=_uses_secure_cookies(request)
    )


def _uses_secure_cookies(request: Request) -> bool:
    settings: Settings = request.app.state.settings
    return settings.uses_secure_cookies
