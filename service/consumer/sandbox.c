/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "consumer/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined __x86_64__ && defined __LP64__
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined __i386__
#define ARCHITECTURE AUDIT_ARCH_I386
#elif defined __aarch64__ && defined __AARCH64EL__
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined __arm__ && defined __ARMEL__
#define ARCHITECTURE AUDIT_ARCH_ARM
#elif defined __riscv && __riscv_xlen == 64
#define ARCHITECTURE AUDIT_ARCH_RISCV64
#else
#error "the filter has no word for this architecture"
#endif

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
/* Their reports stop all threads from a process of their own, and read what the process is made of. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__ || __has_feature(address_sanitizer)                    \
  || __has_feature(thread_sanitizer)
#define WITH_SANITIZER 1
#else
#define WITH_SANITIZER 0
#endif

/* i386's socketcall() tells first which call it is. The rest is in memory, where a filter cannot look. */
enum { CALL_SOCKETPAIR = 8, CALL_SEND = 9, CALL_RECV = 10, CALL_SHUTDOWN = 13, CALL_SETSOCKOPT = 14,
       CALL_GETSOCKOPT = 15, CALL_SENDMSG = 16, CALL_RECVMSG = 17 };

typedef enum {
  ANY,       /* whatever its arguments */
  NONE_OF,   /* no bit of @mask is set in the argument */
  ALL_OF,    /* all bits of @mask are */
  EXACTLY,   /* the argument is @mask */
} Condition;

/* A call that is allowed. */
typedef struct {
  uint32_t number;
  uint8_t condition;
  uint8_t argument;
  uint32_t mask; /* of the argument's lower half */
} Call;

/* In no order: the kernel remembers of each call without a condition that it is allowed. */
static const Call allowed[] = {
  /* Memory. Nothing new becomes code. */
  { __NR_brk },
#ifdef __NR_mmap2
  { __NR_mmap2, NONE_OF, 2, PROT_EXEC },
#else
  { __NR_mmap, NONE_OF, 2, PROT_EXEC },
#endif
  { __NR_mprotect, NONE_OF, 2, PROT_EXEC },
  { __NR_munmap },
  { __NR_mremap },
  { __NR_madvise },
  { __NR_memfd_create },
  { __NR_membarrier },
  { __NR_get_mempolicy },
  { __NR_set_mempolicy },
  { __NR_mbind },

  /* Files, which the owner's rights decide on. */
  { __NR_openat },
  { __NR_close },
  { __NR_close_range },
  { __NR_read },
  { __NR_readv },
  { __NR_pread64 },
  { __NR_preadv },
  { __NR_preadv2 },
  { __NR_write },
  { __NR_writev },
  { __NR_pwrite64 },
  { __NR_pwritev },
  { __NR_pwritev2 },
  { __NR_lseek },
  { __NR_ftruncate },
  { __NR_fallocate },
  { __NR_fsync },
  { __NR_fdatasync },
  { __NR_statx },
  { __NR_statfs },
  { __NR_fstatfs },
  { __NR_getdents64 },
  { __NR_mkdirat },
  { __NR_unlinkat },
  { __NR_renameat2 },
  { __NR_linkat },
  { __NR_readlinkat },
  { __NR_faccessat },
  { __NR_faccessat2 },
  { __NR_getcwd },
  { __NR_dup },
  { __NR_dup3 },
  { __NR_splice },
  { __NR_sendfile },
  { __NR_copy_file_range },
#ifdef __NR_open
  { __NR_open },
#endif
#ifdef __NR_access
  { __NR_access },
#endif
#ifdef __NR_readlink
  { __NR_readlink },
#endif
#ifdef __NR_unlink
  { __NR_unlink },
#endif
#ifdef __NR_renameat
  { __NR_renameat },
#endif
#ifdef __NR_dup2
  { __NR_dup2 },
#endif
#ifdef __NR_fcntl
  { __NR_fcntl },
#endif
#ifdef __NR_fstat
  { __NR_fstat },
#endif
#ifdef __NR_newfstatat
  { __NR_newfstatat },
#endif
#ifdef __NR_stat
  { __NR_stat },
#endif
#ifdef __NR_lstat
  { __NR_lstat },
#endif
#ifdef __NR_fadvise64
  { __NR_fadvise64 },
#endif
#ifdef __NR_arm_fadvise64_64
  { __NR_arm_fadvise64_64 },
#endif
#ifdef __NR_sync_file_range
  { __NR_sync_file_range },
#endif
#ifdef __NR_arm_sync_file_range
  { __NR_arm_sync_file_range },
#endif
  /* Words of 32 bits need other calls for files of 64. */
#ifdef __NR__llseek
  { __NR__llseek },
#endif
#ifdef __NR_fcntl64
  { __NR_fcntl64 },
#endif
#ifdef __NR_fstat64
  { __NR_fstat64 },
#endif
#ifdef __NR_stat64
  { __NR_stat64 },
#endif
#ifdef __NR_lstat64
  { __NR_lstat64 },
#endif
#ifdef __NR_fstatat64
  { __NR_fstatat64 },
#endif
#ifdef __NR_statfs64
  { __NR_statfs64 },
#endif
#ifdef __NR_fstatfs64
  { __NR_fstatfs64 },
#endif
#ifdef __NR_ftruncate64
  { __NR_ftruncate64 },
#endif
#ifdef __NR_fadvise64_64
  { __NR_fadvise64_64 },
#endif
#ifdef __NR_sendfile64
  { __NR_sendfile64 },
#endif

  /* The link, wake-up pipes, waiting. */
#ifdef __NR_socketcall
  { __NR_socketcall, EXACTLY, 0, CALL_SOCKETPAIR },
  { __NR_socketcall, EXACTLY, 0, CALL_SEND },
  { __NR_socketcall, EXACTLY, 0, CALL_RECV },
  { __NR_socketcall, EXACTLY, 0, CALL_SHUTDOWN },
  { __NR_socketcall, EXACTLY, 0, CALL_SETSOCKOPT },
  { __NR_socketcall, EXACTLY, 0, CALL_GETSOCKOPT },
  { __NR_socketcall, EXACTLY, 0, CALL_SENDMSG },
  { __NR_socketcall, EXACTLY, 0, CALL_RECVMSG },
#endif
  { __NR_sendto },
  { __NR_sendmsg },
  { __NR_recvfrom },
  { __NR_recvmsg },
  { __NR_shutdown },
  { __NR_setsockopt },
  { __NR_getsockopt },
  { __NR_pipe2 },
  { __NR_inotify_init1 },
  { __NR_inotify_add_watch },
  { __NR_inotify_rm_watch },
  { __NR_eventfd2 },
  { __NR_signalfd4 },
  { __NR_epoll_create1 },
  { __NR_epoll_ctl },
  { __NR_epoll_pwait },
  { __NR_ppoll },
  { __NR_clock_nanosleep },
  { __NR_nanosleep },
#ifdef __NR_pipe
  { __NR_pipe },
#endif
#ifdef __NR_epoll_wait
  { __NR_epoll_wait },
#endif
#ifdef __NR_poll
  { __NR_poll },
#endif
#ifdef __NR_ppoll_time64
  { __NR_ppoll_time64 },
#endif
#ifdef __NR_clock_nanosleep_time64
  { __NR_clock_nanosleep_time64 },
#endif

  /* Threads, of this process alone. */
  { __NR_clone, ALL_OF, 0, CLONE_THREAD | CLONE_VM | CLONE_SIGHAND },
  { __NR_exit },
  { __NR_exit_group },
  { __NR_futex },
#ifdef __NR_futex_time64
  { __NR_futex_time64 },
#endif
  { __NR_set_robust_list },
  { __NR_set_tid_address },
#ifdef __NR_rseq
  { __NR_rseq },
#endif
  { __NR_sched_yield },
  { __NR_sched_getaffinity },
  { __NR_sched_setscheduler, EXACTLY, 0, 0 },
  { __NR_sched_setattr, EXACTLY, 0, 0 },
  { __NR_setpriority, EXACTLY, 1, 0 },
  { __NR_prctl, EXACTLY, 0, PR_SET_NAME },
#ifdef __NR_arch_prctl
  { __NR_arch_prctl },
#endif
#ifdef __NR_set_thread_area
  { __NR_set_thread_area },
#endif

  /* Signals, and who it is. */
  { __NR_rt_sigaction },
  { __NR_rt_sigprocmask },
  { __NR_rt_sigreturn },
  { __NR_rt_sigpending },
  { __NR_rt_sigtimedwait },
#ifdef __NR_rt_sigtimedwait_time64
  { __NR_rt_sigtimedwait_time64 },
#endif
#ifdef __NR_sigreturn
  { __NR_sigreturn },
#endif
  { __NR_sigaltstack },
  { __NR_restart_syscall },
  { __NR_getpid },
  { __NR_gettid },
  { __NR_getuid },
  { __NR_geteuid },
  { __NR_getgid },
  { __NR_getegid },
#ifdef __NR_getuid32
  { __NR_getuid32 },
  { __NR_geteuid32 },
  { __NR_getgid32 },
  { __NR_getegid32 },
#endif
  { __NR_prlimit64, EXACTLY, 0, 0 },
  { __NR_getrusage },
  { __NR_uname },
  { __NR_sysinfo },
  { __NR_getrandom },
  { __NR_getcpu },

  /* Clocks, where the kernel lets no process read them by itself. */
  { __NR_clock_gettime },
  { __NR_clock_getres },
  { __NR_gettimeofday },
#ifdef __NR_clock_gettime64
  { __NR_clock_gettime64 },
#endif

#if WITH_SANITIZER
  { __NR_clone },
  { __NR_getppid },
#ifdef __NR_getdents
  { __NR_getdents },
#endif
  { __NR_ptrace },
  { __NR_wait4 },
  { __NR_prctl },
  { __NR_mmap },
  { __NR_ioctl },
  { __NR_kill },
  { __NR_tgkill },
#endif
};

/* What nobody calls who was not told to by somebody else. */
static const uint32_t fatal[] = {
  __NR_execve,
  __NR_execveat,
  __NR_process_vm_readv,
  __NR_process_vm_writev,
#if !WITH_SANITIZER
  __NR_ptrace,
#endif
};

enum {
  N_ALLOWED = sizeof allowed / sizeof allowed[0],
  N_FATAL = sizeof fatal / sizeof fatal[0],
  LONGEST = 6, /* instructions that a call takes */
};

typedef struct {
  struct sock_filter code[16 + LONGEST * (N_ALLOWED + N_FATAL)];
  unsigned short len;
} Program;

static void
put (Program *self, uint16_t code, uint32_t k, uint8_t if_true, uint8_t if_false)
{
  self->code[self->len++] = (struct sock_filter) { .code = code, .k = k, .jt = if_true, .jf = if_false };
}

static void
put_load (Program *self, size_t offset)
{
  put (self, BPF_LD | BPF_W | BPF_ABS, (uint32_t) offset, 0, 0);
}

static void
put_return (Program *self, uint32_t action)
{
  put (self, BPF_RET | BPF_K, action, 0, 0);
}

static void
put_unconditional (Program *self, uint32_t number, uint32_t action)
{
  put (self, BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
  put_return (self, action);
}

/* The lower half of an argument: the upper one has no meaning for any that is looked at. */
static size_t
argument_offset (unsigned n)
{
  return offsetof (struct seccomp_data, args) + n * sizeof (uint64_t);
}

/* Leaves the number loaded where the call is not this one, or its argument not so. */
static void
put_call (Program *self, const Call *call)
{
  if (call->condition == ANY)
    {
      put_unconditional (self, call->number, SECCOMP_RET_ALLOW);
      return;
    }
  put (self, BPF_JMP | BPF_JEQ | BPF_K, call->number, 0, call->condition == ALL_OF ? 5 : 4);
  put_load (self, argument_offset (call->argument));
  if (call->condition == ALL_OF)
    put (self, BPF_ALU | BPF_AND | BPF_K, call->mask, 0, 0);
  if (call->condition == NONE_OF)
    put (self, BPF_JMP | BPF_JSET | BPF_K, call->mask, 1, 0);
  else
    put (self, BPF_JMP | BPF_JEQ | BPF_K, call->mask, 0, 1);
  put_return (self, SECCOMP_RET_ALLOW);
  put_load (self, offsetof (struct seccomp_data, nr));
}

/* Streams, which reach nobody but their other end: a datagram goes to whom its sender names. */
static void
put_socket_pair (Program *self)
{
  put (self, BPF_JMP | BPF_JEQ | BPF_K, __NR_socketpair, 0, 6);
  put_load (self, argument_offset (0));
  put (self, BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 0, 3);
  put_load (self, argument_offset (1));
  put (self, BPF_JMP | BPF_JEQ | BPF_K, SOCK_STREAM | SOCK_CLOEXEC, 0, 1);
  put_return (self, SECCOMP_RET_ALLOW);
  put_load (self, offsetof (struct seccomp_data, nr));
}

/* Ending by abort() is a signal to oneself, and to nobody else. */
static void
put_signal_to_self (Program *self)
{
  put_call (self, &(Call) { __NR_tgkill, EXACTLY, 0, (uint32_t) getpid () });
}

static void
make_program (Program *self)
{
  self->len = 0;
  put_load (self, offsetof (struct seccomp_data, arch));
  put (self, BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
  put_return (self, SECCOMP_RET_KILL_PROCESS);
  put_load (self, offsetof (struct seccomp_data, nr));
  for (size_t i = 0; i < N_ALLOWED; i++)
    put_call (self, &allowed[i]);
  put_socket_pair (self);
  put_signal_to_self (self);
  for (size_t i = 0; i < N_FATAL; i++)
    put_unconditional (self, fatal[i], SECCOMP_RET_KILL_PROCESS);
  put_return (self, SECCOMP_RET_ERRNO | ENOSYS);
}

int
tc_sandbox_close_others (int last)
{
  return close_range ((unsigned) last + 1, ~0u, 0);
}

int
tc_sandbox_enter (void)
{
  /* Nothing here runs what others wrote: it needs no protection from its own speculation, which costs. */
  const unsigned flags = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  Program program;
  struct sock_fprog filter = { .filter = program.code };
  long result;

  make_program (&program);
  filter.len = program.len;
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    return -1;
  result = syscall (__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter);
  if (result <= 0)
    return (int) result;
  /* A thread that has a filter of its own, which none has here. */
  errno = EBUSY;
  return -1;
}
