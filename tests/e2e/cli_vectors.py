#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: cli_vectors.py BUILD-FOLDER

Genuine evidence, and what others made of it, through `meshctl evidence verify`: verdict, claims, window and exit status of
each vector in the folder that MARBLEMESH_VECTORS names (tests/support/vectors.h says how it is laid out). Vectors with
a root of their own go through meshctl-sim. Exit status 77: the folder is not there, nothing was tried.
"""
import collections
import json
import os
import subprocess
import sys
from pathlib import Path

EVIDENCE = {
    "dcap": "quote",
    "oe": "oe_report",
    "snp": "report",
    "azure_cvm": "hcl_report",
    "nitro": "document",
    "ratls": "certificate",
}
FRAMINGS = {"gramine-legacy": "gramine-legacy"}

# Reasons that are the question's and not the evidence's: the tool has no option for a nonce, and policies of vectors
# demand single fields by names of their own.
OF_THE_QUESTION = {"policy", "vmpl", "report_data", "nonce", "tcb_eval_data_number"}


def command(build, folder, vector):
    inputs = vector["inputs"]
    root = inputs.get("trust_root")
    words = [str(build / ("meshctl-sim" if root else "meshctl")), "evidence", "verify", "--json"]
    words += ["--collateral", str(folder), "--at", vector["time"]]
    if root:
        words += ["--root", str(folder / root)]
    framing = FRAMINGS.get(vector.get("policy", {}).get("framing"))
    if framing:
        words += ["--framing", framing]
    return words + [str(folder / inputs[EVIDENCE[vector["verifier"]]])]


def statuses(vector):
    """The exit statuses that are right."""
    reasons = vector.get("reason", [])
    reasons = {reasons} if isinstance(reasons, str) else set(reasons)
    if vector["verdict"] != "ok":
        return {0, 1} if reasons & OF_THE_QUESTION else {1}
    fields = vector["fields"]
    accepted = vector.get("accept_under", {}).get("marblerun_default", not fields.get("debug"))
    return {0 if accepted else 1}


def faults_of(vector, status, answer):
    if status not in statuses(vector):
        yield f"status: expected {statuses(vector)}, found {status}: {answer['reason']}: {answer['message']}"
    if answer["outcome"] != {0: "accepted", 1: "rejected", 2: "unjudged"}.get(status):
        yield f"outcome {answer['outcome']} with status {status}"
    if vector["verdict"] != "ok":
        return
    for name, value in vector["fields"].items():
        if answer["claims"].get(name) != value:
            yield f"{name}: expected {value}, found {answer['claims'].get(name)}"
    if "window" in vector and answer["window"] != vector["window"]:
        yield f"window: expected {vector['window']}, found {answer['window']}"


def judge(build, folder, vector):
    done = subprocess.run(command(build, folder, vector), capture_output=True, text=True, timeout=60)
    try:
        answer = json.loads(done.stdout)
    except json.JSONDecodeError:
        return done.returncode, [f"no JSON: {done.stdout[:200]!r} {done.stderr[:300]!r}"]
    return done.returncode, list(faults_of(vector, done.returncode, answer))


def main(build, folder):
    if not (folder / "index.json").exists():
        print(f"SKIPPED: no vectors in {folder}; set MARBLEMESH_VECTORS")
        return 77
    counts = collections.Counter()
    bad = 0
    for entry in json.loads((folder / "index.json").read_text())["vectors"]:
        vector = json.loads((folder / entry["id"] / "expected.json").read_text())
        if vector["verifier"] not in EVIDENCE:
            counts["not tried: " + vector["verifier"]] += 1
            continue
        status, faults = judge(build, folder / entry["id"], vector)
        counts[f"status {status}"] += 1
        bad += len(faults)
        for fault in faults:
            print(f"{entry['id']}: {fault}", file=sys.stderr)
    print(", ".join(f"{count} with {what}" for what, count in sorted(counts.items())), f"; {bad} faults")
    return 1 if bad or not counts["status 0"] or not counts["status 1"] else 0


if __name__ == "__main__":
    beside = Path(os.environ["SOURCE_DIR"]) / "../shared/vectors"
    sys.exit(main(Path(sys.argv[1]), Path(os.environ.get("MARBLEMESH_VECTORS") or beside)))
