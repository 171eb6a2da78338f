# What the benchmarks share: a home of their own, processes that go again, figures.
import atexit
import contextlib
import json
import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
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


def memory_kb(pid):
    """PSS: what is shared is divided among those who share it."""
    return int(re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M).group(1))


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

    def write_config(self, port, server="embedded"):
        """The ingest's URL."""
        (self.config / "restream.toml").write_text(
            f'[ingest]\nserver = "{server}"\nlisten = "127.0.0.1:{port}"\nurl = "rtmp://127.0.0.1:{port}/live"\n')
        return f"rtmp://127.0.0.1:{port}/live"

    def add(self, name, url, more=""):
        file = self.config / "destinations.d" / f"{name}.toml"
        file.write_text(f'url = "{url}"\nkey = "{name}"\n{more}')
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
            options.setdefault("stdin", subprocess.DEVNULL)
            options.setdefault("stdout", log)
            process = subprocess.Popen(command, env=self.environment, stderr=log, **options)
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


def nginx_modules():
    """The folder of nginx's modules, as this nginx was built."""
    return next((word.split("=", 1)[1] for word in
                 subprocess.run(["nginx", "-V"], capture_output=True, text=True).stderr.split()
                 if word.startswith("--modules-path=")), "/usr/lib/nginx/modules")


def start_nginx(world, name, application):
    """nginx-rtmp in one process, with this text inside its application `live`; its port and its process."""
    port = free_port()
    file = world.root / f"{name}.conf"
    file.write_text(f"""daemon off; master_process off; worker_processes 1; pid {world.root}/{name}.pid;
error_log stderr error; load_module {nginx_modules()}/ngx_rtmp_module.so;
events {{ worker_connections 1024; }}
rtmp {{ access_log off; server {{ listen 127.0.0.1:{port}; application live {{ live on; {application} }} }} }}
""")
    process = world.start(name, "nginx", "-c", str(file), "-e", "stderr")
    wait_for(f"{name} listens", lambda: answers(port), 5)
    return port, process


def start_plain_ingest(world):
    """An nginx-rtmp that nobody of restream's knows; the URL to publish to and to play."""
    port, _ = start_nginx(world, "plain-ingest", "")
    return f"rtmp://127.0.0.1:{port}/live/x"


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


class Flow:
    """bench_flow: publishers with marked pictures, and a server that takes every destination (bench/flow.cpp)."""

    def __init__(self, world, clip):
        if not (world.bin / "bench_flow").exists():
            raise Failure(f"{world.bin} has no bench_flow; build it: "
                          "cmake --preset release -D RESTREAM_BENCH=ON && cmake --build --preset release")
        self.port = free_port()
        self.firsts = []  # (destination, session, "video" or "audio", seconds)
        self.agains = []  # (destination, session, number, seconds)
        self.keyframes = []  # (publisher's URL, number, seconds): the first since it came
        self.answers = queue.SimpleQueue()
        self.process = world.start("flow", str(world.bin / "bench_flow"), str(clip), str(self.port), text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1)
        threading.Thread(target=self.read, daemon=True).start()
        self.answer("ready")

    def url(self, app="live"):
        """Where destinations are taken; other apps are treated badly."""
        return f"rtmp://127.0.0.1:{self.port}/{app}"

    def read(self):
        for line in self.process.stdout:
            told = json.loads(line)
            if "first" in told:
                self.firsts.append((told["destination"], told["session"], told["first"], told["at"]))
            elif "again" in told:
                self.agains.append((told["destination"], told["session"], told["again"], told["at"]))
            elif "publisher" in told:
                self.keyframes.append((told["publisher"], told["number"], told["at"]))
            else:
                self.answers.put(told)
        self.answers.put({"problem": "bench_flow ended"})

    def answer(self, name):
        try:
            told = self.answers.get(timeout=20)
        except queue.Empty:
            raise Failure("bench_flow does not answer") from None
        if name not in told:
            raise Failure(f"bench_flow: {told.get('problem', told)}")
        return told[name]

    def ask(self, command, name):
        self.process.stdin.write(command + "\n")
        return self.answer(name)

    def publish(self, url):
        """Begins, or comes back."""
        self.ask(f"publish {url}", "publishing")

    def leave(self, url, how="leave"):
        """`leave`: as one that crashed; `stop`: as OBS at its stop button."""
        self.ask(f"{how} {url}", "left")

    def report(self):
        return self.ask("report", "report")

    def first(self, destination, after):
        """When its first keyframe and its first sound since `after` came; None for what has not come yet."""
        found = {}
        for name, _, what, at in list(self.firsts):
            if name == destination and at >= after:
                found.setdefault(what, at)
        return found.get("video"), found.get("audio")

    def keyframe(self, url, after):
        """When the publisher sent its first keyframe since it came back after `after`; None: not yet."""
        return next((at for name, _, at in list(self.keyframes) if name == url and at >= after), None)

    def picture_again(self, destination, after):
        """When its first keyframe since `after` came, in the same session or in a new one; None: not yet."""
        again = [at for name, _, _, at in list(self.agains) if name == destination and at >= after]
        video, _ = self.first(destination, after)
        return min(again + ([video] if video else []), default=None)


def run(main):
    """Runs a benchmark; Failures become a message and an exit status."""
    try:
        main()
    except Failure as failure:
        print(f"{Path(sys.argv[0]).name}: {failure}", file=sys.stderr)
        sys.exit(5)
    except KeyboardInterrupt:
        sys.exit(130)
