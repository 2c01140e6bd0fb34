# SPDX-License-Identifier: Apache-2.0
#
# The verifier. Genuine evidence is no part of the project; test_vectors says whether it was there.

unit_test(vectors USES attestation EXTERNAL jansson)
