#!/usr/bin/env bash
# Creates a lead with curl, and prints the reply.
#
#     LEADGATE_API_KEY=nxr_live_... ./create-lead.sh
#
# LEADGATE_URL          the API's URL (default: http://127.0.0.1:3000, where `cargo dev` listens)
# LEADGATE_WORKFLOW_ID  enrols the lead (default: no workflow)
set -euo pipefail

: "${LEADGATE_API_KEY:?is not set: set it to an API key}"
url=${LEADGATE_URL:-http://127.0.0.1:3000}
# The same in each retry, so that a lost answer does not create a second lead.
name=$(cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen)

# The API reads "" as "not given".
lead='{
    "first_name": "John",
    "email": "john@example.com",
    "phone": "+1234567890",
    "workflow_id": "'${LEADGATE_WORKFLOW_ID:-}'",
    "company": "Example Ltd"
}'

# The key is read from standard input: other users of the machine can see a command line.
reply=$(curl --silent --show-error --max-time 30 --retry 5 --retry-all-errors --retry-max-time 120 \
    --header @- --header 'Content-Type: application/json' --header "Idempotency-Key: $name" \
    --data "$lead" --write-out '\n%{http_code}' "$url/api/public/leads" <<<"X-API-Key: $LEADGATE_API_KEY")
echo "${reply%$'\n'*}"
[ "${reply##*$'\n'}" = 201 ]
