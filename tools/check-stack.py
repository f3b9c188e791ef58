#!/usr/bin/env python3
"""Tests of stack.py, with AWS's clients stubbed by botocore, which holds every call against the service's own model."""

import contextlib
import importlib.util
import io
import json
import os
import pathlib
import stat
import sys
import tempfile

import boto3
from botocore.stub import Stubber

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
    put = ("put_secret_value", {}, {"SecretId": ARN, "SecretString": json.dumps(after)})
    said = Run(directory, cloudformation=[described()], secretsmanager=[get, put])("put_secrets")
    assert said == "put into the secret: SENTRY_AUTH_TOKEN\n", said
    same = ("get_secret_value", {"SecretString": json.dumps(after)}, {"SecretId": ARN})
    Run(directory, cloudformation=[described()], secretsmanager=[same])("put_secrets")


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
    said = Run(directory, cloudformation=[("update_stack", {}, update), described()], secretsmanager=secret)("roll_back")
    assert said.splitlines() == ["the secret is as it was", "the stack sidenote is as it was"], said
    nothing = [("update_stack", "No updates are to be performed.", update)]
    Run(directory, cloudformation=nothing, secretsmanager=[version(V1)])("roll_back")


def a_first_deployment_is_left(directory):
    missing = ("describe_stacks", "Stack with id sidenote does not exist", {"StackName": "sidenote"})
    Run(directory, cloudformation=[missing])("remember")
    assert "left to be looked at" in Run(directory)("roll_back")


def the_doctor_gets_the_functions_settings_and_no_token(directory):
    doctor, seen = directory / "doctor", directory / "seen"
    doctor.write_text(f'#!/bin/sh\n{{ echo "$@"; env; }} >{seen}\nexit 3\n')
    doctor.chmod(doctor.stat().st_mode | stat.S_IXUSR)
    os.environ.update(SIDENOTE=str(doctor), SENTRY_AUTH_TOKEN=CANARY)
    physical = {"LogicalResourceId": "SidenoteFunction", "PhysicalResourceId": "fn", "ResourceType": "t"}
    physical.update(LastUpdatedTimestamp=0, ResourceStatus="UPDATE_COMPLETE")
    asked = {"StackName": "sidenote", "LogicalResourceId": "SidenoteFunction"}
    resource = ("describe_stack_resource", {"StackResourceDetail": physical}, asked)
    variables = {"Environment": {"Variables": {"SECRET_ID": ARN, "SENTRY_ORG": "acme"}}}
    configuration = ("get_function_configuration", variables, {"FunctionName": "fn"})
    calls = {"cloudformation": [resource, described()], "lambda": [configuration]}
    try:
        Run(directory, **calls)("doctor")
    except SystemExit as end:
        assert end.code == 3, end.code
    told = seen.read_text()
    assert told.startswith("doctor --url https://url.example/hook\n") and f"SECRET_ID={ARN}" in told, told
    assert CANARY not in told, told


def main():
    tests = [
        secrets_are_put_and_not_told,
        a_failed_deployment_goes_back,
        a_first_deployment_is_left,
        the_doctor_gets_the_functions_settings_and_no_token,
    ]
    before = dict(os.environ)
    for test in tests:
        with tempfile.TemporaryDirectory() as directory:
            test(pathlib.Path(directory))
        os.environ.clear()
        os.environ.update(before)
        print(f"stack.py: {test.__name__.replace('_', ' ')}")


if __name__ == "__main__":
    main()
