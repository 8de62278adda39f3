# Every target sets up what it needs; the second time that takes no time.
.DEFAULT_GOAL := help
.PHONY: help setup demo test check verify bench gpu-check format clean

BIN := .venv/bin
READY := .venv/.ready

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv with everything that the other targets need

$(READY): pyproject.toml constraints.txt .ci/setup
	@.ci/setup
	@touch $@

demo: export LAB_DB := sqlite:///.demo/lab.db
demo: $(READY) ## run three studies, two with local models that ship; print tables, ask the log in SQL
	@rm -rf .demo && mkdir .demo
	$(BIN)/lab batch scenarios/social/punishment.study.yaml
	$(BIN)/lab query "select cell, count(*) as runs, round(avg(value), 3) as contribution_share \
	  from v_measure where measure = 'contribution_share' and agent is null group by cell"
	$(BIN)/lab batch scenarios/social/organism.study.yaml
	$(BIN)/lab query "select d.cell, h.value as strong_hand, count(*) as claims, \
	  round(avg(d.action = 'strong'), 3) as claims_strong, count(distinct d.model) as models \
	  from v_decision d join hidden h on h.run = d.run and h.seq = d.seq and h.name = 'strong' \
	  where d.phase = 'claim' group by d.cell, h.value"
	$(BIN)/lab batch scenarios/mixed/all_families.study.yaml
	$(BIN)/lab query "select family, environment, count(*) as decisions, count(distinct model) as models \
	  from v_decision where policy = 'llm' group by family, environment"
	$(BIN)/lab query "select family, variable, count(*) as decisions_with_activations \
	  from v_alignment group by family, variable"

test: $(READY) ## run the tests (at most ten minutes on two cores)
	$(BIN)/python -m pytest -n 2

check: $(READY) ## lint, format, types, import direction, spelling
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

verify: $(READY) ## run every oracle at full size, one by one; continues where it stopped; writes tests/VERIFIED.md
	$(BIN)/python -m pytest -m verify --resume

bench: $(READY) ## measure speed and size as ratios
	$(BIN)/lab bench

gpu-check: $(READY) ## run a model of Qwen3-8B's shape on a GPU; says so where there is none
	$(BIN)/python -m lab.bench.gpu

format: $(READY) ## format the code and mend what ruff can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean: ## remove what the targets left behind, except .venv
	rm -rf .demo .verify .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .coverage htmlcov
	find lab agents scenarios probes db tests -name __pycache__ -type d -prune -exec rm -rf {} +
