#!/usr/bin/env bash
# Setup/manual.sh PROGRAM CHECKOUTS FOLDER: writes the program's manual pages and its completions for bash, zsh and fish
# under FOLDER, as a package installs them under /usr. CHECKOUTS is the folder of a build's checkouts; it has
# ArgumentParser, whose generator writes the pages.
set -euo pipefail
cd "$(dirname "$0")/.."

program=$1 checkouts=$2 share=$3/share

swift=$(Setup/swift.sh)
build() {
  "$swift" build --package-path "$checkouts/swift-argument-parser" --scratch-path .build/manual -c release "$@"
}
build --product generate-manual
pages=$share/man/man1
bash=$share/bash-completion/completions zsh=$share/zsh/site-functions fish=$share/fish/vendor_completions.d
mkdir -p "$pages" "$bash" "$zsh" "$fish"
"$(build --show-bin-path)/generate-manual" "$program" --multi-page --output-directory "$pages"
"$program" --generate-completion-script bash >"$bash/glyphline"
"$program" --generate-completion-script zsh >"$zsh/_glyphline"
"$program" --generate-completion-script fish >"$fish/glyphline.fish"
