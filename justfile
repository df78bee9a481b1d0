# Short names for the commands of this repository (https://just.systems). Each recipe is one command, which also works
# without `just`.

# Lists the recipes
list:
    @just --list --unsorted

# Starts Leadgate on this machine, with a DynamoDB and an SQS in the same process
dev *options:
    cargo dev {{ options }}

# Runs all tests
test:
    cargo test

# Runs the unit tests, in less than a minute after a change (needs cargo-nextest)
test-fast:
    cargo nextest run --profile fast --lib

# Runs the tests with a name that contains NAME
test-one name:
    cargo test {{ name }}

# Plays one seed of the simulation and prints it; without a seed, tries all 20,000 schedules
simulate seed='':
    {{ if seed == '' { 'LEADGATE_SCHEDULES=20000' } else { 'LEADGATE_SEED=' + seed } }} cargo test --profile simulation --package simulation --test simulation {{ if seed == '' { '' } else { 'any_schedule' } }} -- --nocapture

# Writes docs/mutations.md anew, after a change of a conditional write
mutants:
    LEADGATE_UPDATE_MUTANTS="$(mktemp)" sh -ec 'cargo test --profile simulation --package simulation --test simulation page_of_mutants -- --ignored; cargo test --package e2e; cargo test --package e2e page_of_mutants -- --ignored'

# Runs the named steps of CI, or all of them (`just ci --list` lists them)
ci *steps:
    .ci/run {{ steps }}

# Measures the functions' release binaries (run `sam build` first)
bench *options:
    cargo measure {{ options }}

# Opens the documentation of the crates
docs:
    cargo doc --no-deps --workspace --document-private-items --open

# Formats the code
fmt:
    cargo fmt --all

# Runs clippy as CI does
lint:
    cargo clippy --workspace --all-targets --target-dir target/clippy -- --deny warnings

# Makes the pictures in docs/images again
pictures:
    .ci/make-pictures
