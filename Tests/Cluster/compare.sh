# What two workspaces of the same spec must have in common. For scripts that source this file.
# shellcheck shell=bash

# differences EXPECTED ACTUAL: prints a line for each file and each table that differs, and nothing where all is the same.
# Tables with times are left out: run, metric_rate and shard_file (Schemas/catalog.sql).
differences() {
  local expected=$1 actual=$2 path table tables hashes
  hashes=$(diff <(hashes "$expected") <(hashes "$actual")) || true
  sed -n 's/^[<>] [0-9a-f]*  \.\///p' <<<"$hashes" | sort -u | while read -r path; do
    if ! [ -e "$expected/$path" ]; then
      echo "$path: should not exist"
    elif ! [ -e "$actual/$path" ]; then
      echo "$path: missing"
    else
      echo "$path: differs"
    fi
  done
  [ -e "$expected/catalog.sqlite" ] || echo "catalog.sqlite: the expected one is missing"
  [ -e "$actual/catalog.sqlite" ] || echo "catalog.sqlite: missing"
  if [ -e "$expected/catalog.sqlite" ] && [ -e "$actual/catalog.sqlite" ]; then
    tables=$(sqlite3 -readonly "$expected/catalog.sqlite" "SELECT name FROM sqlite_master WHERE type = 'table'
      AND name NOT IN ('run', 'metric_rate', 'shard_file') ORDER BY name")
    [ -n "$tables" ] || echo "catalog.sqlite: the expected one has no tables"
    for table in $tables; do
      if ! diff --brief <(rows "$expected" "$table") <(rows "$actual" "$table") >/dev/null; then
        echo "table $table: $(diff <(rows "$expected" "$table") <(rows "$actual" "$table") | grep -c '^[<>]') rows differ"
      fi
    done
  fi
}

# The SHA-256 of the model, and of every checkpoint and shard.
hashes() {
  [ -d "$1" ] || return 0
  (cd "$1" && find . -type f \( -path './shards/*' -o -path './checkpoints/*' -o -name '*.safetensors' \) -print0 |
    sort --zero-terminated | xargs --null --no-run-if-empty sha256sum)
}

# The rows of a table; `.dump` writes all bits of a number.
rows() { sqlite3 -readonly "$1/catalog.sqlite" ".dump '$2'" | sort; }

# commands WORKSPACE: how many commands wrote to it. All ranks of a run together are one.
commands() { sqlite3 -readonly "$1/catalog.sqlite" "SELECT count(*) FROM run"; }

# outcome EXPECTED ACTUAL: one line, "same" or the differences, which are the exit status, too.
outcome() {
  local found
  found=$(differences "$1" "$2")
  if [ -z "$found" ]; then echo same; else
    paste --serial --delimiters=';' <<<"$found" | sed 's/;/; /g'
    return 1
  fi
}
