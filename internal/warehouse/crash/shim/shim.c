// Loaded before the C library (LD_PRELOAD), this stands between a process and
// the files of one folder. It numbers the calls that change them, from 1, and
//
//   CRASH_DIR=DIR       the folder; without it nothing is done
//   CRASH_LOG=FILE      notes every call, CRASH_DATA=1 with the bytes written
//   CRASH_KILL=N        kills the process at call N: before it, or, if it is a
//   CRASH_PERCENT=P     write, after P per cent of it, or after
//   CRASH_BYTES=B       B bytes of it
//   CRASH_FULL=B        makes the disk full after B bytes: ENOSPC from then on
//   CRASH_EIO=N         lets the N-th fsync fail
//
// A line of the log is a letter, the path and numbers: W path offset length
// (then the bytes), S path (fsync), T path length, C path existed (open that
// makes or empties a file), U path (unlink), R from to (rename), L from to
// (link). Files that are written through mmap are not seen; DuckDB has none.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_PATH = 4096, MAX_LINE = 2 * MAX_PATH + 128 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static const char *dir;
static size_t dir_length;
static int log_fd = -1;
static int with_data;
static long kill_at = -1, percent = -1, kill_bytes = -1, full_after = -1, eio_at = -1;
static long calls, syncs, written;
static int full;

static long number(const char *name) {
	const char *s = getenv(name);
	return s ? atol(s) : -1;
}

__attribute__((constructor)) static void start(void) {
	const char *log = getenv("CRASH_LOG");
	if (log)
		log_fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	with_data = getenv("CRASH_DATA") != NULL;
	kill_at = number("CRASH_KILL");
	percent = number("CRASH_PERCENT");
	kill_bytes = number("CRASH_BYTES");
	full_after = number("CRASH_FULL");
	eio_at = number("CRASH_EIO");
	dir = getenv("CRASH_DIR");
	dir_length = dir ? strlen(dir) : 0;
}

static int ours(const char *path) { return dir && path && !strncmp(path, dir, dir_length); }

// path_of finds the path of a descriptor, and returns whether it is ours.
static int path_of(int fd, char path[MAX_PATH]) {
	char link[64];
	if (!dir)
		return 0;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, MAX_PATH - 1);
	if (n <= 0)
		return 0;
	path[n] = 0;
	return ours(path);
}

static void die(void) {
	syscall(SYS_kill, getpid(), SIGKILL);
	for (;;)
		pause();
}

static void note(const char *line, const char *data, size_t n) {
	if (log_fd < 0)
		return;
	syscall(SYS_write, log_fd, line, strlen(line));
	while (data && with_data && n > 0) {
		long done = syscall(SYS_write, log_fd, data, n);
		if (done <= 0)
			return;
		data += done;
		n -= done;
	}
}

static ssize_t raw_write(int fd, const void *b, size_t n, off_t offset, int at) {
	return at ? syscall(SYS_pwrite64, fd, b, n, offset) : syscall(SYS_write, fd, b, n);
}

// write_full writes what still fits on the full disk.
static ssize_t write_full(int fd, const void *b, size_t n, off_t offset, int at) {
	long room = full ? 0 : full_after - written;
	full = 1;
	if (room <= 0) {
		errno = ENOSPC;
		return -1;
	}
	written += room;
	return raw_write(fd, b, room < (long)n ? (size_t)room : n, offset, at);
}

static ssize_t any_write(int fd, const void *b, size_t n, off_t offset, int at) {
	char path[MAX_PATH], line[MAX_LINE];
	if (!path_of(fd, path))
		return raw_write(fd, b, n, offset, at);
	pthread_mutex_lock(&mutex);
	off_t from = offset;
	if (!at)
		from = lseek(fd, 0, fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
	if (++calls == kill_at) {
		size_t part = 0;
		if (kill_bytes >= 0)
			part = kill_bytes < (long)n ? (size_t)kill_bytes : n;
		else if (percent >= 0)
			part = n * percent / 100;
		if (part > 0)
			raw_write(fd, b, part, offset, at);
		die();
	}
	ssize_t result;
	if (full_after >= 0 && (full || written + (long)n > full_after)) {
		result = write_full(fd, b, n, offset, at);
	} else {
		snprintf(line, sizeof line, "W %s %ld %zu\n", path, (long)from, n);
		note(line, b, n);
		written += n;
		result = raw_write(fd, b, n, offset, at);
	}
	pthread_mutex_unlock(&mutex);
	return result;
}

ssize_t pwrite(int fd, const void *b, size_t n, off_t o) { return any_write(fd, b, n, o, 1); }
ssize_t pwrite64(int fd, const void *b, size_t n, off_t o) { return any_write(fd, b, n, o, 1); }
ssize_t write(int fd, const void *b, size_t n) { return any_write(fd, b, n, 0, 0); }

// step counts a call that is no write. The caller does it before it unlocks.
static void step(const char *line) {
	pthread_mutex_lock(&mutex);
	if (++calls == kill_at)
		die();
	note(line, NULL, 0);
}

static long done(long result) {
	int keep = errno;
	pthread_mutex_unlock(&mutex);
	errno = keep;
	return result;
}

static int any_sync(int fd, int call) {
	char path[MAX_PATH], line[MAX_LINE];
	if (!path_of(fd, path))
		return syscall(call, fd);
	snprintf(line, sizeof line, "S %s\n", path);
	step(line);
	if (++syncs == eio_at) {
		errno = EIO;
		return done(-1);
	}
	return done(syscall(call, fd));
}

int fsync(int fd) { return any_sync(fd, SYS_fsync); }
int fdatasync(int fd) { return any_sync(fd, SYS_fdatasync); }

static int any_truncate(int fd, off_t length) {
	char path[MAX_PATH], line[MAX_LINE];
	if (!path_of(fd, path))
		return syscall(SYS_ftruncate, fd, length);
	snprintf(line, sizeof line, "T %s %ld\n", path, (long)length);
	step(line);
	return done(syscall(SYS_ftruncate, fd, length));
}

int ftruncate(int fd, off_t length) { return any_truncate(fd, length); }
int ftruncate64(int fd, off_t length) { return any_truncate(fd, length); }

static int any_unlink(const char *path, int flags) {
	char line[MAX_LINE];
	if (!ours(path) || flags)
		return syscall(SYS_unlinkat, AT_FDCWD, path, flags);
	snprintf(line, sizeof line, "U %s\n", path);
	step(line);
	return done(syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

int unlink(const char *path) { return any_unlink(path, 0); }

int remove(const char *path) {
	int failed = any_unlink(path, 0);
	return failed && errno == EISDIR ? any_unlink(path, AT_REMOVEDIR) : failed;
}

int rename(const char *from, const char *to) {
	char line[MAX_LINE];
	if (!ours(to))
		return syscall(SYS_rename, from, to);
	snprintf(line, sizeof line, "R %s %s\n", from, to);
	step(line);
	return done(syscall(SYS_rename, from, to));
}

int link(const char *from, const char *to) {
	char line[MAX_LINE];
	if (!ours(to))
		return syscall(SYS_link, from, to);
	snprintf(line, sizeof line, "L %s %s\n", from, to);
	step(line);
	return done(syscall(SYS_link, from, to));
}

// any_open counts an open that makes a file or empties one.
static int any_open(const char *path, int flags, mode_t mode) {
	char line[MAX_LINE];
	int there = !ours(path) || access(path, F_OK) == 0;
	int changes = ours(path) && !(flags & O_DIRECTORY) && ((flags & O_TRUNC) || ((flags & O_CREAT) && !there));
	if (!changes)
		return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	snprintf(line, sizeof line, "C %s %d\n", path, there);
	step(line);
	return done(syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

#define OPEN(name, extra)                                        \
	int name(const char *path, int flags, ...) {             \
		va_list list;                                    \
		va_start(list, flags);                           \
		mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0; \
		va_end(list);                                    \
		return any_open(path, flags | extra, mode);      \
	}
OPEN(open, 0)
OPEN(open64, O_LARGEFILE)
