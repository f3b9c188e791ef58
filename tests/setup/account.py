"""A stand-in for an AWS account: moto, and the parts that a deployment needs in addition.

SAM's transform, function URLs, secrets made by CloudFormation, and a Lambda that runs the uploaded zip: one process for
each event that nobody else is free for, replaced when the configuration changes, its output in the log group.

    account.py PORT FOLDER     listens on 127.0.0.1:PORT, unpacks functions in FOLDER
"""

import base64
import datetime
import io
import json
import os
import pathlib
import queue
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import moto.awslambda.models as functions
import moto.cloudformation.models as formation
from moto.core.common_models import CloudFormationModel
from moto.logs.models import LogGroup, logs_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.server import main as serve_moto
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

# The function's timeout in the template.
SECONDS = 60
PORT, FOLDER = sys.argv[1:]


# --- CloudFormation, as far as moto does not go ----------------------------------------------------------------------


def transformed(template):
    """The resources of a template after SAM's transform."""
    if "Transform" not in template:
        return template
    copy = json.loads(json.dumps(template, default=str))
    result = Translator({}, Parser()).translate(copy, parameter_values={})
    return {key: value for key, value in result.items() if key != "Transform"}


parse_plain = formation.Stack.parse_template
execute_plain = formation.CloudFormationBackend.execute_change_set


def parse_changes(change_set):
    change_set.template_dict = formation.Stack.parse_template(change_set.template)


def execute(backend, change_set_name, stack_name=None):
    """Updates the stack's outputs, which moto does not do."""
    execute_plain(backend, change_set_name, stack_name)
    sets = backend.change_sets.values()
    change = [it for it in sets if change_set_name in (it.change_set_name, it.change_set_id)][-1]
    stack = backend.stacks[change.stack_id]
    stack._parse_template()
    stack.parameters = change.parameters
    stack.output_map = stack._create_output_map()


def resource(backend, stack_name, logical_resource_id):
    stack = backend.describe_stacks(stack_name)[0]
    found = stack.resource_map[logical_resource_id]
    found.logical_resource_id = logical_resource_id
    return stack, found


formation.Stack.parse_template = staticmethod(lambda text: transformed(parse_plain(text)))
formation.ChangeSet._parse_template = parse_changes
formation.CloudFormationBackend.execute_change_set = execute
formation.CloudFormationBackend.describe_stack_resource = resource
LogGroup.update_from_cloudformation_json = classmethod(lambda _, original_resource, *__, **___: original_resource)


# moto gets a resource's service from this.
HOME = "moto.cloudformation.account"


class Made:
    """A resource that moto's CloudFormation does not know. An update leaves it as it is."""

    def __init__(self, physical_resource_id):
        self.physical_resource_id = physical_resource_id

    @staticmethod
    def cloudformation_name_type():
        return None

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **_):
        return cls(resource_name)

    @classmethod
    def update_from_cloudformation_json(cls, original_resource, *_, **__):
        return original_resource


class InvokeConfig(Made, CloudFormationModel):
    __module__ = HOME

    @staticmethod
    def cloudformation_type():
        return "AWS::Lambda::EventInvokeConfig"


class Secret(Made, CloudFormationModel):
    __module__ = HOME

    @staticmethod
    def cloudformation_type():
        return "AWS::SecretsManager::Secret"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **_):
        properties, backend = cloudformation_json["Properties"], secretsmanager_backends[account_id][region_name]
        backend.create_secret(
            name=resource_name,
            secret_string=properties["SecretString"],
            description=properties["Description"],
            secret_binary=None,
            tags=[],
            kms_key_id=None,
            client_request_token=None,
            replica_regions=[],
            force_overwrite=False,
        )
        return cls(backend.secrets[resource_name].arn)


class Url(Made, CloudFormationModel):
    __module__ = HOME

    @staticmethod
    def cloudformation_type():
        return "AWS::Lambda::Url"

    @classmethod
    def has_cfn_attr(cls, attr):
        return attr == "FunctionUrl"

    def get_cfn_attribute(self, _):
        return f"http://127.0.0.1:{self.server.server_port}/"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **_):
        name = cloudformation_json["Properties"]["TargetFunctionArn"]
        made = cls(resource_name)
        made.server = front_door(functions.lambda_backends[account_id][region_name].get_function(name))
        return made


# --- Lambda ----------------------------------------------------------------------------------------------------------

create_plain = functions.LambdaFunction.create_from_cloudformation_json.__func__
describe_plain = functions.LambdaFunction.get_configuration


def variables(properties):
    """Converts values to strings, as Lambda does."""
    return {key: str(value) for key, value in properties["Environment"]["Variables"].items()}


def create(cls, resource_name, cloudformation_json, account_id, region_name, **more):
    function = create_plain(cls, resource_name, cloudformation_json, account_id, region_name, **more)
    function.environment_vars = variables(cloudformation_json["Properties"])
    function.log_group = cloudformation_json["Properties"]["LoggingConfig"]["LogGroup"]
    return function


def update(_, original_resource, new_resource_name, cloudformation_json, **__):
    original_resource.environment_vars = variables(cloudformation_json["Properties"])
    return original_resource


def describe(function, *arguments, **named):
    return {**describe_plain(function, *arguments, **named), "RevisionId": "1", "LastUpdateStatus": "Successful"}


functions.LambdaFunction.create_from_cloudformation_json = classmethod(create)
functions.LambdaFunction.update_from_cloudformation_json = classmethod(update)
functions.LambdaFunction.get_configuration = describe


class Environment:
    """One process of a function, and the runtime API that it asks."""

    def __init__(self, function):
        self.function, self.settings = function, dict(function.environment_vars)
        self.events, self.answers, self.is_free = queue.Queue(), {}, False
        self.api = serve(self.handlers())
        self.process = self.start(pathlib.Path(tempfile.mkdtemp(dir=FOLDER)))
        threading.Thread(target=self.log, daemon=True).start()

    def start(self, folder):
        zipfile.ZipFile(io.BytesIO(self.function.code_bytes)).extractall(folder)
        (folder / "bootstrap").chmod(0o755)
        given = {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.api.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": self.function.function_name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.function.memory_size),
            "AWS_LAMBDA_LOG_GROUP_NAME": self.function.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
            "AWS_LAMBDA_LOG_LEVEL": "INFO",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_REGION": self.function.region,
            "AWS_ACCESS_KEY_ID": "of-the-role",
            "AWS_SECRET_ACCESS_KEY": "of-the-role",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{PORT}",
            # On a busy machine, the answer may take longer than Sentry waits.
            "ANSWER_WITHIN_MS": "20000",
        }
        program = [folder / "bootstrap"]
        return subprocess.Popen(
            program, env={**self.settings, **given}, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def log(self):
        backend = logs_backends[self.function.account_id][self.function.region]
        stream = f"{datetime.date.today():%Y/%m/%d}/[$LATEST]{uuid.uuid4().hex}"
        backend.create_log_stream(self.function.log_group, stream)
        for line in self.process.stdout:
            event = {"timestamp": int(time.time() * 1000), "message": line.rstrip("\n")}
            backend.put_log_events(self.function.log_group, stream, [event])

    def fits(self):
        return self.process.poll() is None and self.settings == self.function.environment_vars

    def handlers(environment):
        class Api(Door):
            def do_GET(self):
                assert self.path == "/2018-06-01/runtime/invocation/next", self.path
                environment.is_free = True
                request_id, event = environment.events.get()
                headers = {
                    "Lambda-Runtime-Aws-Request-Id": request_id,
                    "Lambda-Runtime-Deadline-Ms": str(int((time.time() + SECONDS) * 1000)),
                    "Lambda-Runtime-Invoked-Function-Arn": environment.function.function_arn,
                }
                self.answer(200, headers, event)

            def do_POST(self):
                request_id = self.path.split("/")[-2]
                environment.answers[request_id].put(self.body())
                self.answer(202, {}, b"")

        return Api

    def invoke(self, event):
        request_id = str(uuid.uuid4())
        self.answers[request_id] = queue.Queue()
        self.events.put((request_id, json.dumps(event).encode()))
        return json.loads(self.answers[request_id].get(timeout=SECONDS + 5))


class Door(BaseHTTPRequestHandler):
    """The small part of HTTP that is needed here."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def serve(handlers):
    server = ThreadingHTTPServer(("127.0.0.1", 0), handlers)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def front_door(function):
    """The function's URL."""
    environments, lock = [], threading.Lock()

    def environment():
        with lock:
            free = [it for it in environments if it.is_free and it.fits()]
            if not free:
                free = [Environment(function)]
                environments.extend(free)
            free[0].is_free = False
            return free[0]

    class UrlDoor(Door):
        def do_GET(self):
            given = environment().invoke(event_of(self.command, self.path, self.headers, self.body()))
            headers = {k: v for k, v in given.get("headers", {}).items() if k.lower() != "content-length"}
            body = given.get("body") or ""
            body = base64.b64decode(body) if given.get("isBase64Encoded") else body.encode()
            self.answer(given.get("statusCode", 502), headers, body)

        do_POST = do_GET

    return serve(UrlDoor)


def event_of(method, target, headers, body):
    """The event of a function URL, payload format 2.0."""
    path, _, query = target.partition("?")
    http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "a test"}
    context = {"accountId": "anonymous", "apiId": "id", "domainName": "id.lambda-url.us-east-1.on.aws", "domainPrefix": "id"}
    context.update(http=http, requestId=str(uuid.uuid4()), routeKey="$default", stage="$default", timeEpoch=int(time.time() * 1000))
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {name.lower(): value for name, value in headers.items()},
        "requestContext": {**context, "time": "24/Nov/2026:12:00:00 +0000"},
        "isBase64Encoded": True,
        "body": base64.b64encode(body).decode(),
    }


if __name__ == "__main__":
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    serve_moto(["-H", "127.0.0.1", "-p", PORT])
