#!/usr/bin/env python3
"""Writes events/: sample Lambda events around webhooks that are signed as Sentry signs them.

    tools/events.py           write the files
    tools/events.py --check   end with 1 when a file is not what would be written

All of it is made up. The secrets in events/secrets.json belong to nothing but these files, and there is no token, so
`make invoke EVENT=...` calls neither Sentry nor Telegram unless the environment says how.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import sys

EVENTS = pathlib.Path(__file__).resolve().parent.parent / "events"
CLIENT_SECRET = "not-a-real-client-secret-it-signs-the-files-in-events"
WEBHOOK_SECRET = "not-a-real-webhook-secret-0123456789"
WEBHOOK_PATH = "/api/v1/webhooks/sentry/error"
TELEGRAM_PATH = "/api/v1/webhooks/telegram"
HEALTH_PATH = "/api/v1/health"
SENT_AT = 1795420803  # 2026-11-23T08:00:03Z
INSTALLATION = {"uuid": "5f0c8a52-7d43-4b0e-9a55-3c1f5b7e9d20"}
BY_SENTRY = {"type": "application", "id": "sentry", "name": "Sentry"}


# --- Webhooks: (resource header, body) -------------------------------------------------------------------------------


def event_alert():
    """An alert rule fired: the body contains the whole event and its issue."""
    event = python_event("8801", "b1f6a3d29c5e4f70a8d2c4e6f8091a2b", "harbour@2.8.1")
    data = {"event": event, "triggered_rule": "New berth failures"}
    return "event_alert", {"action": "triggered", "installation": INSTALLATION, "data": data, "actor": BY_SENTRY}


def error_created():
    """An error webhook of business plans: the same event under another name, with times that have an offset."""
    event = python_event("8803", "c2a7b4e30d6f4081b9e3d5f70a1b2c3d", "harbour@2.8.1")
    event["datetime"] = "2026-11-23T08:00:00.125000+00:00"
    return "error", {"action": "created", "installation": INSTALLATION, "data": {"error": event}, "actor": BY_SENTRY}


def issue_created():
    """A new issue without an event, so the function must request one."""
    issue = {
        "url": "https://sentry.example/api/0/organizations/port-office/issues/8802/",
        "web_url": "https://sentry.example/organizations/port-office/issues/8802/",
        "project_url": "https://sentry.example/organizations/port-office/issues/?project=31",
        "id": "8802",
        "shareId": None,
        "shortId": "TIDE-TABLE-4",
        "title": "TypeError: Cannot read properties of undefined (reading 'height')",
        "culprit": "drawCurve(src/curve)",
        "permalink": None,
        "logger": None,
        "level": "error",
        "status": "unresolved",
        "statusDetails": {},
        "substatus": "new",
        "isPublic": False,
        "platform": "javascript",
        "project": {"id": "31", "name": "tide-table", "slug": "tide-table", "platform": "javascript-vue"},
        "type": "error",
        "metadata": {
            "type": "TypeError",
            "value": "Cannot read properties of undefined (reading 'height')",
            "filename": "src/curve.ts",
            "function": "drawCurve",
        },
        "numComments": 0,
        "assignedTo": None,
        "isUnhandled": True,
        "issueType": "error",
        "issueCategory": "error",
        "priority": "high",
        "count": "1",
        "userCount": 1,
        "firstSeen": "2026-11-23T08:00:00Z",
        "lastSeen": "2026-11-23T08:00:00Z",
    }
    return "issue", {"action": "created", "installation": INSTALLATION, "data": {"issue": issue}, "actor": BY_SENTRY}


def handposted():
    """The body from the original system's runbook. Sentry itself never sends issue and event together, or no resource."""
    issue = {
        "id": "TEST-001",
        "title": "AWOOOI Comment 功能測試",
        "level": "error",
        "culprit": "test.py:1",
        "firstSeen": "2026-03-29T12:00:00Z",
        "count": 1,
        "project": {"slug": "awoooi-api"},
    }
    event = {"message": "這是一個測試錯誤", "platform": "python"}
    return None, {"action": "triggered", "data": {"issue": issue, "event": event}}


def python_event(issue, event, release):
    return {
        "event_id": event,
        "project": 30,
        "release": release,
        "dist": None,
        "platform": "python",
        "message": "",
        "datetime": "2026-11-23T08:00:00.125000Z",
        "environment": "production",
        "level": "error",
        "logger": "",
        "type": "error",
        "title": "KeyError: 'berth'",
        "culprit": "harbour.arrivals in assign_berth",
        "metadata": {"type": "KeyError", "value": "'berth'", "filename": "harbour/arrivals.py", "function": "assign_berth"},
        "transaction": "/arrivals/{vessel}",
        "tags": [["environment", "production"], ["level", "error"], ["release", release], ["server_name", "quay-2"]],
        "user": {"id": "771", "username": "Zoë"},
        "request": {"method": "POST", "url": "https://harbour.example/arrivals/IMO9321483"},
        "contexts": {"runtime": {"name": "CPython", "version": "3.12.4", "type": "runtime"}},
        "sdk": {"name": "sentry.python.fastapi", "version": "2.43.0"},
        "exception": {
            "values": [
                {
                    "type": "KeyError",
                    "value": "'berth'",
                    "module": None,
                    "stacktrace": {
                        "frames": [
                            frame("fastapi/routing.py", "run_endpoint_function", 214, "return await dependant.call(**values)", False),
                            frame("harbour/api.py", "arrive", 57, "berth = assign_berth(vessel, plan_for(vessel))", True),
                            frame("harbour/arrivals.py", "assign_berth", 33, 'return plan["berth"]', True),
                        ]
                    },
                    "mechanism": {"type": "generic", "handled": True},
                },
                {
                    "type": "ArrivalError",
                    "value": "no berth for the vessel »Żeglarz«",
                    "module": "harbour.errors",
                    "stacktrace": {
                        "frames": [
                            frame("harbour/api.py", "arrive", 59, "raise ArrivalError(vessel) from error", True),
                        ]
                    },
                    "mechanism": {"type": "fastapi", "handled": False},
                },
            ]
        },
        "breadcrumbs": {
            "values": [
                {
                    "type": "default",
                    "timestamp": 1795420799.25,
                    "level": "info",
                    "category": "query",
                    "message": "SELECT * FROM plan WHERE vessel = %s",
                },
                {
                    "type": "http",
                    "timestamp": 1795420799.75,
                    "level": "info",
                    "category": "httplib",
                    "data": {"method": "GET", "url": "https://tides.example/v1/today", "status_code": 503},
                },
            ]
        },
        "timestamp": 1795420800.125,
        "received": 1795420800.5,
        "version": "7",
        "url": f"https://sentry.example/api/0/projects/port-office/harbour/events/{event}/",
        "web_url": f"https://sentry.example/organizations/port-office/issues/{issue}/events/{event}/",
        "issue_url": f"https://sentry.example/api/0/organizations/port-office/issues/{issue}/",
        "issue_id": issue,
    }


def frame(filename, function, line, source, in_app):
    return {
        "filename": filename,
        "module": filename.removesuffix(".py").replace("/", "."),
        "function": function,
        "lineno": line,
        "context_line": f"        {source}",
        "in_app": in_app,
    }


# --- As Sentry posts it ----------------------------------------------------------------------------------------------


def posted(webhook):
    """Body and headers. The body has Sentry's JSON format: no blanks, only ASCII."""
    resource, content = webhook
    body = json.dumps(content, separators=(",", ":"))
    signature = hmac.new(CLIENT_SECRET.encode(), body.encode(), hashlib.sha256).hexdigest()
    headers = {
        "content-type": "application/json",
        "request-id": hashlib.md5(body.encode()).hexdigest(),
        "sentry-hook-resource": resource,
        "sentry-hook-signature": signature,
        "sentry-hook-timestamp": str(SENT_AT),
        "user-agent": "sentry/26.11.0 (https://sentry.io)",
    }
    return body, {name: value for name, value in headers.items() if value is not None}


def pressed_button():
    """A press of a button with forged data: it is answered and has no effect."""
    person = {"id": 4242, "is_bot": False, "first_name": "Kim", "username": "kim"}
    message = {"message_id": 17, "date": SENT_AT, "chat": {"id": -1001234567890, "type": "supergroup", "title": "pier"}}
    query = {"id": "4382bfdwdsb323b2d9", "from": person, "message": message, "chat_instance": "-7", "data": "a0.0"}
    headers = {
        "content-type": "application/json",
        "x-telegram-bot-api-secret-token": WEBHOOK_SECRET,
        "user-agent": "-",
    }
    return json.dumps({"update_id": 900100, "callback_query": query}), headers


# --- As Lambda gets it -----------------------------------------------------------------------------------------------


def function_url(method, path, headers, body=None, encode=False):
    host = "abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-east-1.on.aws"
    context = {"accountId": "anonymous", "apiId": "abcdefghijklmnopqrstuvwxyz012345"}
    return payload_v2("$default", context, host, method, path, headers, body, encode)


def http_api(stage, method, path, headers, body=None):
    host = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"
    context = {"accountId": "123456789012", "apiId": "a1b2c3d4e5"}
    return payload_v2(stage, context, host, method, f"/{stage}{path}", headers, body, False)


def payload_v2(stage, context, host, method, path, headers, body, encode):
    """Payload format 2.0, of Function URLs and HTTP APIs. A named stage is part of the path."""
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {**headers, "host": host, **forwarded()},
        "requestContext": {
            **context,
            "domainName": host,
            "domainPrefix": host.split(".")[0],
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.7",
                "userAgent": headers["user-agent"],
            },
            "requestId": "7a1e0c54-0b3c-4b7e-8d8f-2f5d1c9e6a31",
            "routeKey": "$default",
            "stage": stage,
            "time": "23/Nov/2026:08:00:03 +0000",
            "timeEpoch": SENT_AT * 1000,
        },
        "isBase64Encoded": encode,
    }
    if body is not None:
        event["body"] = base64.b64encode(body.encode()).decode() if encode else body
    return event


def rest_api(stage, method, path, headers, body):
    """Payload format 1.0, of REST APIs. A named stage is not part of the path."""
    host = "f6g7h8i9j0.execute-api.us-east-1.amazonaws.com"
    headers = {**{title(name): value for name, value in headers.items()}, "Host": host}
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": path.lstrip("/")},
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "f6g7h8i9j0",
            "domainName": host,
            "domainPrefix": "f6g7h8i9j0",
            "httpMethod": method,
            "identity": {"sourceIp": "192.0.2.7", "userAgent": headers["User-Agent"]},
            "path": f"/{stage}{path}",
            "protocol": "HTTP/1.1",
            "requestId": "2c9d7f10-55aa-4f0c-9a7e-61b0e2d4c8f3",
            "requestTime": "23/Nov/2026:08:00:03 +0000",
            "requestTimeEpoch": SENT_AT * 1000,
            "resourceId": "k1l2m3",
            "resourcePath": "/{proxy+}",
            "stage": stage,
        },
        "body": body,
        "isBase64Encoded": False,
    }


def redelivered(webhook):
    """A batch of one message out of the redelivery queue."""
    resource, _ = webhook
    body, headers = posted(webhook)
    queued = {
        "version": 1,
        "resource": resource,
        "signature": headers["sentry-hook-signature"],
        "received_ms": SENT_AT * 1000,
        "body": body,
    }
    text = json.dumps(queued, separators=(",", ":"))
    record = {
        "messageId": "0a5c1f4e-6d0b-4c8e-9a37-5e2f7b1d8c60",
        "receiptHandle": "made-up",
        "body": text,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": str(SENT_AT * 1000)},
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(text.encode()).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:sidenote-redelivery",
        "awsRegion": "us-east-1",
    }
    return {"Records": [record]}


def title(name):
    return "-".join(part.capitalize() for part in name.split("-"))


def forwarded():
    return {"x-forwarded-for": "192.0.2.7", "x-forwarded-port": "443", "x-forwarded-proto": "https"}


# --- The files -------------------------------------------------------------------------------------------------------


def files():
    def webhook(envelope, source, *before, **options):
        body, headers = posted(source)
        return envelope(*before, "POST", WEBHOOK_PATH, headers, body, **options)

    pressed, headers = pressed_button()
    return {
        "secrets.json": {"SENTRY_CLIENT_SECRET": CLIENT_SECRET, "TELEGRAM_WEBHOOK_SECRET": WEBHOOK_SECRET},
        "furl-event-alert.json": webhook(function_url, event_alert()),
        "furl-issue-created.json": webhook(function_url, issue_created()),
        "furl-base64.json": webhook(function_url, error_created(), encode=True),
        "apigw-v1.json": webhook(rest_api, event_alert(), "prod"),
        "apigw-v2.json": webhook(http_api, issue_created(), "prod"),
        "handposted.json": webhook(function_url, handposted()),
        "sqs-redelivery.json": redelivered(event_alert()),
        "furl-telegram.json": function_url("POST", TELEGRAM_PATH, headers, pressed),
        "health.json": function_url("GET", HEALTH_PATH, {"user-agent": "curl/8.5.0", "accept": "*/*"}),
        "console-test.json": {"key1": "value1"},
    }


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(__doc__)
    wrong = []
    for name, content in files().items():
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        path = EVENTS / name
        if not check:
            path.write_text(text, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            wrong.append(name)
    if wrong:
        sys.exit(f"not what tools/events.py writes: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
