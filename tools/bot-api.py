#!/usr/bin/env python3
"""bot-api.py WHEEL prints Telegram's Bot API as JSON, read from the source code in the wheel of aiogram.

aiogram generates its classes from Telegram's documentation: one class per method and per type, one annotation per field. Nothing
of it is imported, so it needs no installation. The output:

  {"version": "10.3",
   "methods": {"sendMessage": {"fields": [{"name": "text", "required": true, "types": ["String"]}, ...]}, ...},
   "types": {"InlineKeyboardButton": {"fields": [...]}, ...}}

A type is String, Integer, Float, Boolean, the name of another type, or "Array of " and a type.
"""

import ast
import json
import sys
import zipfile

# Python's types, and those of aiogram for times.
SIMPLE = {
    "str": "String", "int": "Integer", "float": "Float", "bool": "Boolean", "DateTime": "Integer", "datetime": "Integer",
    "datetime.datetime": "Integer", "datetime.timedelta": "Integer", "timedelta": "Integer",
}
# Nothing in a request has these types: None is a missing field, and Default is a setting of aiogram.
ABSENT = {"None", "Default"}


def modules(wheel, folder):
    """Returns the syntax trees of the modules in a folder of the wheel."""
    names = (name for name in wheel.namelist() if name.startswith(f"aiogram/{folder}/") and name.endswith(".py"))
    return [ast.parse(wheel.read(name)) for name in names]


def unions(trees):
    """Returns the named unions, such as ChatIdUnion, each with its expression."""
    found = {}
    for tree in trees:
        for node in tree.body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
                found[node.target.id] = node.value
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found[node.targets[0].id] = node.value
    return found


def kinds(node, aliases):
    """Returns the types that an annotation names, in its order."""
    if isinstance(node, ast.BinOp):
        return kinds(node.left, aliases) + kinds(node.right, aliases)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return kinds(ast.parse(node.value, mode="eval").body, aliases)
    if isinstance(node, ast.Subscript):
        outer = ast.unparse(node.value)
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if outer in ("list", "List"):
            return ["Array of " + kind for kind in kinds(inner[0], aliases)]
        if outer == "Literal":
            return ["Boolean" if isinstance(inner[0].value, bool) else "String"]
        if outer in ("Union", "Optional", "Annotated"):
            parts = inner[:1] if outer == "Annotated" else inner
            return [kind for part in parts for kind in kinds(part, aliases)]
        raise ValueError(f"unknown annotation: {ast.unparse(node)}")
    name = ast.unparse(node)
    if name in ABSENT:
        return []
    if name in SIMPLE:
        return [SIMPLE[name]]
    return kinds(aliases[name], aliases) if name in aliases else [name]


def fields(node, aliases):
    found = []
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and not is_deprecated(item):
            types = list(dict.fromkeys(kinds(item.annotation, aliases)))
            found.append({"name": wire_name(item), "required": is_required(item), "types": types})
    return found


def wire_name(item):
    """A field whose name is a word of Python has its real name as the alias, such as `from`."""
    if isinstance(item.value, ast.Call):
        for keyword in item.value.keywords:
            if keyword.arg == "alias":
                return keyword.value.value
    return item.target.id


def is_deprecated(item):
    """The documentation no longer has the deprecated fields."""
    return item.value is not None and "'deprecated': True" in ast.unparse(item.value)


def is_required(item):
    if item.value is None:
        return True
    return ast.unparse(item.value).startswith("Field(...")


def description(wheel):
    types = modules(wheel, "types")
    aliases = unions(types)
    said = {"version": "", "methods": {}, "types": {}}
    for tree in types:
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                said["types"][node.name] = {"fields": fields(node, aliases)}
    for tree in modules(wheel, "methods"):
        for node in tree.body:
            for item in node.body if isinstance(node, ast.ClassDef) else []:
                if isinstance(item, ast.Assign) and ast.unparse(item.targets[0]) == "__api_method__":
                    said["methods"][item.value.value] = {"fields": fields(node, aliases)}
    for node in ast.parse(wheel.read("aiogram/__meta__.py")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__api_version__":
            said["version"] = node.value.value
    return said


print(json.dumps(description(zipfile.ZipFile(sys.argv[1])), indent=1))
