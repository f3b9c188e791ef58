#!/usr/bin/env python3
"""What a deployment does besides `sam deploy`. Runs in SAM's virtual environment, which has boto3.

    stack.py remember      notes what is deployed now, for roll-back
    stack.py put-secrets   puts the secret variables of the environment into the stack's secret; the others stay
    stack.py doctor        asks `sidenote doctor` about the deployed function, with the function's own settings
    stack.py roll-back     brings back template, parameters and secret as they were remembered

STACK_NAME names the stack, MEMORY the file for what is remembered, SIDENOTE the program. No value of a secret is printed
or handed to another program as an argument.
"""

import json
import os
import pathlib
import subprocess
import sys

import boto3
from botocore.exceptions import ClientError

SECRET_KEYS = [
    "SENTRY_AUTH_TOKEN",
    "SENTRY_CLIENT_SECRET",
    "TELEGRAM_BOT_TOKEN",
    "TELEGRAM_WEBHOOK_SECRET",
    "LLM_API_KEY",
]
STACK = os.environ.get("STACK_NAME") or "sidenote"
MEMORY = pathlib.Path(os.environ.get("MEMORY") or ".aws-sam/before.json")
WAIT = {"Delay": 5, "MaxAttempts": 360}


def stack():
    """The stack as CloudFormation describes it; None if there is none."""
    try:
        return boto3.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def output(name):
    described = stack()
    outputs = {o["OutputKey"]: o["OutputValue"] for o in (described or {}).get("Outputs", [])}
    if name not in outputs:
        sys.exit(f"stack.py: the stack {STACK} has no output {name}")
    return outputs[name]


def current_version(secret):
    versions = boto3.client("secretsmanager").describe_secret(SecretId=secret).get("VersionIdsToStages", {})
    return next((version for version, stages in versions.items() if "AWSCURRENT" in stages), None)


def remember():
    described = stack()
    MEMORY.parent.mkdir(parents=True, exist_ok=True)
    if described is None:
        MEMORY.write_text("null")
        return print(f"there is no stack {STACK} yet")
    template = boto3.client("cloudformation").get_template(StackName=STACK, TemplateStage="Original")["TemplateBody"]
    secret = output("SecretArn")
    before = {
        "template": template if isinstance(template, str) else json.dumps(template),
        "parameters": {p["ParameterKey"]: p["ParameterValue"] for p in described.get("Parameters", [])},
        "secret": secret,
        "version": current_version(secret),
    }
    MEMORY.write_text(json.dumps(before))
    print(f"the stack {STACK} is remembered")


def put_secrets():
    secrets, arn = boto3.client("secretsmanager"), output("SecretArn")
    before = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
    given = {key: os.environ[key] for key in SECRET_KEYS if os.environ.get(key)}
    after = {**before, **given}
    if after == before:
        return print("the secrets are as they were")
    secrets.put_secret_value(SecretId=arn, SecretString=json.dumps(after))
    print("put into the secret:", " ".join(key for key in given if given[key] != before.get(key)))


def doctor():
    resources = boto3.client("cloudformation").describe_stack_resource(
        StackName=STACK, LogicalResourceId="SidenoteFunction"
    )
    function = resources["StackResourceDetail"]["PhysicalResourceId"]
    configuration = boto3.client("lambda").get_function_configuration(FunctionName=function)
    settings = configuration["Environment"]["Variables"]
    inherited = {key: value for key, value in os.environ.items() if key not in SECRET_KEYS}
    program = os.environ.get("SIDENOTE") or "sidenote"
    run = subprocess.run([program, "doctor", "--url", output("WebhookUrl")], env={**inherited, **settings}, check=False)
    sys.exit(run.returncode)


def roll_back():
    if not MEMORY.exists():
        return print("nothing was begun")
    before = json.loads(MEMORY.read_text())
    if before is None:
        return print(f"nothing was deployed before. What there is of the stack {STACK} is left to be looked at")
    restore_secret(before)
    cloudformation = boto3.client("cloudformation")
    parameters = [{"ParameterKey": k, "ParameterValue": v} for k, v in before["parameters"].items()]
    try:
        cloudformation.update_stack(
            StackName=STACK,
            TemplateBody=before["template"],
            Parameters=parameters,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return print(f"the stack {STACK} is as it was: CloudFormation has rolled it back")
        raise
    cloudformation.get_waiter("stack_update_complete").wait(StackName=STACK, WaiterConfig=WAIT)
    print(f"the stack {STACK} is as it was")


def restore_secret(before):
    now = current_version(before["secret"])
    if before["version"] in (None, now):
        return
    boto3.client("secretsmanager").update_secret_version_stage(
        SecretId=before["secret"],
        VersionStage="AWSCURRENT",
        MoveToVersionId=before["version"],
        RemoveFromVersionId=now,
    )
    print("the secret is as it was")


def main():
    verbs = {"remember": remember, "put-secrets": put_secrets, "doctor": doctor, "roll-back": roll_back}
    verb = verbs.get(sys.argv[1]) if len(sys.argv) == 2 else None
    if verb is None:
        sys.exit(__doc__)
    verb()


if __name__ == "__main__":
    main()
