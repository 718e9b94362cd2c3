#!/bin/sh
# Installs what generate.py needs (Debian 12). Run as root, once.
set -e
cd "$(dirname "$0")"; W=${THIRD_WORK:-$PWD/target}; mkdir -p "$W"
apt-get install -y --no-install-recommends php-cli php-mbstring ruby ruby-rack ruby-activesupport puma golang-go nginx-light haproxy apache2 jq curl dos2unix faketime xxd ed openssl
(cd node && npm install --no-audit --no-fund)
python3 -m venv "$W/venv" && "$W/venv/bin/pip" -q install -r python/requirements.txt
