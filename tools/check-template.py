#!/usr/bin/env python3
"""Checks of template.yaml that no linter has. Runs in SAM's virtual environment, on what SAM makes of the template.

1. No policy and no permission has a `*` or a `?` anywhere in an action, a resource or a principal. What AWS allows no
   other for is in WILDCARDS.
2. Every metric of our own that an alarm or the dashboard reads is one that src/metrics.rs emits, and the dashboard shows
   every one of those. Metrics of AWS are AWS's own names.

Each check is held against planted faults first, so that it cannot pass by finding nothing.
"""

import copy
import json
import os
import pathlib
import re
import sys

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

ROOT = pathlib.Path(__file__).resolve().parent.parent

# (logical id, what, value): why.
WILDCARDS = {
    ("SidenoteFunctionUrlPublicPermissions", "Principal", "*"): (
        "Sentry cannot sign as AWS does: a URL with AuthType NONE has to be anybody's, and the signature decides"
    ),
    ("SidenoteFunctionURLInvokeAllowPublicAccess", "Principal", "*"): (
        "the same, for lambda:InvokeFunction through that URL only"
    ),
    ("SidenoteRole", "Resource", "{'Fn::GetAtt': ['SidenoteLogGroup', 'Arn']}"): (
        "this ARN ends in `:*`: lines go to a stream of that one group, and Lambda names the streams"
    ),
}
AWS_METRICS = {
    "AWS/Lambda": {"Throttles", "Errors"},
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible"},
}


def transformed(text):
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    template = yaml_parse(text)
    # As `sam deploy` leaves it. The first argument would be AWS's managed policies, of which the template uses none.
    template["Resources"]["SidenoteFunction"]["Properties"]["CodeUri"] = "s3://bucket/key"
    return Translator({}, Parser()).translate(template, parameter_values={})


def statements(node):
    """Every policy statement below a node."""
    if isinstance(node, dict):
        if "Effect" in node:
            yield node
        for value in node.values():
            yield from statements(value)
    elif isinstance(node, list):
        for value in node:
            yield from statements(value)


def texts(value):
    """Every text of a value, however Fn::Sub, Fn::Join, Fn::If or a kind of principal wraps it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts(part)


def is_wild(value):
    return any("*" in text or "?" in text for text in texts(value))


def is_log_group(value, template):
    """Whether this is the ARN of a log group, which ends in `:*` by itself and shows none here."""
    name = value.get("Fn::GetAtt", [None])[0] if isinstance(value, dict) else None
    return template["Resources"].get(name, {}).get("Type") == "AWS::Logs::LogGroup"


def wildcards(template):
    for name, resource in template["Resources"].items():
        for statement in statements(resource.get("Properties", {})):
            for key in ["Action", "NotAction", "Resource", "NotResource", "Principal"]:
                values = statement.get(key, [])
                values = values if isinstance(values, list) else [values]
                yield from ((name, key, str(v)) for v in values if is_wild(v) or key.startswith("Not"))
                yield from ((name, key, str(v)) for v in values if key == "Resource" and is_log_group(v, template))
        if resource["Type"] == "AWS::Lambda::Permission":
            properties = resource["Properties"]
            yield from ((name, k, properties[k]) for k in ["Principal", "Action"] if is_wild(properties.get(k)))


def read_metrics(template):
    """(who reads it, namespace, name) of every metric that an alarm or the dashboard reads."""
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            stats = [properties] + [m["MetricStat"]["Metric"] for m in properties.get("Metrics", []) if "MetricStat" in m]
            yield from ((name, m["Namespace"], m["MetricName"]) for m in stats if "MetricName" in m)
        if resource["Type"] == "AWS::CloudWatch::Dashboard":
            for widget in json.loads(properties["DashboardBody"]["Fn::Sub"])["widgets"]:
                yield from ((name, m[0], m[1]) for m in widget["properties"].get("metrics", []))


def emitted():
    """The metrics of src/metrics.rs."""
    source = (ROOT / "src/metrics.rs").read_text()
    return set(re.findall(r'^    (\w+): "(?:Count|Milliseconds)",$', source, re.M))


def complaints(template, ours):
    found = set(wildcards(template))
    yield from (f"{name}: {key} is {value}" for name, key, value in sorted(found - WILDCARDS.keys()))
    yield from (f"{name}: {key} is not {value} any more" for name, key, value in sorted(WILDCARDS.keys() - found))
    read = list(read_metrics(template))
    for who, namespace, metric in read:
        known = ours if namespace == "Sidenote" else AWS_METRICS.get(namespace, set())
        if metric not in known:
            yield f"{who}: nothing emits {namespace} {metric}"
    shown = {metric for who, namespace, metric in read if template["Resources"][who]["Type"].endswith("Dashboard")}
    yield from (f"the dashboard does not show {metric}" for metric in sorted(ours - shown))


def planted(template, ours):
    """Faults, each of which has to be found."""
    # The table's: what is planted over a wildcard of WILDCARDS would be found for its absence.
    role = ("Resources", "SidenoteRole", "Properties", "Policies", 2, "PolicyDocument", "Statement", 0)
    alarm = ("Resources", "TokensRefusedAlarm", "Properties", "MetricName")
    faults = [
        (role + ("Action",), "*"),
        (role + ("Action",), ["logs:*"]),
        (role + ("Resource",), "*"),
        (role + ("Resource",), {"Fn::Sub": "arn:aws:logs:eu-west-1:1:*"}),
        (role + ("Action",), ["logs:PutLogEvents", "dynamodb:Get*"]),
        (role + ("Resource",), "arn:aws:dynamodb:eu-west-1:1:table/*"),
        (role + ("Resource",), {"Fn::Sub": ["arn:aws:dynamodb:${Region}:1:table/*", {"Region": "eu-west-1"}]}),
        (role + ("Resource",), {"Fn::Join": ["/", [{"Fn::GetAtt": ["StateTable", "Arn"]}, "index", "*"]]}),
        (role + ("Principal",), {"AWS": "*"}),
        (role + ("NotAction",), "logs:PutLogEvents"),
        (alarm, "TokensRefusedd"),
        (("Resources", "ThrottlesAlarm", "Properties", "MetricName"), "Throttled"),
        (("Resources", "NotesFailingAlarm", "Properties", "Metrics", 1, "MetricStat", "Metric", "MetricName"), "Notes"),
    ]
    for path, value in faults:
        faulty = copy.deepcopy(template)
        place = faulty
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        if not list(complaints(faulty, ours)):
            yield f"the check does not find {value!r} at {path}"
    if not list(complaints(template, ours | {"Unshown"})):
        yield "the check does not find a metric that the dashboard lacks"


def main():
    template = transformed((ROOT / "template.yaml").read_text())
    ours = emitted()
    found = list(complaints(template, ours)) + list(planted(template, ours))
    if found:
        sys.exit("\n".join(["check-template.py:", *found]))
    print(f"no wildcard but {len(WILDCARDS)}, for which AWS allows nothing narrower:")
    for (name, key, value), why in sorted(WILDCARDS.items()):
        print(f"  {name}: {key} {value} - {why}")
    print(f"{len(ours)} metrics of our own, all on the dashboard; {len(set(read_metrics(template)))} readings, all emitted")


if __name__ == "__main__":
    main()
