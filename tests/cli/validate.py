"""Validates JSON documents against a JSON Schema: validate.py SCHEMA REPORT...

A file whose name ends in .ndjson holds a document a line."""

import json
import sys
import warnings

warnings.simplefilter("ignore")
import jsonschema  # noqa: E402

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
failed = False
for path in sys.argv[2:]:
    with open(path, encoding="utf-8") as file:
        reports = [json.loads(line) for line in file] if path.endswith(".ndjson") else [json.load(file)]
    for report in reports:
        for error in list(validator.iter_errors(report))[:5]:
            failed = True
            print(f"{path}: {list(error.absolute_path)}: {error.message[:300]}")
sys.exit(1 if failed else 0)
