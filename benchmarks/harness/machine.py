"""What the results were measured on."""
import datetime
import os
import pathlib
import platform
import re
import subprocess


def read(path, default="unknown"):
    try:
        return pathlib.Path(path).read_text().strip()
    except OSError:
        return default


def caches():
    found = []
    for folder in sorted(pathlib.Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        found.append({key: read(folder / key) for key in ("level", "type", "size", "shared_cpu_list")})
    return found


def cpu():
    text = read("/proc/cpuinfo", "")
    field = lambda name: next(iter(re.findall(rf"^{name}\s*: (.*)$", text, re.M)), "unknown")
    interesting = re.compile(r"^(avx|amx|fma|sse4|gfni|vaes|bmi|asimd|i8mm|sve|bf16)")
    flags = field("flags" if "flags" in text else "Features").split()
    numbers = [field(name) for name in ("cpu family", "model", "stepping")]
    return {"model": field("model name"), "family_model_stepping": "/".join(numbers), "mhz": field("cpu MHz"),
            "features": sorted(f for f in flags if interesting.match(f))}


def git(root, *arguments):
    done = subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else "unknown"


def record(root, arguments):
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "arguments": arguments,
        "commit": git(root, "rev-parse", "HEAD"),
        "modified": bool(git(root, "status", "--porcelain", "--untracked-files=no")),
        "cpu": cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "caches": caches(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "kernel": platform.release(),
        "governor": read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "huge_pages": read("/sys/kernel/mm/transparent_hugepage/enabled"),
        "load_before": os.getloadavg(),
    }
