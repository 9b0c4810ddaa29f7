"""One key, one act: a repeated request is answered again, not done again."""

import hashlib
import uuid
from collections.abc import Callable
from functools import wraps

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from federation.models import IdempotentRequest

FIELD = "idempotency_key"
HEADER = "X-Idempotency-Key"
# Noise that differs between two sendings of the same act.
IGNORED = {"csrfmiddlewaretoken", FIELD}


class Replay(Exception):
    """Carries the stored answer out of the transaction that found it."""

    def __init__(self, response: HttpResponse):
        self.response = response


class Undo(Exception):
    """Carries an answer that must not be remembered (errors, forms shown again) out of its transaction."""

    def __init__(self, response: HttpResponse):
        self.response = response


def done(response: HttpResponse, *, again: str = "", again_at: str = "") -> HttpResponse:
    """Mark an answer that is not a redirect as one whose act is to be kept.

    What a repeat is answered with is kept for months, so it must hold nothing private: the body
    ``again``, or a redirect to the address ``again_at``.
    """
    response.act_done, response.again, response.again_at = True, again, again_at
    return response


def new_key() -> str:
    return str(uuid.uuid4())


def forget(before) -> int:
    """Drop answers kept since before that moment; returns how many."""
    return IdempotentRequest.objects.filter(created_at__lt=before).delete()[0]


def key_of(request: HttpRequest) -> uuid.UUID | None:
    """The key of the page; ``<uuid>-<word>`` tells apart two forms of one page."""
    text = request.headers.get(HEADER) or request.POST.get(FIELD, "")
    try:
        key = uuid.UUID(text[:36])
    except ValueError:
        return None
    return uuid.uuid5(key, text[36:]) if text[36:] else key


def fingerprint(request: HttpRequest) -> str:
    """SHA-256 of what the request asks, over sorted fields; files count by content."""
    digest = hashlib.sha256(request.path.encode())
    for name in sorted(set(request.POST) - IGNORED):
        for value in request.POST.getlist(name):
            digest.update(f"\0{name}\0{value}".encode("utf-8", "surrogatepass"))
    for name in sorted(request.FILES):
        for upload in request.FILES.getlist(name):
            content = hashlib.sha256()
            for chunk in upload.chunks():
                content.update(chunk)
            upload.seek(0)
            digest.update(f"\0{name}\0{content.hexdigest()}".encode())
    return digest.hexdigest()


def _stored(request: HttpRequest, key: uuid.UUID, body: str) -> HttpResponse | None:
    found = IdempotentRequest.objects.filter(user=request.user, key=key).first()
    if found is None:
        return None
    if found.body_sha256 != body:
        return render(
            request,
            "kinds/plain.html",
            {
                "title": "这个页面已经提交过",
                "text": "同一页面以不同内容提交了两次。请返回，刷新页面后再提交一次；已填内容以服务器上保存的为准。",
            },
            status=409,
        )
    response = HttpResponse(found.body, status=found.status, content_type=found.content_type)
    if found.location:
        response["Location"] = found.location
    response["Idempotent-Replay"] = "true"
    return response


def idempotent(view: Callable) -> Callable:
    """For ``post`` methods: the answer is kept under the page's key, in the transaction of the act.

    A request without a key is refused (400): every form of ours carries one. A redirect, or an
    answer marked by :func:`done`, is kept with the act; anything else undoes the transaction.
    """

    @wraps(view)
    def wrapped(self, request, *args, **kwargs):
        key = key_of(request)
        if key is None:
            context = {"title": "页面不完整", "text": "缺少防重复标记，未处理。请刷新页面后重试。"}
            return render(request, "kinds/plain.html", context, status=400)
        body = fingerprint(request)
        try:
            with transaction.atomic():
                return _act_once(view, self, request, key, body, args, kwargs)
        except (Replay, Undo) as early:
            return early.response
        except IntegrityError:
            # Lost the race to insert the key: the winner has committed, answer as it did.
            stored = _stored(request, key, body)
            if stored is None:
                raise
            return stored

    wrapped.idempotent = True
    return wrapped


def _act_once(view, self, request, key, body, args, kwargs) -> HttpResponse:
    stored = _stored(request, key, body)
    if stored is not None:
        raise Replay(stored)
    kept = IdempotentRequest.objects.create(
        user=request.user,
        key=key,
        route=request.resolver_match.view_name[:120],
        body_sha256=body,
    )
    response = view(self, request, *args, **kwargs)
    kept_answer = getattr(response, "act_done", response.status_code in {301, 302, 303})
    if not kept_answer:
        raise Undo(response)
    again_at = getattr(response, "again_at", "") or response.get("Location", "")
    kept.status = 303 if getattr(response, "again_at", "") else response.status_code
    kept.location = again_at[:300]
    kept.body = getattr(response, "again", "")
    kept.content_type = response.get("Content-Type", "")[:80]
    kept.save()
    return response
