// One-shot digests of OpenSSL 3 look their algorithm up at each call; the older calls do not, and are the
// fastest that it has.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "tree.h"

#include <openssl/sha.h>
#include <string.h>

static void node_hash(const unsigned char *left, const unsigned char *right, unsigned char *hash) {
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, "\1", 1);
    SHA256_Update(&context, left, 32);
    SHA256_Update(&context, right, 32);
    SHA256_Final(hash, &context);
}

void tree_append(struct tree *tree, const unsigned char *entry, size_t bytes) {
    unsigned char hash[32];
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, "\0", 1);
    SHA256_Update(&context, entry, bytes);
    SHA256_Final(hash, &context);
    int level = 0;
    for (; tree->size >> level & 1; level++) node_hash(tree->subtrees[level], hash, hash);
    memcpy(tree->subtrees[level], hash, 32);
    tree->size++;
}

void tree_root(const struct tree *tree, unsigned char root[32]) {
    SHA256(NULL, 0, root);
    int is_first = 1;
    for (int level = 0; level < 64; level++) {
        if (!(tree->size >> level & 1)) continue;
        if (is_first) memcpy(root, tree->subtrees[level], 32);
        else node_hash(tree->subtrees[level], root, root);
        is_first = 0;
    }
}
