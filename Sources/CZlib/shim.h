/* zlib for Swift. The two initialisers are macros, which cannot be imported. */
#ifndef SLUIS_CZLIB_SHIM_H
#define SLUIS_CZLIB_SHIM_H

#include <zlib.h>

/* Windows of 32 KiB, and 16 more for the gzip format (RFC 1952) and no other. */
static inline int sluis_gzip_decoder_init(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
static inline int sluis_gzip_encoder_init(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

#endif
