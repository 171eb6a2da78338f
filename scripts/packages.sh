# Installs Debian packages, and tells what is going on: sourced by scripts/test and scripts/quickstart.
# shellcheck shell=bash disable=SC2034

# What building needs.
build_packages=(
    ca-certificates
    cmake
    g++
    libavcodec-dev
    libavformat-dev
    libavutil-dev
    libboost-dev
    libcli11-dev
    libfmt-dev
    libseccomp-dev
    libssl-dev
    libswscale-dev
    libtomlplusplus-dev
    ninja-build
    nlohmann-json3-dev
    pkg-config
    scdoc
)

# What runs beside restream in the demonstration: the publisher and the decoder.
run_packages=(
    ffmpeg
)

# What only the tests need, and what makes building again quick.
test_packages=(
    binutils
    ccache
    chromium
    clang-19
    doctest-dev
    faketime
    gstreamer1.0-plugins-bad
    gstreamer1.0-plugins-good
    gstreamer1.0-tools
    iproute2
    libclang-rt-19-dev
    libnginx-mod-rtmp
    mold
    nftables
    nginx-light
    openssl
    procps
    prometheus
    python3
    python3-jsonschema
    rtmpdump
    shellcheck
    socat
    systemd
)
# A nodejs from elsewhere brings an npm of its own, and conflicts with Debian's.
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    test_packages+=(nodejs npm)
fi

program=${0##*/}

# Steps go to standard output as "== what"; a failure says which step it was.
step_name="starting"
step() {
    step_name=$1
    printf '== %s\n' "$1"
}

fail() {
    printf '%s: %s: %s\n' "$program" "$step_name" "$1" >&2
    exit "${2:-5}"
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# Sets `missing` to those of the packages named that are not installed.
find_missing() {
    missing=()
    local package
    for package in "$@"; do
        # A virtual package (pkg-config on newer systems) counts by who provides it.
        case $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) in
            installed) ;;
            *) missing+=("$package") ;;
        esac
    done
}

# Debian starts nginx when it is installed, for everybody, on port 80, and Prometheus on 9090. restream
# starts an nginx of its own, as the user's process, and the tests need of Prometheus only promtool: so for
# a first install, and only then, starting is forbidden through the file that invoke-rc.d asks. Where there
# is such a file already, it is not ours to change.
policy_file=/usr/sbin/policy-rc.d
policy_is_ours=no
forbid_service_start() {
    [ -e "$policy_file" ] && return
    printf '#!/bin/sh\n# Written by restream while it installs nginx; may be deleted.\nexit 101\n' |
        as_root tee "$policy_file" >/dev/null
    policy_is_ours=yes
    as_root chmod 755 "$policy_file"
}

allow_service_start() {
    [ "$policy_is_ours" = yes ] || return 0
    policy_is_ours=no
    as_root rm -f "$policy_file"
}

# Reads apt's output; tells the status lines in steps of ten per cent, and keeps the rest in the log.
show_apt_progress() {
    local line told=-10
    local -i percent
    while IFS= read -r line; do
        case $line in
            pmerror:* | pmconffile:* | media-change:*) printf '%s\n' "$line" | tee -a "$1" ;;
            dlstatus:*) ;;
            pmstatus:*)  # pmstatus:g++:41.5:Configuring g++; a package may be NAME:ARCHITECTURE
                [[ $line =~ :([0-9]+)\.[0-9]+: ]] || continue
                percent=${BASH_REMATCH[1]}
                if [ "$((percent - told))" -ge 10 ]; then
                    told=$percent
                    printf '   %3d %%\n' "$percent"
                fi
                ;;
            *) printf '%s\n' "$line" >>"$1" ;;
        esac
    done
}

# install_packages NAME...: those that are missing, and nothing else.
install_packages() {
    step "packages"
    command -v apt-get >/dev/null || fail "there is no apt-get here; install these yourself and use --no-install: $*"
    find_missing "$@"
    if [ "${#missing[@]}" -eq 0 ]; then
        printf '   all %d are installed\n' "$#"
        return
    fi
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        fail "this needs root, and there is no sudo; as root: apt-get install ${missing[*]}"
    fi
    local had_daemons=yes log daemon
    local -a new_daemons=()
    for daemon in nginx prometheus; do
        command -v "$daemon" >/dev/null || [ -x "/usr/sbin/$daemon" ] || new_daemons+=("$daemon")
    done
    [ "${#new_daemons[@]}" -eq 0 ] || had_daemons=no
    log=$(mktemp)
    # shellcheck disable=SC2064 # the name of now is meant
    trap "rm -f '$log'; allow_service_start" EXIT
    printf '   installing: %s\n' "${missing[*]}"
    as_root apt-get -q -q update >>"$log" 2>&1 </dev/null || {
        cat "$log" >&2
        fail "apt-get update failed"
    }
    [ "$had_daemons" = yes ] || forbid_service_start
    # The status goes where the rest goes, because sudo closes all descriptors but 0, 1 and 2; by way of 3,
    # because apt closes the descriptor of the status for those it starts.
    # shellcheck disable=SC2016 # "$@" is the inner shell's
    as_root env DEBIAN_FRONTEND=noninteractive sh -c 'exec apt-get "$@" 3>&1' apt-get \
        -q -q -y --no-install-recommends -o APT::Status-Fd=3 -o Dpkg::Use-Pty=0 \
        install "${missing[@]}" 2>&1 </dev/null |
        show_apt_progress "$log"
    if [ "${PIPESTATUS[0]}" -ne 0 ]; then
        tail -n 30 "$log" >&2
        fail "apt-get install failed"
    fi
    allow_service_start
    # Nor at the next boot: nobody asked for them.
    if [ -d /run/systemd/system ]; then
        for daemon in "${new_daemons[@]}"; do
            if systemctl --quiet is-enabled "$daemon.service" 2>/dev/null; then
                as_root systemctl --quiet disable "$daemon.service"
            fi
        done
    fi
    rm -f "$log"
    trap - EXIT
}

# No terminal talk where nobody watches: no colour, no questions.
quiet_terminal() {
    if [ -n "${CI:-}" ] || [ ! -t 1 ]; then
        export NO_COLOR=1 CLICOLOR=0 TERM=dumb
    fi
}
