# What the benchmarks share: a home of their own, processes that go again, figures.
import atexit
import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Failure(Exception):
    """Ends a benchmark with exit status 5; its text says what failed."""


def progress(text):
    """A line about what is going on: on standard error, so that the figures can be kept alone."""
    print(text, file=sys.stderr, flush=True)


def percentile(values, share):
    """The smallest of `values` that `share` of them do not exceed (nearest rank)."""
    ordered = sorted(values)
    rank = -(-len(ordered) * share // 1)  # rounded up
    return ordered[max(0, min(len(ordered), int(rank)) - 1)]


def machine():
    """In one line what the figures depend on."""
    system = next((line.split("=", 1)[1].strip().strip('"') for line in open("/etc/os-release")
                   if line.startswith("PRETTY_NAME=")), "unknown system")
    return f"{os.cpu_count()} cores, {system}, kernel {os.uname().release}"


def load():
    return "load " + " ".join(f"{each:.2f}" for each in os.getloadavg())


def binary_directory(given):
    directory = Path(given).resolve() if given else ROOT / "build/release/bin"
    if not (directory / "restream").exists():
        raise Failure(f"{directory} has no restream; build it: "
                      "cmake --preset release && cmake --build --preset release")
    return directory


def require_programs(*names):
    missing = [name for name in names if shutil.which(name) is None]
    if missing:
        raise Failure(f"not installed: {', '.join(missing)}; "
                      "apt-get install ffmpeg nginx-light libnginx-mod-rtmp")


def boot_id():
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def start_time(pid):
    """In clock ticks since boot: proc(5), field 22."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


def free_port():
    """A port that nobody has now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def wait_for(what, question, seconds, ask_every=0.02):
    """Until `question` is true; a Failure that names `what` when it is not within `seconds`."""
    last = time.monotonic() + seconds
    while not question():
        if time.monotonic() > last:
            raise Failure(f"{what}: not within {seconds} s")
        time.sleep(ask_every)


class World:
    """A temporary home with restream's folders, and every process that was started in it.

    close() ends the processes by their identity, in the reverse order of their start, and deletes the folder;
    it also runs when the benchmark is interrupted.
    """

    def __init__(self, bin_directory):
        self.bin = bin_directory
        self.root = Path(tempfile.mkdtemp(prefix="restream-bench."))
        self.config = self.root / "config"
        self.state = self.root / "state"
        (self.config / "destinations.d").mkdir(parents=True)
        self.state.mkdir(mode=0o700)
        self.environment = dict(os.environ, RESTREAM_CONFIG_DIR=str(self.config),
                                RESTREAM_STATE_DIR=str(self.state), NO_COLOR="1",
                                PATH=f"{self.bin}:{os.environ['PATH']}:/usr/sbin")
        self.environment.pop("RESTREAM_SHARE_DIR", None)
        os.environ["PATH"] = self.environment["PATH"]
        self.processes = []
        self.has_relays = False
        atexit.register(self.close)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(143))

    def write_config(self, port):
        (self.config / "restream.toml").write_text(
            f'[ingest]\nserver = "nginx"\nlisten = "127.0.0.1:{port}"\nurl = "rtmp://127.0.0.1:{port}/live"\n')

    def add(self, name, url):
        file = self.config / "destinations.d" / f"{name}.toml"
        file.write_text(f'url = "{url}"\nkey = "{name}"\n')
        file.chmod(0o600)

    def restream(self, *arguments, may_fail=False):
        """Runs a command to its end; its standard output."""
        self.has_relays = self.has_relays or arguments[0] in ("enable", "start", "ingest")
        done = subprocess.run([self.bin / "restream", *arguments], env=self.environment, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        if done.returncode != 0 and not may_fail:
            raise Failure(f"restream {' '.join(arguments)}: exit status {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def status(self):
        return json.loads(self.restream("status", "--json"))

    def start(self, name, *command, **options):
        """A process of this world; what it says goes to NAME.log."""
        with open(self.root / f"{name}.log", "ab") as log:
            options.setdefault("stdout", log)
            process = subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL, stderr=log, **options)
        self.processes.append(process)
        return process

    def said(self, name):
        return (self.root / f"{name}.log").read_text(errors="replace").strip()[-2000:]

    def end(self, process):
        """Asks it to end; kills it after 5 s."""
        with contextlib.suppress(ValueError):
            self.processes.remove(process)
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close(self):
        if not self.root.exists():
            return
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if self.has_relays:
            self.restream("stop", "--ingest", may_fail=True)
        for process in reversed(list(self.processes)):
            self.end(process)
        self.end_left_over()
        shutil.rmtree(self.root, ignore_errors=True)

    def own_processes(self):
        """Those that were started with this state folder in their environment."""
        mark = f"RESTREAM_STATE_DIR={self.state}".encode()
        found = []
        for each in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if each.name.isdigit() and mark in (each / "environ").read_bytes().split(b"\0"):
                    found.append(int(each.name))
        return found

    def end_left_over(self):
        with contextlib.suppress(Failure):
            wait_for("the end of all processes", lambda: not self.own_processes(), 6)
        for pid in self.own_processes():
            progress(f"had to be killed: {pid} {Path(f'/proc/{pid}/comm').read_text().strip()}")
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def start_recorder(world, port):
    """An nginx beside restream's own that stands for the platform: app `live`, every publisher into a file."""
    folder = world.root / "recorded"
    folder.mkdir()
    modules = next((word.split("=", 1)[1] for word in
                    subprocess.run(["nginx", "-V"], capture_output=True, text=True).stderr.split()
                    if word.startswith("--modules-path=")), "/usr/lib/nginx/modules")
    user = "user root;" if os.getuid() == 0 else ""  # as root, nginx would write as another user
    file = world.root / "platform.conf"
    file.write_text(f"""{user} daemon off; worker_processes 1; pid {world.root}/platform.pid;
error_log stderr warn; load_module {modules}/ngx_rtmp_module.so;
events {{ }}
rtmp {{ server {{ listen 127.0.0.1:{port}; chunk_size 4096; max_message 16M;
    application live {{ live on; record all; record_path {folder}; record_unique on; }} }} }}
""")
    process = world.start("platform", "nginx", "-c", str(file), "-e", "stderr")
    wait_for("the recording server listens", lambda: answers(port), 5)
    return process, folder


def make_clip(world, seconds=32):
    """1080p30, H.264 of 6 Mbit/s with a keyframe every 2 s, AAC of 128 kbit/s. 32 s are 960 pictures, 16 GOPs and
    exactly 1500 audio frames, so that the clip repeats without a seam."""
    clip = world.root / "clip.flv"
    done = subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=30",
         "-f", "lavfi", "-i", "anoisesrc=amplitude=0.2:sample_rate=48000", "-t", str(seconds),
         "-vf", "noise=alls=12:allf=t", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency",
         "-pix_fmt", "yuv420p", "-b:v", "6M", "-minrate", "6M", "-maxrate", "6M", "-bufsize", "6M",
         "-x264-params", "nal-hrd=cbr", "-g", "60", "-keyint_min", "60", "-sc_threshold", "0",
         "-c:a", "aac", "-b:a", "128k", "-ac", "2", "-f", "flv", str(clip)],
        capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"making the clip: {done.stderr.strip()}")
    return clip


def start_publisher(world, clip, url):
    """The real ffmpeg, in real time, until the end of the world. What it sends was encoded before, so that the
    encoder takes no processor from what is measured."""
    process = world.start("publisher", "ffmpeg", "-nostdin", "-v", "error", "-re", "-stream_loop", "-1",
                          "-i", str(clip), "-c", "copy", "-f", "flv", url)

    def is_live():
        if process.poll() is not None:
            raise Failure(f"the publisher ended: {world.said('publisher')}")
        return world.status()["ingest"]["state"] == "live"

    wait_for("the picture arrives at the ingest", is_live, 15)
    return process


class FlvReader:
    """Takes the bytes of an FLV file as they come; tells the tags whose message is complete."""

    def __init__(self):
        self.rest = b""
        self.to_skip = 9  # the file's header; before each tag then stand 4 bytes, the size of the one before

    def feed(self, data):
        """Of each new tag: "audio", "keyframe", "inter" (any other picture) or "other" (headers, metadata)."""
        self.rest += data
        while len(self.rest) >= self.to_skip + 4 + 11:
            tag = self.rest[self.to_skip + 4:self.to_skip + 4 + 11 + 2]
            end = self.to_skip + 4 + 11 + int.from_bytes(tag[1:4], "big")
            if len(self.rest) < end:
                return
            self.rest, self.to_skip = self.rest[end:], 0
            is_picture = tag[0] & 31 == 9 and len(tag) == 13 and tag[12] == 1
            is_sound = tag[0] & 31 == 8 and len(tag) == 13 and tag[12] == 1
            yield ("keyframe" if tag[11] >> 4 == 1 else "inter") if is_picture else "audio" if is_sound else "other"


class FolderWatch:
    """Wakes when something is written in a folder (inotify), so that nothing is polled while time is taken."""

    def __init__(self, folder):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.handle = self.libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        created, modified = 0x100, 0x2  # inotify(7)
        if self.handle < 0 or self.libc.inotify_add_watch(self.handle, os.fsencode(folder), created | modified) < 0:
            raise Failure(f"watching {folder}: {os.strerror(ctypes.get_errno())}")

    def wait(self, until):
        """False at the deadline (time.monotonic)."""
        ready, _, _ = select.select([self.handle], [], [], max(0.0, until - time.monotonic()))
        with contextlib.suppress(BlockingIOError):
            while ready and os.read(self.handle, 65536):
                pass
        return bool(ready)

    def close(self):
        os.close(self.handle)


def run(main):
    """Runs a benchmark; Failures become a message and an exit status."""
    try:
        main()
    except Failure as failure:
        print(f"{Path(sys.argv[0]).name}: {failure}", file=sys.stderr)
        sys.exit(5)
    except KeyboardInterrupt:
        sys.exit(130)
