# SPDX-License-Identifier: Apache-2.0
"""Manifests to start from, people who are in them, and what is asked of all sections."""
import json
import threading

import pki
from harness import Bench, holds, same, true

UNIQUE_ID = "aa" * 32


def manifest(**sections):
    """The least manifest, with these sections in place of its own."""
    return {"Packages": {"pkg": {"UniqueID": UNIQUE_ID}}, "Marbles": {"m": {"Package": "pkg"}}, **sections}


def marble(**members):
    return {"m": {"Package": "pkg", **members}}


def values(env=None, files=None, **sections):
    """A manifest whose marble gets these variables and files."""
    parameters = {"Env": env or {}, "Files": files or {}}
    members = sections.pop("marble", {})
    return manifest(Marbles=marble(Parameters=parameters, **members), **sections)


def text_with(old, new, base=None):
    """The manifest's JSON text with one piece replaced: for what json.dumps would not write."""
    text = json.dumps(base or manifest())
    true(old in text, f"{old} is not in {text}")
    return text.replace(old, new, 1)


class Person:
    def __init__(self, name="/CN=person", key=None):
        self.files = pki.self_signed(name, key)
        self.pem = pki.text_of(self.files[0])


_people, _lock = {}, threading.Lock()


def person(name):
    with _lock:
        if name not in _people:
            _people[name] = Person("/CN=" + name)
        return _people[name]


def user(name, *roles):
    return {"Certificate": person(name).pem, "Roles": list(roles)}


def users(**roles_of):
    """Users section: name to roles."""
    return {name: user(name, *roles) for name, roles in roles_of.items()}


READER = {"ResourceType": "Secrets", "Actions": ["ReadSecret"]}
UPDATER = {"ResourceType": "Manifest", "Actions": ["UpdateManifest"]}


def role(kind, actions, names=None):
    out = {"ResourceType": kind, "Actions": actions}
    if names is not None:
        out["ResourceNames"] = names
    return out


def updatable(**sections):
    """Anna and Bert may each update the manifest; both are needed."""
    return manifest(Users=users(anna=["up"], bert=["up"]), Roles={"up": UPDATER}, **sections)


def by_anna(**sections):
    """Anna alone updates, reads and writes everything."""
    secrets = sections.get("Secrets", {})
    readable = [n for n, s in secrets.items() if s.get("Shared") or s.get("UserDefined")]
    writable = [n for n, s in secrets.items() if s.get("UserDefined")]
    roles = {"up": UPDATER, "read": role("Secrets", ["ReadSecret"], readable),
             "write": role("Secrets", ["WriteSecret"], writable),
             "svn": role("Packages", ["UpdateSecurityVersion"], list(sections.get("Packages", {"pkg": 0})))}
    return manifest(Users=users(anna=list(roles)), Roles=roles, **sections)


def anna():
    return person("anna").files


def bert():
    return person("bert").files


# ---- shared coordinators


def start_fresh(bench):
    return bench.start(MESH_SIM="none")


RUNNING = None


def running_manifest():
    """Of everything something, for cases that read."""
    secrets = {
        "shared": {"Type": "symmetric-key", "Size": 128, "Shared": True},
        "private": {"Type": "symmetric-key", "Size": 256},
        "cert": {"Type": "cert-ecdsa", "Size": 256, "Shared": True, "ValidFor": 10},
        "upload": {"Type": "plain", "UserDefined": True},
        "hidden": {"Type": "symmetric-key", "Size": 128, "Shared": True},
    }
    roles = {"read": role("Secrets", ["ReadSecret"], ["shared", "cert", "upload"]),
             "write": role("Secrets", ["WriteSecret"], ["upload"]), "up": UPDATER}
    return manifest(Secrets=secrets, Roles=roles,
                    Users=users(anna=["read", "write"], bert=["up"], carl=[], dora=["up"]))


def start_running(bench):
    return bench.mesh(running_manifest(), EDG_COORDINATOR_PROMETHEUS_ADDR="127.0.0.1:0")


SHARED = {"fresh": start_fresh, "running": start_running}


# ---- what many cases do


def refused(bench, upload, text="", reason=None):
    """The manifest is refused, as 500 in REST v2 and as 400 in v1, and nothing changes."""
    c = bench.fresh()
    c.post_manifest(upload).refused(500, "error", text, reason)
    from coordinator import as_bytes
    c.post("/manifest", as_bytes(upload)).refused(400, "error", text, reason)
    same(c.state(), 2, "state after a refused manifest")


def accepted(bench, upload, **settings):
    c = bench.mesh(upload, **settings)
    same(c.state(), 3, "state")
    return c


def got(bench, upload, **arguments):
    """What a marble of this manifest is given."""
    import marble as m
    return m.activate(bench.mesh(upload), **arguments)


__all__ = [name for name in dir() if not name.startswith("_")]
__all__ += ["Bench", "holds", "same", "true"]
