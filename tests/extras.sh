#!/bin/sh
# Installs what some tests need beyond PyPI, where that is possible: Debian packages as root, Node packages with npm.
# What cannot be installed is said, and the tests that need it are skipped with the reason.
cd "$(dirname "$0")/.." || exit 1
packages=""
need() { command -v "$1" >/dev/null 2>&1 || packages="$packages $2"; }
need git git
need ssh-keygen openssh-client
need promtool prometheus
need jq jq
need chromium chromium
need node nodejs
need npm npm
if [ -n "$packages" ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing Debian packages:$packages"
    { apt-get update -q && apt-get install -y -q --no-install-recommends $packages; } >/tmp/pxctl-extras.log 2>&1 \
      || echo "not installed:$packages (see /tmp/pxctl-extras.log); the tests that need them are skipped"
  else
    echo "missing:$packages; the tests that need them are skipped"
  fi
fi
if [ -f tests/node/package.json ] && command -v npm >/dev/null 2>&1; then
  if [ ! -f tests/node/node_modules/.done ] || [ tests/node/package.json -nt tests/node/node_modules/.done ]; then
    echo "installing the Node packages of the tests"
    (cd tests/node && npm install --ignore-scripts --no-audit --no-fund --loglevel=error && touch node_modules/.done) \
      || echo "not installed: Node packages; the tests that need them are skipped"
  fi
fi
exit 0
