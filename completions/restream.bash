# Bash completion for restream: asks the tool itself for its commands, options and names.
# shellcheck shell=bash

_restream_options() {  # TOOL WORD…: the options in the help of that command
    "$@" --help 2>/dev/null | sed -nE 's/^ +(-[^ ]*).*/\1/p' | tr ',' '\n'
}

_restream() {
    local tool=${COMP_WORDS[0]/#\~/$HOME} current=${COMP_WORDS[COMP_CWORD]} candidates=
    local -a words=()
    local word
    # Readline cuts --service=you into three words: put together what belongs to one option.
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        [ "$word" = '=' ] || words+=("$word")
    done
    [ "$current" != '=' ] || current=
    local verb=${words[0]:-} previous=
    [ "${#words[@]}" -eq 0 ] || previous=${words[-1]}
    COMPREPLY=()

    case $previous in
        --service) candidates=$("$tool" services --names 2>/dev/null) ;;
        --backup) candidates='both failover off' ;;
        --key-file | --passphrase-file | --ca-file) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
        --key-env | --passphrase-env) mapfile -t COMPREPLY < <(compgen -e -- "$current"); return ;;
        --key-command | --passphrase-command) mapfile -t COMPREPLY < <(compgen -c -- "$current"); return ;;
        --url | --backup-url | --latency | --file-mode | --timeout | --since | --lines | -n | --seconds | --listen) return ;;
        *)
            if [ "${#words[@]}" -eq 0 ]; then
                candidates=$("$tool" --help 2>/dev/null | sed -nE 's/^  ([a-z]+) .*/\1/p')
            elif [[ $current == -* ]]; then
                # Of the command, or of its subcommand (ingest start).
                [[ ${words[1]:-} =~ ^[a-z]+$ && $verb =~ ^(ingest|service)$ ]] && verb+=" ${words[1]}"
                # shellcheck disable=SC2086 # one word or two
                candidates=$(_restream_options "$tool" $verb)
            else
                case $verb in
                    enable | disable | start | stop | restart | status | explain | remove | key | logs)
                        candidates=$("$tool" status --names 2>/dev/null) ;;
                    help)
                        [ "${#words[@]}" -gt 1 ] || candidates=$("$tool" --help 2>/dev/null |
                            sed -nE 's/^  ([a-z]+) .*/\1/p') ;;
                    ingest | service)
                        [ "${#words[@]}" -gt 1 ] || candidates=$("$tool" "$verb" --help 2>/dev/null |
                            sed -nE '/^Subcommands:/,$s/^  ([a-z]+) .*/\1/p') ;;
                esac
            fi
            ;;
    esac

    mapfile -t COMPREPLY < <(compgen -W "$candidates" -- "$current")
    # A name that was given already is not offered again.
    local -a fresh=()
    for word in "${COMPREPLY[@]}"; do
        [[ " ${words[*]} " == *" $word "* ]] || fresh+=("$word")
    done
    COMPREPLY=("${fresh[@]}")
}

complete -F _restream restream
