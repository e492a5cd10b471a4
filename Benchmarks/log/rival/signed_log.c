#include "signed_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tree.h"

struct signed_log {
    int file;
    size_t entry_bytes;
    struct tree tree;
    EVP_PKEY *key;
    unsigned char *frames;
    size_t frames_capacity;
    char checkpoint[512];
};

static void must(int succeeded, const char *what) {
    if (!succeeded) fail(what);
}

static void write_all(int file, const unsigned char *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(file, bytes, count);
        if (written < 0 && errno == EINTR) continue;
        must(written > 0, "write");
        bytes += written;
        count -= (size_t)written;
    }
}

// Each entry behind its length, two bytes, big-endian.
static size_t frame(struct signed_log *log, const unsigned char *entries, size_t count) {
    size_t bytes = count * (log->entry_bytes + 2);
    if (bytes > log->frames_capacity) {
        log->frames_capacity = bytes * 2;
        log->frames = realloc(log->frames, log->frames_capacity);
        must(log->frames != NULL, "memory");
    }
    unsigned char *end = log->frames;
    for (size_t i = 0; i < count; i++) {
        *end++ = (unsigned char)(log->entry_bytes >> 8);
        *end++ = (unsigned char)log->entry_bytes;
        memcpy(end, entries + i * log->entry_bytes, log->entry_bytes);
        end += log->entry_bytes;
    }
    return bytes;
}

// A C2SP checkpoint: origin, size, root, an empty line, the signature.
static void sign(struct signed_log *log) {
    unsigned char root[32], text[64], signature[4 + 64] = {0};
    tree_root(&log->tree, root);
    EVP_EncodeBlock(text, root, sizeof root);
    int length = snprintf(log->checkpoint, sizeof log->checkpoint, "rival.example/log\n%" PRIu64 "\n%s\n",
        log->tree.size, text);
    size_t signature_bytes = 64;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    must(context != NULL && EVP_DigestSignInit(context, NULL, NULL, NULL, log->key) == 1, "signing");
    must(EVP_DigestSign(context, signature + 4, &signature_bytes, (const unsigned char *)log->checkpoint,
        (size_t)length) == 1, "signing");
    EVP_MD_CTX_free(context);
    unsigned char line[128];
    EVP_EncodeBlock(line, signature, sizeof signature);
    snprintf(log->checkpoint + length, sizeof log->checkpoint - (size_t)length,
        "\n\u2014 rival.example/log %s\n", line);
}

static void commit(void *opaque, const unsigned char *entries, size_t count) {
    struct signed_log *log = opaque;
    write_all(log->file, log->frames, frame(log, entries, count));
    must(fdatasync(log->file) == 0, "fdatasync");
    for (size_t i = 0; i < count; i++) {
        tree_append(&log->tree, entries + i * log->entry_bytes, log->entry_bytes);
    }
    sign(log);
}

static int create(const char *directory, const char *name) {
    char path[4096];
    must(snprintf(path, sizeof path, "%s/%s", directory, name) < (int)sizeof path, "path");
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    must(file >= 0, path);
    return file;
}

void run_signed_log(const char *directory, const char *name, struct load load) {
    struct signed_log log = {.file = create(directory, "journal"), .entry_bytes = load.entry_bytes};
    log.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    must(log.key != NULL, "making a key");
    run_load(name, load, commit, &log);
    close(log.file);
    int checkpoint = create(directory, "checkpoint");
    write_all(checkpoint, (const unsigned char *)log.checkpoint, strlen(log.checkpoint));
    close(checkpoint);
    EVP_PKEY_free(log.key);
    free(log.frames);
}
