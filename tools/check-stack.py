#!/usr/bin/env python3
"""Tests of stack.py and of setup.py's preflight, with AWS's clients stubbed by botocore, which holds every call against the
service's own model; and of deploy.sh, whose arguments are read by SAM's own parser."""

import contextlib
import importlib.util
import io
import json
import os
import pathlib
import stat
import subprocess
import sys
import tempfile

import boto3
from botocore.stub import Stubber
from samcli.cli.types import CfnParameterOverridesType

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:s-AbCdEf"
CANARY = "canary-token-of-the-deployment"
V1, V2 = "1" * 32, "2" * 32
OUTPUTS = [
    {"OutputKey": "SecretArn", "OutputValue": ARN},
    {"OutputKey": "WebhookUrl", "OutputValue": "https://url.example/hook"},
]


def described(status="UPDATE_COMPLETE"):
    stack = {"StackName": "sidenote", "CreationTime": 0, "StackStatus": status, "Outputs": OUTPUTS}
    stack["Parameters"] = [{"ParameterKey": "SentryOrg", "ParameterValue": "acme"}]
    return ("describe_stacks", {"Stacks": [stack]}, {"StackName": "sidenote"})


def version(current):
    return ("describe_secret", {"VersionIdsToStages": {current: ["AWSCURRENT"]}}, {"SecretId": ARN})


def resource():
    physical = {"LogicalResourceId": "SidenoteFunction", "PhysicalResourceId": "fn", "ResourceType": "t"}
    physical.update(LastUpdatedTimestamp=0, ResourceStatus="UPDATE_COMPLETE")
    asked = {"StackName": "sidenote", "LogicalResourceId": "SidenoteFunction"}
    return ("describe_stack_resource", {"StackResourceDetail": physical}, asked)


def configuration(**more):
    variables = {"Environment": {"Variables": {"SECRET_ID": ARN, "SENTRY_ORG": "acme"}}, "RevisionId": "r1"}
    return ("get_function_configuration", {**variables, **more}, {"FunctionName": "fn"})


def renewed(secret_version):
    """What makes new environments, waited for until Lambda says that it is done."""
    variables = {"SECRET_ID": ARN, "SENTRY_ORG": "acme", "SECRET_VERSION": secret_version}
    changed = {"FunctionName": "fn", "Environment": {"Variables": variables}, "RevisionId": "r1"}
    waits = [configuration(LastUpdateStatus=status) for status in ("InProgress", "Successful")]
    return [configuration(), ("update_function_configuration", {}, changed), *waits]


class Run:
    """stack.py with scripted clients: each call has to come, in this order, with these parameters."""

    def __init__(self, directory, **calls):
        os.environ.update(MEMORY=str(directory / "before.json"), AWS_DEFAULT_REGION="eu-central-1")
        os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x")
        spec = importlib.util.spec_from_file_location("stack", HERE / "stack.py")
        self.stack = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.stack)
        self.stack.WAIT = {"Delay": 0, "MaxAttempts": 2}
        real, self.clients = boto3.client, {}
        for service, script in calls.items():
            stubber = Stubber(real(service))
            for name, response, expected in script:
                if isinstance(response, str):
                    stubber.add_client_error(name, "ValidationError", response, expected_params=expected)
                else:
                    stubber.add_response(name, response, expected)
            stubber.activate()
            self.clients[service] = stubber
        self.stack.boto3 = self

    def client(self, service):
        return self.clients[service].client

    def Session(self):
        return self

    @property
    def region_name(self):
        return os.environ.get("AWS_DEFAULT_REGION")

    def get_credentials(self):
        return os.environ.get("AWS_ACCESS_KEY_ID")

    def preflight(self):
        """What `make deploy` says before it builds: the last line, or the reason why it stops."""
        said = io.StringIO()
        spec = importlib.util.spec_from_file_location("setup", HERE / "setup.py")
        setup = importlib.util.module_from_spec(spec)
        sys.path.insert(0, str(HERE))
        spec.loader.exec_module(setup)
        setup.boto3, setup.stack = self, self.stack
        try:
            with contextlib.redirect_stdout(said):
                setup.preflight()
        except SystemExit as stopped:
            return f"stops: {stopped}"
        for stubber in self.clients.values():
            stubber.assert_no_pending_responses()
        return said.getvalue()

    def __call__(self, verb):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            getattr(self.stack, verb)()
        for stubber in self.clients.values():
            stubber.assert_no_pending_responses()
        assert CANARY not in said.getvalue(), said.getvalue()
        return said.getvalue()


def secrets_are_put_and_not_told(directory):
    held = {"SENTRY_AUTH_TOKEN": "", "OTHER": "stays"}
    after = {"SENTRY_AUTH_TOKEN": CANARY, "OTHER": "stays"}
    os.environ["SENTRY_AUTH_TOKEN"] = CANARY
    get = ("get_secret_value", {"SecretString": json.dumps(held)}, {"SecretId": ARN})
    put = ("put_secret_value", {"VersionId": V2}, {"SecretId": ARN, "SecretString": json.dumps(after)})
    calls = {"cloudformation": [described(), resource()], "secretsmanager": [get, put], "lambda": renewed(V2)}
    said = Run(directory, **calls)("put_secrets").splitlines()
    assert said[0] == "put into the secret: SENTRY_AUTH_TOKEN" and "starts anew" in said[1], said
    same = ("get_secret_value", {"SecretString": json.dumps(after)}, {"SecretId": ARN})
    Run(directory, cloudformation=[described()], secretsmanager=[same])("put_secrets")


def nothing_is_built_without_region_credentials_and_organization(directory):
    account = ("get_caller_identity", {"Account": "123456789012"}, {})
    none = ("describe_stacks", "Stack with id sidenote does not exist", {"StackName": "sidenote"})
    begun = ("describe_stacks", described("REVIEW_IN_PROGRESS")[1], {"StackName": "sidenote"})
    os.environ.pop("SentryOrg", None)
    for first in (none, begun):
        said = Run(directory, sts=[account], cloudformation=[first]).preflight()
        assert said.startswith("stops: ") and "make deploy SentryOrg=acme" in said, said
    said = Run(directory, sts=[account], cloudformation=[described()]).preflight()
    assert said == "account 123456789012, region eu-central-1, organization acme\n", said
    for given, told in [("acme", "organization acme\n"), ("", "organization the one that each webhook names\n")]:
        os.environ["SentryOrg"] = given
        said = Run(directory, sts=[account]).preflight()
        assert said.endswith(told), said
    # No call to AWS comes before these three.
    os.environ["SentryOrg"] = "https://acme.sentry.io"
    assert "is not a slug" in Run(directory).preflight()
    for variable, why in [("AWS_ACCESS_KEY_ID", "no AWS credentials"), ("AWS_DEFAULT_REGION", "no AWS region")]:
        run = Run(directory)
        del os.environ[variable]
        assert run.preflight().startswith(f"stops: setup.py: {why}"), run.preflight()


def a_failed_deployment_goes_back(directory):
    template = ("get_template", {"TemplateBody": "old"}, {"StackName": "sidenote", "TemplateStage": "Original"})
    Run(directory, cloudformation=[described(), template, described()], secretsmanager=[version(V1)])("remember")
    moved = {"SecretId": ARN, "VersionStage": "AWSCURRENT", "MoveToVersionId": V1, "RemoveFromVersionId": V2}
    update = {
        "StackName": "sidenote",
        "TemplateBody": "old",
        "Parameters": [{"ParameterKey": "SentryOrg", "ParameterValue": "acme"}],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    secret = [version(V2), ("update_secret_version_stage", {}, moved)]
    rest = [described(), described()]
    stack = [*rest, ("update_stack", {}, update), described(), resource()]
    calls = {"cloudformation": stack, "secretsmanager": secret, "lambda": renewed(V1)}
    said = Run(directory, **calls)("roll_back").splitlines()
    assert said[:2] == ["the secret is as it was", "the stack sidenote is as it was"], said
    assert "starts anew" in said[2], said
    nothing = ("update_stack", "No updates are to be performed.", update)
    Run(directory, cloudformation=[*rest, nothing], secretsmanager=[version(V1)])("roll_back")
    # Cancelled in the middle: first the update has to end.
    cancel = ("cancel_update_stack", {}, {"StackName": "sidenote"})
    late = ("cancel_update_stack", "CancelUpdateStack cannot be called from current stack status", cancel[2])
    under_way = [described(status) for status in ("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE")]
    for ending in (cancel, late):
        calls = [described("UPDATE_IN_PROGRESS"), ending, *under_way, nothing]
        Run(directory, cloudformation=calls, secretsmanager=[version(V1)])("roll_back")


def a_first_deployment_is_left(directory):
    missing = ("describe_stacks", "Stack with id sidenote does not exist", {"StackName": "sidenote"})
    Run(directory, cloudformation=[missing])("remember")
    assert "left to be looked at" in Run(directory)("roll_back")


def doctor(directory, answer):
    """What the doctor's report makes of the deployment: what is said, and how it ends (None: well)."""
    program, seen = directory / "doctor", directory / "seen"
    program.write_text(f'#!/bin/sh\n{{ echo "$@"; env; }} >{seen}\ncat <<\'END\'\n{answer}\nEND\nexit 1\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    os.environ.update(SIDENOTE=str(program), SENTRY_AUTH_TOKEN=CANARY)
    run = Run(directory, **{"cloudformation": [resource(), described()], "lambda": [configuration()]})
    try:
        return run("doctor"), None, seen.read_text()
    except SystemExit as end:
        return "", end.code, seen.read_text()


def report(*failed):
    checks = [{"name": "clock", "verdict": "ok", "evidence": "0 s", "remedy": None}]
    checks += [{"name": name, "verdict": "failed", "evidence": "100%", "remedy": "look"} for name in failed]
    return json.dumps({"status": "failed", "checks": checks})


def the_doctor_gets_the_functions_settings_and_no_token(directory):
    _, _, output = doctor(directory, report())
    assert output.startswith("doctor --json --url https://url.example/hook\n") and f"SECRET_ID={ARN}" in output, output
    assert CANARY not in output, output


def what_only_the_function_can_reach_is_a_warning(directory):
    private = ["sentry.reachable", "analyzer.health", "telegram.bot", "url.speed"]
    said, end, _ = doctor(directory, report(*private))
    assert end is None and all(f"warning  {name}: 100% -> look" in said for name in private), (said, end)
    os.environ["GITHUB_ACTIONS"] = "true"
    said, end, _ = doctor(directory, report(*private))
    assert end is None and "::warning::sentry.reachable: 100%25 -> look" in said, (said, end)


def what_speaks_of_the_deployment_decides(directory):
    for name in ["configuration.SENTRY_ORG", "secrets", "secrets.LLM_API_KEY", "state.table", "url.health", "url.lock"]:
        _, end, _ = doctor(directory, report("sentry.reachable", name))
        assert end and end.endswith(f": {name}"), (name, end)
    for nothing in ["", "{}", "panicked", "[]"]:
        _, end, _ = doctor(directory, nothing)
        assert end and "without a report" in end, (nothing, end)


def parameters_may_hold_blanks(directory):
    sam = directory / "sam"
    sam.write_text('#!/bin/sh\nwhile [ "$1" != --parameter-overrides ]; do shift; done\nshift\nprintf "%s\\0" "$@"\n')
    sam.chmod(0o755)

    def deployed(text, *more):
        variables = {**os.environ, "PATH": f"{directory}:{os.environ['PATH']}", "PARAMETERS": text}
        command = [HERE / "deploy.sh", "arm64", *more]
        run = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        arguments = tuple(run.stdout.split("\0")[:-1])
        return run.returncode, CfnParameterOverridesType().convert(arguments, None, None) if arguments else run.stderr

    assert deployed("") == (0, {"Architecture": "arm64"}), deployed("")
    given = {"SweepSchedule": "cron(0 6 * * ? *)", "SentryOrg": "acme", "SentryBaseUrl": "https://s.example/?a=b"}
    given.update(LlmModel='a"b', TelegramThreadId="")
    for end in ["\n", "\r\n", "\n\n"]:
        text = end.join(f"{name}={value}" for name, value in given.items()) + end
        assert deployed(text) == (0, {"Architecture": "arm64", **given}), deployed(text)
    for wrong in ["SentryOrg=acme TelegramChatId=-1001", "acme"]:
        code, said = deployed(wrong)
        assert code == 2 and "one NAME=value a line" in said, (wrong, code, said)
    # `make deploy` checks the same before it builds, and calls no SAM then.
    assert deployed("SentryOrg=acme", "check") == (0, ""), deployed("SentryOrg=acme", "check")
    for more in [(), ("check",)]:
        code, said = deployed("SentyOrg=acme", *more)
        assert code == 2 and "no parameter SentyOrg" in said, (more, code, said)


def main():
    tests = [
        secrets_are_put_and_not_told,
        nothing_is_built_without_region_credentials_and_organization,
        a_failed_deployment_goes_back,
        a_first_deployment_is_left,
        the_doctor_gets_the_functions_settings_and_no_token,
        what_only_the_function_can_reach_is_a_warning,
        what_speaks_of_the_deployment_decides,
        parameters_may_hold_blanks,
    ]
    before = dict(os.environ)
    for test in tests:
        with tempfile.TemporaryDirectory() as directory:
            test(pathlib.Path(directory))
        os.environ.clear()
        os.environ.update(before)
        print(f"deployment: {test.__name__.replace('_', ' ')}")


if __name__ == "__main__":
    main()
