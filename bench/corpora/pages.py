#!/usr/bin/env python3
"""Files of 4096-byte pages, as a compressed disk gets them.

usage: pages.py heap OUT LIMIT COMMAND...   what COMMAND has in memory once it says "ready"
       pages.py peak OUT LIMIT COMMAND...   what it has when it has most: it is run twice
       pages.py files OUT LIMIT FILE...     the whole pages of those files
       pages.py random OUT LIMIT

Memory is what is private, writable, and of no file. Pages that are one word
repeated are left out, since a disk never compresses them. Of more than LIMIT
pages, those taken are spread evenly over all.
"""
import os
import random
import re
import signal
import subprocess
import sys
import time

PAGE = 4096
# A program whose peak is near is stopped when it has so much of it.
NEAR_PEAK = 0.95


def is_repeated(page):
    return page == page[:8] * (PAGE // 8)


def save(pages, out, limit):
    pages = [p for p in pages if len(p) == PAGE and not is_repeated(p)]
    if len(pages) < limit:
        sys.exit(f"{out}: {len(pages)} pages, {limit} are wanted")
    with open(out, "wb") as f:
        for i in range(limit):
            f.write(pages[i * len(pages) // limit])


def memory_of(pid):
    """Pages of its heap and of memory without a name, in order."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            m = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw-p \S+ \S+ \d+\s*(\S*)", line)
            if not m or m[3] not in ("", "[heap]"):
                continue
            begin, end = int(m[1], 16), int(m[2], 16)
            present = present_pages(pid, begin, end)
            for nr, here in enumerate(present):
                if here:
                    mem.seek(begin + nr * PAGE)
                    yield mem.read(PAGE)


def present_pages(pid, begin, end):
    """For each page whether it is in memory: most of what is reserved never was."""
    with open(f"/proc/{pid}/pagemap", "rb", 0) as f:
        f.seek(begin // PAGE * 8)
        entries = f.read((end - begin) // PAGE * 8)
    return [entries[i + 7] & 0x80 for i in range(0, len(entries), 8)]


def stop(process):
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)


def heap(command):
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            for line in process.stdout:
                if line == b"ready\n":
                    stop(process)
                    return list(memory_of(process.pid))
        finally:
            process.kill()
    sys.exit(f"{command[0]} ended before it was ready")


def resident(pid):
    """Pages; None if it has ended."""
    try:
        with open(f"/proc/{pid}/statm") as f:
            return int(f.read().split()[1]) or None
    except OSError:
        return None


def watch(process, limit):
    """The most that it ever had, or has when it reaches the limit."""
    most = 0
    while most < limit and process.poll() is None:
        most = max(most, resident(process.pid) or 0)
        time.sleep(0.001)
    return most


def peak(command):
    with subprocess.Popen(command) as process:
        most = watch(process, float("inf"))
    if process.returncode:
        sys.exit(f"{command[0]} fails")
    with subprocess.Popen(command) as process:
        watch(process, most * NEAR_PEAK)
        try:
            if process.poll() is None:
                stop(process)
                return list(memory_of(process.pid))
        finally:
            process.kill()
    sys.exit(f"{command[0]} took less memory the second time")


def files(paths):
    for path in paths:
        with open(path, "rb") as f:
            while len(page := f.read(PAGE)) == PAGE:
                yield page


def main():
    what, out, limit, *rest = sys.argv[1:]
    limit = int(limit)
    if what == "heap":
        pages = heap(rest)
    elif what == "peak":
        pages = peak(rest)
    elif what == "files":
        pages = files(rest)
    else:
        source = random.Random(1)
        pages = (source.randbytes(PAGE) for _ in range(limit))
    save(pages, out, limit)


if __name__ == "__main__":
    main()
