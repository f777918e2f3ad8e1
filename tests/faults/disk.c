/* Keeps, of the files in the folder DISK_FROM, what a power cut would leave: a copy in DISK_TO of each as it was
   when it was last synced. A file that was deleted is there until its folder is synced. Load it by LD_PRELOAD. */

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void copy(int from, const char *to, const char *name) {
    char buffer[65536], draft[PATH_MAX], final[PATH_MAX];
    snprintf(draft, sizeof draft, "%s/.%s.%d", to, name, getpid());
    snprintf(final, sizeof final, "%s/%s", to, name);
    int out = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    off_t at = 0;
    ssize_t count;
    /* By the same descriptor: opening and closing another would drop SQLite's locks. */
    while ((count = pread(from, buffer, sizeof buffer, at)) > 0 && write(out, buffer, count) == count)
        at += count;
    close(out);
    if (count == 0)
        rename(draft, final);
    else
        unlink(draft);
}

static void drop_deleted(const char *from, const char *to) {
    char path[PATH_MAX];
    DIR *folder = opendir(to);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        snprintf(path, sizeof path, "%s/%s", from, entry->d_name);
        if (entry->d_name[0] == '.' || access(path, F_OK) == 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", to, entry->d_name);
        unlink(path);
    }
    if (folder)
        closedir(folder);
}

static void synced(int descriptor) {
    char link[64], path[PATH_MAX];
    const char *from = getenv("DISK_FROM"), *to = getenv("DISK_TO");
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0 || !from || !to)
        return;
    path[length] = 0;
    size_t folder = strlen(from);
    if (strcmp(path, from) == 0)
        drop_deleted(from, to);
    else if (strncmp(path, from, folder) == 0 && path[folder] == '/' && !strchr(path + folder + 1, '/'))
        copy(descriptor, to, path + folder + 1);
}

static int real(const char *name, int descriptor) {
    int (*sync)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    int result = sync(descriptor);
    if (result == 0)
        synced(descriptor);
    return result;
}

int fsync(int descriptor) { return real("fsync", descriptor); }

int fdatasync(int descriptor) { return real("fdatasync", descriptor); }
