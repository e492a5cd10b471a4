# The commands of this repository. `make run` shows what Sluis does, `make test` proves it.
#
# Product and tests share one build configuration, so that nothing is compiled twice; a target that
# imports a module it does not declare does not build.
SWIFT_FLAGS := -c release -Xswiftc -enable-testing --explicit-target-dependency-import-check error
PROGRAM := .build/release/sluis
FLIGHTS := Demo/data/flights.csv
# Looked up when the demo starts, so after the fetch: nothing where there is no file.
DEMO_INPUT = $(shell test -f $(FLIGHTS) && echo --csv $(FLIGHTS) --owner-column tailnum --null NA)
FORMATTED := Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources Fuzz/Package.swift Fuzz/Sources
# How long each fuzzer runs.
FUZZ_SECONDS := 600

# Command line programs and libraries that build and demo need, by their Debian names.
PACKAGES := libssl-dev libsqlite3-dev zlib1g-dev libzstd-dev pkg-config python3 python3-pip git openssl
# What tests need besides: other people's verifiers, and a tracer that lets system calls fail.
TEST_PACKAGES := python3-venv golang-go golang-golang-x-mod-dev strace python3-authlib python3-jwt python3-requests-oauthlib

# What the scan needs besides.
SCAN_PACKAGES := testssl.sh

.PHONY: deps test-deps scan-deps build flights pymerkle schemathesis run serve test soak bench fuzz scan lint format clean

# Installs the system packages that are missing; says so first.
deps:
	@.ci/install-packages $(PACKAGES)

test-deps:
	@.ci/install-packages $(PACKAGES) $(TEST_PACKAGES)

scan-deps:
	@.ci/install-packages $(PACKAGES) $(SCAN_PACKAGES)

build: deps
	swift build $(SWIFT_FLAGS)

# Fetches the open dataset of the demo; without a network the demo makes its own.
flights: deps
	@Demo/fetch-flights $(FLIGHTS)

# Fetches pymerkle, which tests hold our roots and proofs against; without a network they are skipped.
pymerkle: test-deps
	@Tests/Independent/fetch-pymerkle .build/pymerkle

# Fetches Schemathesis, which asks every route whatever comes to its mind; without a network that test is skipped.
schemathesis: test-deps
	@Tests/OpenAPI/fetch-schemathesis .build/schemathesis

# The whole exchange between four parties, on real open data.
run: build flights
	$(PROGRAM) demo $(DEMO_INPUT)

# The same, in ./demo, and leaves the hub running; started again it goes straight to serving.
serve: build flights
	$(PROGRAM) demo --data demo $(DEMO_INPUT) --serve

# Every test; ends with a line `N passed, N failed, N skipped`.
test: test-deps pymerkle schemathesis
	@Tests/run $(SWIFT_FLAGS)

# The random tests at full size: a million policies and requests, and a million reads, against their references;
# a hundred kills of a hub whose datasets change; ten minutes of fifty streams whose owners change their minds.
soak: test-deps
	@SLUIS_CASES=1000000 SLUIS_KILLS=100 SLUIS_STREAM_SECONDS=600 SLUIS_PATIENCE=14400 \
		Tests/run $(SWIFT_FLAGS) --filter 'ReferenceTests|DatasetCrashTests|StormTests'

# Figures against rivals in the same run: `make bench NAME=policy`.
bench: deps
	@test -x "Benchmarks/$(NAME)/run" || { echo "usage: make bench NAME=policy" >&2; exit 2; }
	@Benchmarks/$(NAME)/run

# Each fuzzer for FUZZ_SECONDS, on a copy of its corpus.
fuzz: deps
	@Fuzz/run $(FUZZ_SECONDS)

# A fresh hub, looked at from outside: testssl.sh on both listeners (`Tests/Scan/run PART` runs one part), then ten
# thousand cases of Schemathesis.
scan: scan-deps build schemathesis
	@SLUIS_PROGRAM=$(PROGRAM) Tests/Scan/run
	@Tests/OpenAPI/run-on-new-hub $(PROGRAM) .build/schemathesis 10000 $$RANDOM

lint:
	swift format lint --strict --parallel --recursive $(FORMATTED)

format:
	swift format format --in-place --parallel --recursive $(FORMATTED)

clean:
	swift package clean
	rm -rf demo Demo/data .build/pymerkle .build/go-cache
