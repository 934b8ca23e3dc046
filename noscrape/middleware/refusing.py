"""Sending a refusal, over HTTP or to a WebSocket that is not accepted yet."""

from noscrape.middleware.asgi import Receive, Scope, Send
from noscrape.middleware.record import Recorder, new_id
from noscrape.request import Facts
from noscrape.signals import Refusal
from noscrape.site import Judgement, Sent, Site
from noscrape.words import Action


async def refuse(
    site: Site, recorder: Recorder, facts: Facts, judgement: Judgement, scope: Scope, receive: Receive, send: Send
) -> None:
    """Answer a request that is stopped, and record it."""
    support_id = new_id()
    answer = site.refusal(facts, judgement, support_id=support_id)
    site.counters["refused" if judgement.decision.action is Action.REFUSE else "throttled"] += 1
    if recorder.records(judgement):
        recorder.request(site, facts, judgement, site.clock(), support_id=support_id, sent=Sent(answer.status))
    await send_refusal(answer, scope, receive, send)


async def send_refusal(answer: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    """Send it in the form that the scope takes."""
    if scope["type"] == "websocket":
        await receive()  # websocket.connect
        if "websocket.http.response" not in (scope.get("extensions") or {}):
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
        start, body = "websocket.http.response.start", "websocket.http.response.body"
    else:
        start, body = "http.response.start", "http.response.body"
    await send({"type": start, "status": answer.status, "headers": answer.headers})
    head = scope.get("method") == "HEAD"
    await send({"type": body, "body": b"" if head else answer.body})
