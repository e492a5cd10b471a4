/* Zstandard (RFC 8878) for Swift: the stable interface only. */
#ifndef SLUIS_CZSTD_SHIM_H
#define SLUIS_CZSTD_SHIM_H

#include <zstd.h>
#include <zstd_errors.h>

#endif
