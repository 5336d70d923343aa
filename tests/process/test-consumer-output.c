/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the consumer lets a trace be written: directories by descriptor, and symbolic links on the way. */
#define _GNU_SOURCE
#include "process/rig.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SESSION = 11, NOBODY = 65534, SOMEBODY = 1 };

typedef struct {
  TstRig *rig;
  char *folder; /* everybody's */
} Fixture;

static const char *const as_nobody[] = { "--uid=65534", "--gid=65534", NULL };

/* @arguments: NULL: with the test's own rights */
static void
set_up (Fixture *f, gconstpointer arguments)
{
  if (arguments != NULL && geteuid () != 0)
    return;
  f->rig = tst_rig_new (arguments);
  tst_rig_hello (f->rig);
  f->folder = tst_dir_file (f->rig->dir, "folder");
  g_assert_cmpint (g_chmod (tst_dir_path (f->rig->dir), 0755), ==, 0);
  g_assert_cmpint (g_mkdir (f->folder, 0777), ==, 0);
  g_assert_cmpint (g_chmod (f->folder, 01777), ==, 0);
}

static void
tear_down (Fixture *f, gconstpointer arguments)
{
  if (f->rig == NULL)
    return;
  tst_rig_free (f->rig);
  g_free (f->folder);
}

static gboolean
skips (Fixture *f)
{
  if (f->rig == NULL)
    g_test_skip ("only root has rights to give up");
  return f->rig == NULL;
}

/* @fd: -1: by the path. (transfer full): where it is, where @status is 0 */
static char *
ask (Fixture *f, TwType type, const char *path, int fd, guint32 status)
{
  TwWriter body = { 0 };
  TwMessage reply;
  TwReader in;
  char *where = NULL;

  tw_put_output (&body, &(TwOutput) { .session = SESSION, .path = path, .mount = "" });
  tst_rig_wait_reply (f->rig, tst_rig_send (f->rig, type, &body, &fd, fd >= 0), &reply);
  in = tst_reader (&reply);
  if (reply.status != status)
    g_error ("%s was answered with %s (%s), not with %s", path, g_strerror (reply.status), tw_get_str (&in),
             g_strerror (status));
  if (status == 0)
    where = g_strdup (tw_get_str (&in));
  tw_message_clear (&reply);
  return where;
}

static void
assert_answer (Fixture *f, const char *path, guint32 status)
{
  g_autofree char *checked = ask (f, TW_CHECK_OUTPUT, path, -1, status);
  g_autofree char *opened = ask (f, TW_OPEN_OUTPUT, path, -1, status);

  if (status == 0)
    tst_rig_ask_key (f->rig, TW_CLOSE_OUTPUT, SESSION, 0, NULL);
}

/* (transfer full): the path of a new symbolic link in the folder. */
static char *
make_link (Fixture *f, const char *name, const char *target, uid_t owner)
{
  char *link = g_build_filename (f->folder, name, NULL);

  g_assert_cmpint (symlink (target, link), ==, 0);
  g_assert_cmpint (lchown (link, owner, (gid_t) -1), ==, 0);
  return link;
}

static void
writes_where_a_descriptor_leads (Fixture *f, gconstpointer data)
{
  g_autofree char *moved = g_build_filename (tst_dir_path (f->rig->dir), "moved", NULL);
  g_autofree char *set = g_build_filename (moved, "ust/uid/0/64-bit/metadata", NULL);
  g_autofree char *checked = NULL, *opened = NULL, *again = NULL;
  g_autoptr(TstLog) log = tst_log_new ();
  int fd = open (f->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  checked = ask (f, TW_CHECK_OUTPUT, "", fd, 0);
  g_assert_cmpstr (checked, ==, f->folder);
  opened = ask (f, TW_OPEN_OUTPUT, "ignored", fd, 0);
  g_assert_cmpstr (opened, ==, f->folder);
  g_assert_cmpint (g_rename (f->folder, moved), ==, 0);
  again = ask (f, TW_OPEN_OUTPUT, "", fd, 0); /* the same directory: that is no other output */
  close (fd);
  tst_log_publish (log, "/* a text */");
  tst_rig_add_set (f->rig, SESSION, 22, 0, log);
  g_assert_true (g_file_test (set, G_FILE_TEST_EXISTS));
}

static void
takes_no_descriptor_but_a_directory (Fixture *f, gconstpointer data)
{
  g_autofree char *file = g_build_filename (f->folder, "file", NULL);
  int fd = open (file, O_RDWR | O_CREAT | O_CLOEXEC, 0666), pipes[2];
  const int two[2] = { fd, fd };
  TwWriter body = { 0 };
  TwMessage reply;

  g_assert_cmpint (pipe2 (pipes, O_CLOEXEC), ==, 0);
  g_free (ask (f, TW_CHECK_OUTPUT, "", fd, ENOTDIR));
  g_free (ask (f, TW_OPEN_OUTPUT, "", fd, ENOTDIR));
  g_free (ask (f, TW_OPEN_OUTPUT, "", pipes[0], ENOTDIR));
  tw_put_output (&body, &(TwOutput) { .session = SESSION, .path = "", .mount = "" });
  tst_rig_wait_reply (f->rig, tst_rig_send (f->rig, TW_OPEN_OUTPUT, &body, two, 2), &reply);
  g_assert_cmpuint (reply.status, ==, EINVAL);
  tw_message_clear (&reply);
  close (fd);
  close (pipes[0]);
  close (pipes[1]);
}

/* A descriptor opens the way to a directory; what may be made in it is still the owner's to be allowed. */
static void
a_descriptor_gives_no_right_to_write (Fixture *f, gconstpointer data)
{
  g_autofree char *closed = NULL, *reached = NULL;
  int fd;

  if (skips (f))
    return;
  closed = g_build_filename (f->folder, "roots", NULL);
  g_assert_cmpint (g_mkdir (closed, 0755), ==, 0);
  fd = open (closed, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_free (ask (f, TW_CHECK_OUTPUT, "", fd, EACCES));
  g_free (ask (f, TW_OPEN_OUTPUT, "", fd, EACCES));
  g_assert_cmpint (chown (closed, NOBODY, NOBODY), ==, 0);
  g_assert_cmpint (g_chmod (f->folder, 0700), ==, 0); /* no way to it by its path */
  g_free (ask (f, TW_CHECK_OUTPUT, closed, -1, EACCES));
  reached = ask (f, TW_OPEN_OUTPUT, "", fd, 0);
  close (fd);
}

static void
follows_links_of_its_owner_and_of_root (Fixture *f, gconstpointer data)
{
  g_autofree char *target = NULL, *own = NULL, *roots = NULL, *below = NULL, *made = NULL;

  if (skips (f))
    return;
  target = g_build_filename (f->folder, "target", NULL);
  g_assert_cmpint (g_mkdir (target, 0755), ==, 0);
  g_assert_cmpint (chown (target, NOBODY, NOBODY), ==, 0);
  own = make_link (f, "own", "target", NOBODY);
  roots = make_link (f, "roots", target, 0);
  assert_answer (f, own, 0);
  assert_answer (f, roots, 0);
  below = g_build_filename (own, "a/../b/./c", NULL);
  assert_answer (f, below, 0);
  made = g_build_filename (target, "b/c", NULL);
  g_assert_true (g_file_test (made, G_FILE_TEST_IS_DIR));
}

static void
follows_no_link_of_others (Fixture *f, gconstpointer data)
{
  g_autofree char *target = NULL, *others = NULL, *below = NULL, *chained = NULL, *made = NULL;

  if (skips (f))
    return;
  target = g_build_filename (f->folder, "target", NULL);
  g_assert_cmpint (g_mkdir (target, 0755), ==, 0);
  g_assert_cmpint (chown (target, NOBODY, NOBODY), ==, 0);
  others = make_link (f, "others", target, SOMEBODY);
  below = g_build_filename (others, "trace", NULL);
  chained = make_link (f, "chained", "others/trace", NOBODY);
  assert_answer (f, others, EPERM);
  assert_answer (f, below, EPERM);
  assert_answer (f, chained, EPERM);
  made = g_build_filename (target, "trace", NULL);
  g_assert_false (g_file_test (made, G_FILE_TEST_EXISTS));
}

static void
does_not_go_round_in_circles (Fixture *f, gconstpointer data)
{
  g_autofree char *a = make_link (f, "a", "b", geteuid ());
  g_autofree char *b = make_link (f, "b", "a", geteuid ());
  g_autofree char *itself = make_link (f, "itself", "itself/x", geteuid ());

  assert_answer (f, a, ELOOP);
  assert_answer (f, itself, ELOOP);
}

#define ADD(name, arguments, test)                                                                                     \
  g_test_add ("/process/consumer-output/" name, Fixture, arguments, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("writes-where-a-descriptor-leads", NULL, writes_where_a_descriptor_leads);
  ADD ("takes-no-descriptor-but-a-directory", NULL, takes_no_descriptor_but_a_directory);
  ADD ("a-descriptor-gives-no-right-to-write", as_nobody, a_descriptor_gives_no_right_to_write);
  ADD ("follows-links-of-its-owner-and-of-root", as_nobody, follows_links_of_its_owner_and_of_root);
  ADD ("follows-no-link-of-others", as_nobody, follows_no_link_of_others);
  ADD ("does-not-go-round-in-circles", NULL, does_not_go_round_in_circles);
  return g_test_run ();
}
