#!/usr/bin/env python3
"""The steps of a deployment besides `sam deploy`. Runs in SAM's virtual environment, which has boto3.

    stack.py remember      notes what is deployed now, for roll-back
    stack.py put-secrets   puts the secret variables of the environment into the stack's secret; the others stay. What
                           runs then is replaced, because it keeps secrets for 15 minutes
    stack.py doctor        asks `sidenote doctor` about the deployed function, with the function's own settings; fails
                           with what DECIDES
    stack.py roll-back     brings back template, parameters and secret as they were remembered

STACK_NAME names the stack, MEMORY the file for what is remembered, SIDENOTE the program. No value of a secret is printed
or handed to another program as an argument.
"""

import functools
import json
import os
import pathlib
import subprocess
import sys
import time

import boto3
from botocore.exceptions import BotoCoreError, ClientError

SECRET_KEYS = [
    "SENTRY_AUTH_TOKEN",
    "SENTRY_CLIENT_SECRET",
    "TELEGRAM_BOT_TOKEN",
    "TELEGRAM_WEBHOOK_SECRET",
    "LLM_API_KEY",
    "SOURCE_TOKEN",
]
STACK = os.environ.get("STACK_NAME") or "sidenote"
MEMORY = pathlib.Path(os.environ.get("MEMORY") or ".aws-sam/before.json")
WAIT = {"Delay": 5, "MaxAttempts": 360}
# An unused variable of the function. After a change of it Lambda starts new environments.
RENEWAL = "SECRET_VERSION"
# The doctor's checks whose results do not depend on this machine's network. The others call Sentry, Telegram and the model,
# and this machine may not reach a private one although the function does. The duration measured here (url.speed) says nothing
# about Sentry's.
DECIDES = ("configuration", "secrets", "state.", "redelivery.", "url.")
NOT_FROM_HERE = ("url.speed",)


def stack():
    """The stack as CloudFormation describes it; None if there is none."""
    try:
        return boto3.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


@functools.cache
def output(name):
    described = stack()
    if described is None:
        sys.exit(f"stack.py: there is no stack {STACK} in this account and region")
    outputs = {o["OutputKey"]: o["OutputValue"] for o in described.get("Outputs", [])}
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


def function_name():
    resource = boto3.client("cloudformation").describe_stack_resource(
        StackName=STACK, LogicalResourceId="SidenoteFunction"
    )
    return resource["StackResourceDetail"]["PhysicalResourceId"]


def renew(version):
    """Ends the environments with an older secret by changing the configuration."""
    client, function = boto3.client("lambda"), function_name()
    configuration = client.get_function_configuration(FunctionName=function)
    variables = {**configuration["Environment"]["Variables"], RENEWAL: version}
    client.update_function_configuration(
        FunctionName=function, Environment={"Variables": variables}, RevisionId=configuration["RevisionId"]
    )
    client.get_waiter("function_updated").wait(FunctionName=function, WaiterConfig=WAIT)
    print("the function starts anew, with the secret as it is now")


def put_secrets():
    put({key: os.environ[key] for key in SECRET_KEYS if os.environ.get(key)})


def put(given):
    """Puts these keys into the secret and keeps the others."""
    secrets, arn = boto3.client("secretsmanager"), output("SecretArn")
    before = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
    after = {**before, **given}
    if after == before:
        return print("the secrets are as they were")
    version = secrets.put_secret_value(SecretId=arn, SecretString=json.dumps(after))["VersionId"]
    print("put into the secret:", " ".join(key for key in given if given[key] != before.get(key)))
    renew(version)


def environment():
    """This process's environment with the function's own settings. It contains no secrets, like the function's."""
    configuration = boto3.client("lambda").get_function_configuration(FunctionName=function_name())
    inherited = {key: value for key, value in os.environ.items() if key not in SECRET_KEYS}
    return {**inherited, **configuration["Environment"]["Variables"]}


def doctor():
    settings = environment()
    program = os.environ.get("SIDENOTE") or "sidenote"
    run = subprocess.run(
        [program, "doctor", "--json", "--url", output("WebhookUrl")],
        env=settings,
        stdout=subprocess.PIPE,
        check=False,
    )
    try:
        checks = json.loads(run.stdout)["checks"]
    except (ValueError, KeyError, TypeError):
        sys.exit(f"stack.py: the doctor ended with {run.returncode} and without a report")
    failed = [check for check in checks if check["verdict"] == "failed"]
    deciding = [check["name"] for check in failed if decides(check["name"])]
    for check in checks:
        show(check)
    if deciding:
        sys.exit("stack.py: not as it should be: " + ", ".join(deciding))
    print("the deployment stands", f"with {len(failed)} warnings more: see above" if failed else "")


def decides(name):
    return name.startswith(DECIDES) and name not in NOT_FROM_HERE


def show(check):
    """Prints one result with its remedy. A failure that is not decisive becomes a warning on the GitHub run's page."""
    is_warning = check["verdict"] == "failed" and not decides(check["name"])
    remedy = f" -> {check['remedy']}" if check.get("remedy") else ""
    line = " ".join(f"{check['name']}: {check['evidence']}{remedy}".split())
    if is_warning and os.environ.get("GITHUB_ACTIONS"):
        return print("::warning::" + line.replace("%", "%25"))
    print(f"{'warning' if is_warning else check['verdict']:<8} {line}")


def roll_back():
    if not MEMORY.exists():
        return print("nothing was begun")
    before = json.loads(MEMORY.read_text())
    if before is None:
        return print(f"nothing was deployed before. What there is of the stack {STACK} is left to be looked at")
    is_moved = restore_secret(before)
    restore_stack(before)
    # This is last, because the function may change until the stack is restored.
    if is_moved:
        renew(before["version"])


def restore_stack(before):
    cloudformation = boto3.client("cloudformation")
    settle(cloudformation)
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


def settle(cloudformation):
    """Ends the update of a cancelled workflow, because the stack accepts no other update meanwhile."""
    if stack()["StackStatus"] == "UPDATE_IN_PROGRESS":
        try:
            cloudformation.cancel_update_stack(StackName=STACK)
        except ClientError as error:
            print(f"the update cannot be cancelled, so its end is waited for: {error}")
    for _ in range(WAIT["MaxAttempts"]):
        if not stack()["StackStatus"].endswith("_IN_PROGRESS"):
            return
        time.sleep(WAIT["Delay"])
    sys.exit(f"stack.py: the stack {STACK} does not come to rest")


def restore_secret(before):
    """Whether there was anything to restore."""
    now = current_version(before["secret"])
    if before["version"] in (None, now):
        return False
    boto3.client("secretsmanager").update_secret_version_stage(
        SecretId=before["secret"],
        VersionStage="AWSCURRENT",
        MoveToVersionId=before["version"],
        RemoveFromVersionId=now,
    )
    print("the secret is as it was")
    return True


def main():
    verbs = {"remember": remember, "put-secrets": put_secrets, "doctor": doctor, "roll-back": roll_back}
    verb = verbs.get(sys.argv[1]) if len(sys.argv) == 2 else None
    if verb is None:
        sys.exit(__doc__)
    verb()


if __name__ == "__main__":
    try:
        main()
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"stack.py: {error}")
