#!/usr/bin/env bash
# Creates a lead with curl, and prints the reply.
#
#     LEADGATE_API_KEY=nxr_live_... ./create-lead.sh
#
# LEADGATE_URL          the API's URL (default: http://127.0.0.1:3000, where `cargo dev` listens)
# LEADGATE_WORKFLOW_ID  enrols the lead (default: no workflow)
set -euo pipefail

: "${LEADGATE_API_KEY:?is not set: put an API key there}"
url=${LEADGATE_URL:-http://127.0.0.1:3000}

# "" for a field means that it is not given.
lead='{
    "first_name": "John",
    "email": "john@example.com",
    "phone": "+1234567890",
    "workflow_id": "'${LEADGATE_WORKFLOW_ID:-}'",
    "company": "Example Ltd"
}'

# The key is read from standard input: other users of the machine can see a command line. The
# Idempotency-Key is the same in each retry, so that a lost answer does not make a second lead.
curl --silent --show-error --fail-with-body --max-time 30 --retry 5 --retry-max-time 120 \
    --header @- --header 'Content-Type: application/json' --header "Idempotency-Key: $(uuidgen)" \
    --data "$lead" "$url/api/public/leads" <<<"X-API-Key: $LEADGATE_API_KEY"
