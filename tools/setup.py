#!/usr/bin/env python3
"""The commands for a deployed stack. Runs in SAM's virtual environment, which has boto3.

    setup.py preflight        region, credentials and organization, before minutes go into a build
    setup.py webhook-url      the line to copy into Sentry, which SAM's table breaks
    setup.py secrets          asks for each secret and puts what is typed into the stack's secret; the others stay
    setup.py first-note       delivers one webhook for ISSUE, signed as Sentry signs, and follows it in the log
    setup.py log              what the function logged in the last MINUTES (10)
    setup.py as-function ...  the `sidenote` command with the function's own settings; {WebhookUrl} and the other outputs
                              of the stack are filled in

STACK_NAME names the stack, SIDENOTE the program. No value of a secret is printed or handed on as an argument.
"""

import email.utils
import getpass
import hashlib
import hmac
import json
import os
import re
import secrets as random
import sys
import time
import urllib.error
import urllib.request
import warnings

import boto3
from botocore.exceptions import BotoCoreError, ClientError

sys.dont_write_bytecode = True
import stack  # noqa: E402

# The prompted secrets, and where to find each.
WHERE = {
    "SENTRY_AUTH_TOKEN": "the internal integration's page in Sentry, under Tokens",
    "SENTRY_CLIENT_SECRET": "the same page, under Credentials",
    "TELEGRAM_BOT_TOKEN": "from @BotFather; Enter for no Telegram",
    "SLACK_BOT_TOKEN": "the Slack app's page OAuth & Permissions; Enter for no Slack",
    "SLACK_SIGNING_SECRET": "the app's page Basic Information; Enter for no Slack",
    "LLM_API_KEY": "for a model as analyst; Enter for none",
    "SOURCE_TOKEN": "a token that can only read repositories, for the source code; Enter for none",
}
# The secrets that every note needs.
NEEDED = ("SENTRY_AUTH_TOKEN", "SENTRY_CLIENT_SECRET")
# This secret is generated here; no person needs to know it.
DRAWN = "TELEGRAM_WEBHOOK_SECRET"
# Each of these events means a missing permission or a missing part of the stack. Some continue with `: ` and an explanation.
TROUBLE = ("state_unavailable", "redelivery_unavailable", "secrets_unavailable")
PATIENCE = 90
# Sentry's time limit for a response, in seconds.
SENTRYS_PATIENCE = 1


def held():
    arn = stack.output("SecretArn")
    text = boto3.client("secretsmanager").get_secret_value(SecretId=arn).get("SecretString", "")
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        sys.exit(f"setup.py: {arn} does not hold a JSON object; put one there, {{}} is enough, and ask again")
    return values


def preflight():
    session = boto3.Session()
    if not session.region_name:
        sys.exit("setup.py: no AWS region is set: export AWS_DEFAULT_REGION=eu-central-1, or run: aws configure")
    if session.get_credentials() is None:
        sys.exit("setup.py: no AWS credentials were found: run aws configure, or export AWS_PROFILE=NAME")
    organization = os.environ.get("SentryOrg")
    if not re.fullmatch(r"[a-z0-9_-]*", organization or ""):
        sys.exit(f"setup.py: SentryOrg={organization} is not a slug: it is the name in the address of your Sentry pages")
    account = session.client("sts").get_caller_identity()["Account"]
    if organization is None:
        organization = kept_organization()
    said = organization or "the one that each webhook names"
    print(f"account {account}, region {session.region_name}, organization {said}")


def kept_organization():
    """The organization of the deployed stack. It fails before a first deployment, which has none to keep."""
    described = stack.stack()
    if described is None or described["StackStatus"] == "REVIEW_IN_PROGRESS":
        sys.exit(
            "setup.py: a first deployment needs the slug of your organization in Sentry: make deploy SentryOrg=acme\n"
            "`make deploy SentryOrg=` deploys without one; then each webhook must name it, and nothing is swept"
        )
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", [])}
    return parameters.get("SentryOrg", "")


def webhook_url():
    print(f"WebhookUrl {stack.output('WebhookUrl')}")


def ask_secrets():
    before = held()
    print(f"into the secret of the stack {stack.STACK}: {stack.output('SecretArn')}")
    given = {key: typed(key, bool(before.get(key))) for key in WHERE}
    given = {key: value for key, value in given.items() if value}
    has_bot = given.get("TELEGRAM_BOT_TOKEN") or before.get("TELEGRAM_BOT_TOKEN")
    if has_bot and not before.get(DRAWN):
        given[DRAWN] = random.token_hex(32)
    stack.put(given)
    missing = [key for key in NEEDED if not {**before, **given}.get(key)]
    if missing:
        sys.exit(f"setup.py: still not set: {', '.join(missing)}")


def typed(key, is_set):
    """Reads hidden input. It fails without a terminal, because the input would be visible."""
    print(f"{key} ({WHERE[key]})")
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            value = getpass.getpass("  now set, Enter keeps it: " if is_set else "  not set: ").strip()
        except (getpass.GetPassWarning, EOFError):
            sys.exit("setup.py: this has to be typed in a terminal")
    if value:
        print(f"  {len(value)} characters")
    if value.startswith("sntrys_"):
        sys.exit(f"setup.py: {key}: an organization token cannot comment; take the integration's own")
    return value


def first_note():
    issue = os.environ.get("ISSUE", "")
    if not re.fullmatch("[0-9]+", issue):
        sys.exit(f"setup.py: ISSUE is the number in the address of an issue (…/issues/4711/), not {issue!r}")
    # Several are allowed for a rotation, as in `webhook::Keys`.
    key = str(held().get("SENTRY_CLIENT_SECRET") or "").split(",")[0].strip()
    if not key:
        sys.exit("setup.py: there is no SENTRY_CLIENT_SECRET in the secret yet: make secrets")
    began = time.time()
    status, headers, answer = deliver(issue, key)
    waited = time.time() - began
    print(f"{status} after {waited * 1000:.0f} ms: {clean(answer)}")
    if status != 202:
        sys.exit("setup.py: not accepted" + (": take an issue without a note" if status == 200 else ""))
    if waited > SENTRYS_PATIENCE:
        print("That is longer than Sentry waits. It would not have seen the answer, but the work is done all the same.")
    done = follow(issue, began + ahead(headers))
    print(f"The answer took {waited * 1000:.0f} ms, the work {done['duration_ms']} ms.")
    if done.get("note") == "waiting":
        return print("The note waits for a person: APPROVAL is `note`.")
    if done.get("note") not in ("done", "already_done"):
        sys.exit(f"setup.py: the note is {done.get('note')}; docs/operating.md has a table of symptoms")
    print("The note stands on the issue.")


def ahead(headers):
    """Seconds by which the server's clock is ahead of ours; the times of log lines are the server's."""
    date = email.utils.parsedate_to_datetime(headers["Date"]) if headers.get("Date") else None
    return date.timestamp() - time.time() if date else 0


def deliver(issue, key):
    body = json.dumps({"action": "triggered", "data": {"event": {"issue_id": issue}}}).encode()
    headers = {
        "Content-Type": "application/json",
        "Sentry-Hook-Resource": "event_alert",
        "Sentry-Hook-Signature": hmac.new(key.encode(), body, hashlib.sha256).hexdigest(),
    }
    request = urllib.request.Request(stack.output("WebhookUrl"), data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.headers, response.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode(errors="replace")
    except OSError as error:
        sys.exit(f"setup.py: the function's URL does not answer: {error}")


def follow(issue, began):
    """The lines about this issue, until its work is done; that line's fields. `began` is by the lines' clock."""
    shown, end = set(), time.time() + PATIENCE
    while time.time() < end:
        for event in lines(began - 5):
            fields = read(event["message"])
            name = str(fields.get("message")).split(":")[0]
            is_about = fields.get("issue_id") == issue or name in TROUBLE
            if not is_about or event["eventId"] in shown:
                continue
            shown.add(event["eventId"])
            show(event)
            if name in TROUBLE:
                sys.exit("setup.py: is the function's role enough? The line above says what it could not use")
            if name == "delivery_processed":
                return fields
        time.sleep(2)
    sys.exit(f"setup.py: no delivery_processed in the log within {PATIENCE} s")


def log():
    minutes = os.environ.get("MINUTES") or "10"
    if not re.fullmatch("[0-9]+", minutes):
        sys.exit(f"setup.py: MINUTES is a whole number, not {minutes!r}")
    for event in lines(time.time() - 60 * int(minutes)):
        show(event)


def lines(since):
    """The function's lines, oldest first."""
    pages = boto3.client("logs").get_paginator("filter_log_events")
    found = pages.paginate(logGroupName=stack.output("LogGroup"), startTime=int(since * 1000))
    return sorted((event for page in found for event in page["events"]), key=lambda event: event["timestamp"])


def read(message):
    """The fields of a line, or an empty dict if it is not a JSON object."""
    try:
        fields = json.loads(message)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def is_dull(fields):
    """Whether it is a line of metrics, or one of Lambda's own without a problem."""
    record = fields.get("record")
    status = record.get("status", "success") if isinstance(record, dict) else "success"
    return "_aws" in fields or str(fields.get("type")).startswith("platform.") and status == "success"


def clean(text):
    """The text as a single line without control characters."""
    return "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))


def show(event):
    fields = read(event["message"])
    if is_dull(fields):
        return
    at = time.strftime("%H:%M:%S", time.gmtime(event["timestamp"] / 1000))
    rest = {key: value for key, value in fields.items() if key not in ("timestamp", "level", "message", "span")}
    details = " ".join(f"{key}={value}" for key, value in rest.items())
    what = fields.get("message") or fields.get("type") or event["message"]
    print(at, clean(f"{fields.get('level', '')} {what} {details}"))


def as_function(arguments):
    filled = [re.sub(r"\{(\w+)\}", lambda name: stack.output(name[1]), argument) for argument in arguments]
    program = os.environ.get("SIDENOTE") or "sidenote"
    os.execvpe(program, [program, *filled], in_account(stack.environment()))


def in_account(environment):
    """The environment with boto3's credentials and region. The command supports fewer sources (no `aws sso login`)."""
    session = boto3.Session()
    keys = session.get_credentials().get_frozen_credentials()
    found = {
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_SESSION_TOKEN": keys.token,
        "AWS_REGION": session.region_name,
    }
    environment = {key: value for key, value in environment.items() if key not in (*found, "AWS_PROFILE")}
    return {**environment, **{key: value for key, value in found.items() if value}}


def main():
    verbs = {"preflight": preflight, "webhook-url": webhook_url, "secrets": ask_secrets, "first-note": first_note, "log": log}
    verb, *rest = sys.argv[1:] or [""]
    if verb == "as-function" and rest:
        as_function(rest)
    elif verb in verbs and not rest:
        verbs[verb]()
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main()
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"setup.py: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
