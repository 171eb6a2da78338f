# Fish completion for restream: asks the tool itself for its commands, options and names.

function __restream_commands
    restream --help 2>/dev/null | string replace -rf '^  ([a-z]+) +(.*)' '$1\t$2'
end

function __restream_verb
    set -l words (commandline -opc)
    test (count $words) -gt 1; and echo $words[2]
end

function __restream_options
    set -l verb (__restream_verb)
    test -n "$verb"; or return
    # Of the command, or of its subcommand (ingest start).
    set -l words (commandline -opc)
    if contains -- $verb ingest service; and string match -qr '^[a-z]+$' -- "$words[3]"
        set -a verb $words[3]
    end
    restream $verb --help 2>/dev/null | string replace -rf '^ +(-[^ ]*) *(.*)' '$1' | string split ','
end

function __restream_subcommands
    restream (__restream_verb) --help 2>/dev/null | string match -rg '^  ([a-z]+ +.*)' | string replace -r ' +' '\t'
end

# A name that was given already is not offered again.
function __restream_names
    set -l words (commandline -opc)
    for name in (restream status --names 2>/dev/null)
        contains -- $name $words; or echo $name
    end
end

function __restream_wants_name
    contains -- (__restream_verb) enable disable start stop restart status explain remove key logs
end

function __restream_after
    set -l words (commandline -opc)
    test (count $words) -gt 0; and contains -- $words[-1] $argv
end

complete -c restream -f
complete -c restream -n 'test (count (commandline -opc)) -eq 1' -a '(__restream_commands)'
complete -c restream -n '__restream_after --service' -a '(restream services --names 2>/dev/null)'
complete -c restream -n '__restream_after --backup' -a 'both failover off'
complete -c restream -n 'test (__restream_verb) = help; and test (count (commandline -opc)) -eq 2' -a '(__restream_commands)'
complete -c restream -n '__restream_after --key-file --passphrase-file --ca-file' -F
complete -c restream -n '__restream_after --key-env --passphrase-env' -a '(set -xn)'
complete -c restream -n 'string match -q -- "-*" (commandline -ct)' -a '(__restream_options)'
complete -c restream -n '__restream_wants_name; and not __restream_after --timeout --since --lines -n' -a '(__restream_names)'
complete -c restream -n 'contains -- (__restream_verb) ingest service; and test (count (commandline -opc)) -eq 2' \
    -a '(__restream_subcommands)'
