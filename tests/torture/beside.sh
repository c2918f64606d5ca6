#!/bin/sh
# The torture messages beside the source tree, when they are there: only those out of RFCs have verdicts that bind.
exec tests/torture/torture_beside "${srcdir:-.}/../shared/torture" rfc4475 rfc5118 rfc3261
