# SPDX-License-Identifier: Apache-2.0
"""Runs the suite: main.py [PATTERN]. Cases whose section or sentence holds the pattern; all without one."""
import sys

import harness
import manifests
import pki
import section1a
import section1b
import section1c
import section2
import section3
import section5
import section7

try:
    harness.main(manifests.SHARED, sys.argv[1] if len(sys.argv) > 1 else "")
finally:
    pki.clean_up()
