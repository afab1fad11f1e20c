"""The text of .venv/bin/pulumi, which finds the CLI and answers the passphrase question by itself.

Plain shell, because it runs for every command. Commands that may encrypt something new, such as
`config`, `stack init` or any with an unknown flag, go through `python -m toolchain.slow_path`.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from toolchain import pins, progress
from toolchain.command import Cli
from toolchain.places import Places

MARK = "# Written by `make setup` of Causeway."

TEMPLATE = r"""#!/bin/sh
@MARK@ Finds the Pulumi CLI, and the stack's passphrase when none is set.
PATH=@BIN@:@CLI@:$PATH
export PATH PULUMI_SKIP_UPDATE_CHECK=1 PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=1
# Without cached bytecode, every preview would compile the program and the plugin again.
unset PYTHONDONTWRITEBYTECODE

# Parse the stack and folder options and the words of the command. An unknown flag before the first
# word may take the next word as its value.
stack=${PULUMI_STACK-} folder=$PWD unsure= words= next= yes= debug=
for word in "$@"; do
    case $next in
        stack) stack=$word next= && continue ;;
        folder) folder=$word next= && continue ;;
        value) next= && continue ;;
    esac
    case $word in
        --debug* | -v* | --verbose* | --logtostderr*) debug=yes ;;
        --* | -[sC]?*) ;;
        -*d*) debug=yes ;;
    esac
    case $word in
        --) [ -n "$words" ] || unsure=unsure && break ;;
        -s | --stack) next=stack ;;
        --stack=*) stack=${word#*=} ;;
        -s?*) stack=${word#-s} && stack=${stack#=} ;;
        -C | --cwd) next=folder ;;
        --cwd=*) folder=${word#*=} ;;
        -C?*) folder=${word#-C} && folder=${folder#=} ;;
        --color | -v | --verbose) next=value ;;
        -y | --yes) yes=--yes ;;
        --color=* | --non-interactive | -e | --emoji | -Q | --logtostderr | --logflow) ;;
        -*) [ -n "$words" ] || unsure=unsure ;;
        *) words="$words $word" ;;
    esac
done

# Work whose result nobody sees is left out. Any flag that might ask for debugging shows the debug
# lines; `pip list` is answered from a record as long as it is right.
unset CAUSEWAY_DEBUG_LINES
case ${CAUSEWAY_SHORTCUTS-} in
    off) ;;
    *)
        [ -n "$debug" ] || export CAUSEWAY_DEBUG_LINES=unseen
        PYTHONPATH=@PIP_LIST@${PYTHONPATH:+:$PYTHONPATH}
        export PYTHONPATH ;;
esac

# The project is the nearest folder, upwards, that has a Pulumi.yaml.
project=$(cd -- "$folder" 2>/dev/null && pwd) || project=$PWD
while [ ! -f "$project/Pulumi.yaml" ] && [ "$project" != / ] && [ -n "$project" ]; do
    project=${project%/*}
done
name= backend=${PULUMI_BACKEND_URL-}
if [ -f "$project/Pulumi.yaml" ]; then
    while IFS= read -r line; do
        case $line in
            name:*) name=${line#name:} && name=${name# } ;;
            " "*url:*) [ -n "$backend" ] || { backend=${line#*url:} && backend=${backend# }; } ;;
        esac
    done < "$project/Pulumi.yaml"
fi

# Without an option, use the selected stack, which is in Pulumi's workspace file.
if [ -z "$stack" ] && [ -n "$name" ]; then
    if [ "$project" = @PROJECT@ ]; then
        sum=@SUM@
    else
        sum=$(printf %s "$project/Pulumi.yaml" | { sha1sum 2>/dev/null || shasum; })
    fi
    workspace=${PULUMI_HOME:-@HOME@}/workspaces/$name-${sum%% *}-workspace.json
    if [ -f "$workspace" ]; then
        while IFS= read -r line; do
            case $line in
                *"\"$backend\": \""*) stack=${line##*: \"} && stack=${stack%\"*} ;;
            esac
        done < "$workspace"
    fi
fi
stack=${stack##*/}

# A lock that a killed Pulumi left would block every command that changes the stack.
case $words in
    " up"* | " update"* | " refresh"* | " destroy"* | " import"* | " state "*)
        state=${backend#file://}
        case $state in /* | "~"*) ;; *) state=$project/$state ;; esac
        for lock in "$state/.pulumi/locks/organization/$name/$stack"/*.json; do
            [ -f "$lock" ] || continue
            PYTHONPATH=@PROJECT@ @PYTHON@ -m toolchain.locks $yes "${lock%/*}" "$0" "$project"
            break
        done ;;
esac

# Every command that may encrypt something new is examined more closely.
case "$unsure$words " in
    " " | " up "* | " update "* | " preview "* | " pre "* | " refresh "* | " import "* | \
    " destroy "* | " down "* | " dn "* | " cancel "* | " watch "* | " logs "* | " version "* | \
    " about "* | " whoami "* | " login "* | " logout "* | " install "* | " plugin "* | \
    " stack " | " stack output "* | " stack ls "* | " stack list "* | " stack rm "* | \
    " stack remove "* | " stack export "* | " stack history "* | " stack graph "*) ;;
    *)
        PYTHONPATH=@PROJECT@${PYTHONPATH:+:$PYTHONPATH} exec @PYTHON@ -m toolchain.slow_path \
            @PULUMI@ @PROJECT@ "$stack" "$@" ;;
esac
if [ -n "${PULUMI_CONFIG_PASSPHRASE+set}${PULUMI_CONFIG_PASSPHRASE_FILE+set}" ]; then
    exec @PULUMI@ "$@"
fi
# Pulumi Cloud manages keys itself, and without a project there is no stack.
case $backend in http://* | https://*) exec @PULUMI@ "$@" ;; esac
[ -n "$name" ] || exec @PULUMI@ "$@"

# A salt other than the committed one belongs to a passphrase of the stack's own.
salt=
if [ -n "$stack" ] && [ -f "$project/Pulumi.$stack.yaml" ]; then
    while IFS= read -r line; do
        case $line in
            encryptionsalt:*) salt=${line#encryptionsalt:} && salt=${salt# } ;;
        esac
    done < "$project/Pulumi.$stack.yaml"
fi
file=${XDG_CONFIG_HOME:-$HOME/.config}/causeway/passphrase-$name-$stack
if [ -z "$salt" ] || [ "$salt" = @SALT@ ]; then
    export PULUMI_CONFIG_PASSPHRASE=
elif [ -f "$file" ]; then
    export PULUMI_CONFIG_PASSPHRASE_FILE="$file"
fi
exec @PULUMI@ "$@"
"""


def text(places: Places, cli: Cli, project_sum: str, pulumi_home: str) -> str:
    values = {
        "@MARK@": MARK,
        "@BIN@": shlex.quote(str(places.environment / "bin")),
        "@CLI@": shlex.quote(str(cli.pulumi.parent)),
        "@PULUMI@": shlex.quote(str(cli.pulumi)),
        "@PYTHON@": shlex.quote(str(places.environment / "bin" / "python")),
        "@PROJECT@": shlex.quote(str(places.project)),
        "@PIP_LIST@": shlex.quote(str(places.pip_list)),
        "@HOME@": shlex.quote(pulumi_home),
        "@SUM@": project_sum,
        "@SALT@": shlex.quote(pins.EMPTY_PASSPHRASE_SALT),
    }
    result = TEMPLATE
    for placeholder, value in values.items():
        result = result.replace(placeholder, value)
    return result


def is_wrapper(path: Path) -> bool:
    with path.open("rb") as file:
        return MARK.encode() in file.read(200)


def is_current(path: Path, wanted: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == wanted


def write(console: progress.Console, path: Path, wanted: str) -> None:
    if is_current(path, wanted):
        console.already(f"Command {path.name}", str(path))
        return
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(wanted, encoding="utf-8")
    unfinished.chmod(0o755)
    os.replace(unfinished, path)
    console.line(f"done    Command {path.name}: {path}")
