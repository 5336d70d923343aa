/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Folder: the directory that one set's files are in. It may be removed or unmounted while they are written, and there
 * may be another one in its place later.
 *
 * The number of the descriptor stays the same, whatever directory it stands for: who writes at that moment gets the
 * one or the other.
 * Owner:   a set.
 * Threads: main; whether it is there, and which one it is, any.
 */
#include "consumer/loop.h"

#include <stdatomic.h>

typedef struct TcFolder TcFolder;
struct TcFolder {
  int fd; /* O_PATH */
  _Atomic bool there;
  _Atomic unsigned number; /* of directories that it has been */
  _Atomic unsigned looks;  /* how often something may have happened to what is in it */
  TcLoop *loop; /* main's */
  TcMail mail;
  _Atomic bool mailed;
  void (*doubted) (TcFolder *self);
};

/* One that is not there. @doubted: on main, when somebody could not write to it. 0, or -1 with errno. */
int tc_folder_init (TcFolder *self, TcLoop *loop, void (*doubted) (TcFolder *self));
/* Nobody uses it any more. */
void tc_folder_clear (TcFolder *self);
/* From now on it is the directory of @fd, which is closed. 0, or -1 with errno. */
int tc_folder_become (TcFolder *self, int fd);
/* Nothing is written to it any more. */
void tc_folder_lose (TcFolder *self);
/* From any thread: it seems to be gone. */
void tc_folder_doubt (TcFolder *self);

/*
 * Where the file system of @fd is mounted, as the kernel's list writes it; free() it. NULL: nobody knows, or only in
 * another mount namespace.
 */
char *tc_find_mount_point (int fd);
/* Whether @fd is on a file system that is mounted at @mount, or below. */
bool tc_is_mounted_below (int fd, const char *mount);
/* Whether @fd came from where other file systems are mounted than here: from another mount namespace. */
bool tc_is_elsewhere (int fd);
/*
 * Whether what @fd stands for can no longer be reached: it was removed, or its file system was unmounted, which can
 * only be told where it is not @elsewhere.
 */
bool tc_is_gone (int fd, bool elsewhere);
