#pragma once
#include <stddef.h>
#include <stdint.h>

// The root of a growing RFC 6962 tree: the roots of its complete subtrees, one for each bit of its size.
struct tree {
    uint64_t size;
    unsigned char subtrees[64][32];
};

void tree_append(struct tree *tree, const unsigned char *entry, size_t bytes);

void tree_root(const struct tree *tree, unsigned char root[32]);
